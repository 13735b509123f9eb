"""Configuration in layers: later documents win, and every value remembers where it was written."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from tiltyard._yaml import Document, Path, Problem, read_value

_SECRET = re.compile(r"\$\{env:(\w+)\}")


@dataclass(frozen=True)
class Layers:
    """Documents from weakest to strongest, seen as one."""

    documents: tuple[Document, ...]

    @property
    def values(self) -> dict[str, Any]:
        """Return the merged values: mappings key by key, anything else as a whole; null means not set."""
        merged: dict[str, Any] = {}
        for document in self.documents:
            merged = _merge(merged, document.values)
        return _without_null(merged)

    @property
    def problems(self) -> list[Problem]:
        """Return what is wrong with the documents themselves."""
        return [problem for document in self.documents for problem in document.problems]

    def problem(self, path: Path, text: str, *related: Path) -> Problem:
        """Make a problem of a path.

        Its place is where the path is written, or else a related path, or else the nearest parent; the
        strongest document wins.
        """
        for one in (path, *related):
            for document in reversed(self.documents):
                if one in document.lines:
                    return Problem(document.place(one), path, text)
        for length in range(len(path), -1, -1):
            for document in reversed(self.documents):
                if path[:length] in document.lines:
                    return Problem(document.place(path[:length]), path, text)
        return Problem("", path, text)


def set_document(override: str) -> Document:
    """Read `key.path=value`; the value is YAML. Below `spark`, the rest is one key.

    Examples
    --------
    >>> set_document("tournament.grids.linear.regParam=[0.1, 1]").values
    {'tournament': {'grids': {'linear': {'regParam': [0.1, 1]}}}}
    >>> set_document("spark.spark.sql.shuffle.partitions=8").values
    {'spark': {'spark.sql.shuffle.partitions': 8}}
    """
    name = f"--set {override}"
    key, equals, text = override.partition("=")
    path = tuple(key.strip().split("."))
    if not equals or "" in path:
        return Document(name, problems=(Problem(name, (), "must be key=value, such as gates.min_rows=50"),))
    if path[0] == "spark" and len(path) > 1:
        path = ("spark", ".".join(path[1:]))
    try:
        values = read_value(text)
    except (yaml.YAMLError, ValueError):
        return Document(name, problems=(Problem(name, path, "the value is not YAML"),))
    for part in reversed(path):
        values = {part: values}
    return Document(name, values, {path[: length + 1]: 0 for length in range(len(path))})


def with_secrets(values: Any, path: Path = ()) -> tuple[Any, list[tuple[Path, str]]]:
    """Replace `${env:NAME}` in texts; also return the paths whose variable is not set.

    Examples
    --------
    >>> with_secrets({"mlflow": {"tracking_uri": "${env:TILTYARD_NO_SUCH}"}})[1]
    [(('mlflow', 'tracking_uri'), 'the environment variable TILTYARD_NO_SUCH is not set')]
    """
    if isinstance(values, str):
        unset = [name for name in _SECRET.findall(values) if name not in os.environ]
        text = _SECRET.sub(lambda found: os.environ.get(found[1], found[0]), values)
        return text, [(path, f"the environment variable {name} is not set") for name in unset]
    if isinstance(values, list):
        parts = [with_secrets(item, (*path, str(index))) for index, item in enumerate(values)]
        return [part for part, _ in parts], [one for _, found in parts for one in found]
    if isinstance(values, Mapping):
        named = {key: with_secrets(item, (*path, str(key))) for key, item in values.items()}
        filled = {key: part for key, (part, _) in named.items()}
        return filled, [one for _, found in named.values() for one in found]
    return values, []


def canonical(values: Any) -> str:
    """Return JSON that is equal for equal values: sorted keys, no spaces.

    Examples
    --------
    >>> canonical({"b": 1, "a": [True]})
    '{"a":[true],"b":1}'
    """
    return json.dumps(values, sort_keys=True, separators=(",", ":"), default=str)


def value_at(values: Any, path: Sequence[str | int]) -> Any:
    """Return the value at a path, or None."""
    for part in path:
        if isinstance(values, Mapping):
            values = values.get(part)
        elif isinstance(values, list) and isinstance(part, int) and part < len(values):
            values = values[part]
        else:
            return None
    return values


def _merge(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, Mapping):
            merged[key] = _merge(old, value)
        elif not (isinstance(old, dict) and value is None):  # a section with all its lines commented out
            merged[key] = value
    return merged


def _without_null(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _without_null(value) if isinstance(value, dict) else value
        for key, value in values.items()
        if value is not None
    }
