"""Where the packages are: three top-level folders become parts of the one package ``tiltyard``.

transformers/ and jobs/ must never be installed under their own names: pip would write into Hugging Face's package.
The links in tiltyard/ show the same tree to a bare checkout, to type checkers and to doctest.
"""

from pathlib import Path

from setuptools import find_packages, setup

GRAFTS = {
    "tiltyard.transformers": "transformers",
    "tiltyard.jobs": "jobs",
    "tiltyard._conf": "conf",
}


def own_packages() -> list[str]:
    """Name the packages below tiltyard/, the linked folders left out: the grafts name those."""
    links = [path.name for path in Path("tiltyard").iterdir() if f"tiltyard.{path.name}" in GRAFTS]
    hidden = [pattern for name in links for pattern in (name, f"{name}.*")]
    return ["tiltyard", *(f"tiltyard.{name}" for name in find_packages("tiltyard", exclude=hidden))]


setup(
    packages=[*own_packages(), *GRAFTS],
    package_dir={"tiltyard": "tiltyard", **GRAFTS},
    package_data={
        "tiltyard": ["py.typed", "**/*.sql", "**/*.html", "**/*.css", "**/*.js"],
        "tiltyard.transformers": ["*.yaml", "data/*.txt"],
        "tiltyard._conf": ["README.md", "*.yaml", "*/*.yaml", "*.csv"],
    },
    include_package_data=False,
)
