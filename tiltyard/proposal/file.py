"""A proposal as the text of an app's file: every value with what it rests on beside it."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Sequence

import yaml

from tiltyard._conflicts import METRICS
from tiltyard._yaml import read_value
from tiltyard.proposal.propose import Proposal

_WIDTH = 120
_WHAT = {"binary": "whether", "multiclass": "the class of", "regression": "the number"}
_CONFIDENT = 0.75  # a type found with less is worth a look


def render(proposal: Proposal, origin: str, empty: Sequence[str] = ()) -> str:
    """The YAML of `conf/apps/<app>.yaml`.

    Parameters
    ----------
    origin : what was looked at, for people
    empty : its columns that ingest leaves out, because they have no values
    """
    sections = [
        _head(proposal, origin), _source(proposal, empty), _tenant(proposal), _key(proposal), _time(proposal),
        _label(proposal), _exclude(proposal), _fields(proposal), _foot(proposal),
    ]  # fmt: skip
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


_FOOT = (
    "# What follows is optional; base.yaml has the defaults, and conf/README.md explains every key.",
    "# tournament:",
    "#   metric: {first:<12}# {all}",
    "# gates:",
    "#   min_rows: 100       # a tenant with fewer rows is served by what others taught",
)


def _foot(proposal: Proposal) -> Iterator[str]:
    metrics = METRICS[proposal.label.problem]
    for line in _FOOT:
        yield line.format(first=metrics[0], all=", ".join(metrics))


def scalar(text: str) -> str:
    r"""A text as a YAML value that is read back as the same text, quoted where it must be.

    Examples
    --------
    >>> [scalar(text) for text in ("Lead Source", "no", "1e5", "a: b", "x\n")]
    ['Lead Source', '"no"', '"1e5"', '"a: b"', '"x\\n"']
    """
    if re.fullmatch(r"[^\W\d]\w*( \w+)*", text) and read_value(text) == text:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    # JSON's escapes are YAML's too; it leaves some line breaks of Unicode as they are, which YAML would fold.
    return quoted if quoted.isprintable() else yaml.safe_dump(text, default_style='"', width=2**31).strip()


def _head(proposal: Proposal, origin: str) -> Iterator[str]:
    yield from _comment(
        f"Predicts {_WHAT[proposal.label.problem]} {proposal.label.expression}. Proposed by `tiltyard app new` from"
        f" {proposal.rows:,} rows of {origin}: read it, and change what is wrong."
    )
    yield f"app: {scalar(proposal.app)}"
    yield f"problem: {proposal.label.problem}"


def _source(proposal: Proposal, empty: Sequence[str]) -> Iterator[str]:
    left_out = f" Left out until a file has values for them: {', '.join(empty)}." if empty else ""
    yield from _comment(f"The source table, filled by `tiltyard ingest --app {proposal.app}`.{left_out}")
    yield f"source: {scalar(proposal.source)}"


def _tenant(proposal: Proposal) -> Iterator[str]:
    yield from _comment(f"The columns that name a tenant: {proposal.tenants.why}.")
    yield f"tenant: {_list(proposal.tenants.columns)}"


def _key(proposal: Proposal) -> Iterator[str]:
    yield from _comment(f"The columns that name a record: {proposal.key.why}.")
    yield f"key: {_list(proposal.key.columns)}"


def _time(proposal: Proposal) -> Iterator[str]:
    time = proposal.time
    yield from _comment(
        "When a record happened; with it folds train on the past and validate on what came next: "
        + time.why
        + "."
    )
    yield f"time: {scalar(time.column)}" if time.column else "# time:"
    yield "time_zone: UTC"


def _label(proposal: Proposal) -> Iterator[str]:
    label = proposal.label
    unknown = f"; of {label.unknown:,} more it is not known" if label.unknown else ""
    yield from _comment(f"What is predicted, {label.why}: {label.spread}{unknown}.")
    yield f"label: {scalar(label.expression)}"


def _exclude(proposal: Proposal) -> Iterator[str]:
    yield from _comment(
        "Columns a model must not see: written after the outcome, or not allowed to matter. Those of tenant, key and"
        " label are left out by themselves."
    )
    if not proposal.exclude:
        yield "exclude: []"
        return
    yield "exclude:"
    yield from _beside([(f"  - {scalar(name)}", why) for name, why in proposal.exclude.items()])


def _fields(proposal: Proposal) -> Iterator[str]:
    yield from _comment(
        "What every other column is, and how sure that is; conf/README.md lists the types. A line may go: the type is"
        " found again in every training then."
    )
    if not proposal.fields:
        yield "fields: {}"
        return
    yield "fields:"
    lines = []
    for one in proposal.fields:
        look = "" if one["confidence"] >= _CONFIDENT else " (check)"
        lines.append(
            (f"  {scalar(one['field'])}: {one['type']}", f"{one['confidence']:.0%}{look}: {one['evidence']}")
        )
    yield from _beside(lines)


def _list(names: Sequence[str]) -> str:
    return f"[{', '.join(map(scalar, names))}]"


def _comment(text: str) -> Iterator[str]:
    for line in textwrap.wrap(_one_line(text), _WIDTH - 2, break_long_words=False, break_on_hyphens=False):
        yield f"# {line}"


def _beside(lines: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Values with their comments in one column; a long comment is cut."""
    start = min(max(len(value) for value, _ in lines), 40)
    for value, why in lines:
        room = max(_WIDTH - max(start, len(value)) - 4, 30)
        yield f"{value:<{start}}  # {textwrap.shorten(_one_line(why), room, placeholder=' ...')}"


def _one_line(text: str) -> str:
    """The text without what would end a comment, or what YAML does not allow in one."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())
