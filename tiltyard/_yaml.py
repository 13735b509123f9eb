"""YAML as configuration needs it: line numbers kept, and duplicate keys found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str, ...]


@dataclass(frozen=True)
class Problem:
    """One line of a configuration error: the file (with line), the dotted path, what is wrong."""

    place: str
    path: Path
    text: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.place, ".".join(self.path), self.text) if part)


@dataclass(frozen=True)
class Document:
    """One source of configuration values.

    Parameters
    ----------
    name : the file, or the option the values come from
    values : the top mapping
    lines : the line of each path; 0 where there are no lines
    problems : what is wrong with the text itself
    """

    name: str
    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[Path, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def place(self, path: Path) -> str:
        """Return where a path is written, as `file:line`."""
        line = self.lines.get(path, 0)
        return f"{self.name}:{line}" if line else self.name


class _Loader(yaml.SafeLoader):
    """A SafeLoader without aliases: layers share configuration, and an alias may contain itself."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not supported", problem_mark=mark)
        return super().compose_node(parent, index)


# PyYAML reads YAML 1.1, to which 1e-3 is a text; people mean the number.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(?:\.\d*)?[eE][-+]?\d+\Z"), list("-+0123456789")
)


def read_yaml(text: str, name: str) -> Document:
    """Read one file; what is wrong with it is in `problems`.

    Examples
    --------
    >>> document = read_yaml("gates:\\n  min_rows: 50\\n  min_rows: 60\\n", "base.yaml")
    >>> print(document.problems[0])
    base.yaml:3: gates.min_rows: is there twice, first in line 2
    """
    lines: dict[Path, int] = {(): 0}
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        problems = tuple(_walk(node, (), lines, name)) if node else ()
        values = loader.construct_document(node) if node else {}
    except (yaml.YAMLError, ValueError) as error:  # a ValueError comes from a date such as 2013-02-30
        return Document(name, problems=(_syntax(error, name),))
    if not isinstance(values, dict):
        return Document(name, problems=(Problem(name, (), "must be a mapping of keys to values"),))
    return Document(name, values, lines, problems)


def read_value(text: str) -> Any:
    """Read one value as YAML, such as the right side of `--set key=value`.

    Examples
    --------
    >>> read_value("[linear, 1e-3]")
    ['linear', 0.001]
    """
    return yaml.load(text, Loader=_Loader)  # a SafeLoader


def _walk(node: yaml.Node, path: Path, lines: dict[Path, int], name: str) -> Iterator[Problem]:
    """Note the line of every path below a node, and yield the keys that are there twice."""
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[*path, str(index)] = item.start_mark.line + 1
            yield from _walk(item, (*path, str(index)), lines, name)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        word, line = str(key.value), key.start_mark.line + 1
        here = (*path, word)
        if word in seen:
            yield Problem(f"{name}:{line}", here, f"is there twice, first in line {seen[word]}")
        seen.setdefault(word, line)
        lines[here] = line
        yield from _walk(value, here, lines, name)


def _syntax(error: Exception, name: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    place = f"{name}:{mark.line + 1}" if mark else name
    reason = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return Problem(place, (), f"is not YAML: {reason}")
