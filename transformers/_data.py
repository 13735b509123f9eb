"""Lists that come with the package: text files in transformers/data."""

from __future__ import annotations

from importlib.resources import files

# Answers a worker remembers for each reading: companies recur from one batch of rows to the next.
REMEMBERED = 2**16


def data_lines(name: str) -> list[str]:
    """The lines of a file in transformers/data, without its comments."""
    # By the package, not by a path: executors may have the library as a zip.
    text = files("tiltyard.transformers").joinpath("data").joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]
