"""Write docs/stages.md, the page of all feature stages, from their docstrings: python docs/stages.py"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyspark.ml import Estimator

from tiltyard import transformers
from tiltyard.featurizer import Featurizer
from tiltyard.keyed import KeyedEstimator

PAGE = Path(__file__).with_name("stages.md")
_HEAD = """# Feature stages

Every stage is a Spark ML Transformer or Estimator of `tiltyard.transformers`, usable in any Pipeline. A keyed stage
learns one small state for each tenant, and one for all rows together, which serves tenants it does not know; of values
it does not know each says what it makes. A transformer learns nothing from rows: no value and no tenant is unseen to
it. No `transform` launches a job, and the jobs of a `fit` do not grow with columns or tenants. `Featurizer`, of
`tiltyard.featurizer`, puts them together for a whole table.

This page is made of the docstrings: `make docs` writes it.
"""
_SECTION = re.compile(r"^(Parameters|Notes|See Also|Examples|Attributes)\n-+\n", re.MULTILINE)


def page() -> str:
    """The whole page."""
    public = [getattr(transformers, name) for name in transformers.__all__ if not name.endswith("Model")]
    stages = [Featurizer, *public]
    contents = [
        f"| [`{one.__name__}`](#{one.__name__.lower()}) | {_kind(one)} | {_summary(one)} |" for one in stages
    ]
    table = "\n".join(["| stage | kind | what it does |", "|---|---|---|", *contents])
    return "\n".join([_HEAD, table, *(f"\n{_stage(one)}" for one in stages)]) + "\n"


def _kind(stage: type[Any]) -> str:
    if issubclass(stage, KeyedEstimator):
        return "keyed"
    return "estimator" if issubclass(stage, Estimator) else "transformer"


def _summary(stage: type[Any]) -> str:
    first, _, _ = _sections(stage)["Summary"].partition("\n\n")
    return " ".join(first.split()).replace("|", r"\|")


def _sections(stage: type[Any]) -> dict[str, str]:
    parts = _SECTION.split(inspect.getdoc(stage) or "")
    return {"Summary": parts[0].strip(), **dict(zip(parts[1::2], map(str.rstrip, parts[2::2]), strict=True))}


def _stage(stage: type[Any]) -> str:
    sections = _sections(stage)
    lines = [f"## {stage.__name__}", sections["Summary"], *_params(sections.get("Parameters", ""))]
    lines += [sections[name] for name in ("Notes",) if name in sections]
    if others := sections.get("See Also"):
        lines.append("See also:\n\n" + "\n".join(f"- {one}" for one in _entries(others)))
    lines.append(f"```python\n{sections['Examples']}\n```")
    return "\n\n".join(lines)


def _params(text: str) -> Iterator[str]:
    rows = [one.partition(" : ") for one in _entries(text)]
    if rows:
        table = [
            f"| `{'`, `'.join(name.split(', '))}` | {words.replace('|', chr(92) + '|')} |"
            for name, _, words in rows
        ]
        yield "\n".join(["| param | meaning |", "|---|---|", *table])


def _entries(text: str) -> list[str]:
    """Entries of a section: a line that is not indented starts one, the indented ones go on with it."""
    joined = re.sub(r"\n\s+", " ", text.strip())
    return [line for line in joined.split("\n") if line]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
