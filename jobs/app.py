"""Propose an app from a table: write its file, with what every value rests on. The warehouse stays as it is."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame
from rich.table import Table
from rich.text import Text

from tiltyard.config import ProblemName
from tiltyard.errors import ConfigError
from tiltyard.inputs import CORRUPT, read_input
from tiltyard.job import Job
from tiltyard.jobs.init import platform_texts, write_texts
from tiltyard.jobs.tenants import cell
from tiltyard.proposal import Proposal, Wishes, propose, render
from tiltyard.proposal.propose import draft
from tiltyard.proposal.table import as_ingested, guess_format


@dataclass(frozen=True)
class _Data:
    """The rows to look at, their columns without values, and the format; None for a source that is there."""

    frame: DataFrame
    empty: Sequence[str]
    format: str | None


def run(
    job: Job,
    name: str,
    data: str,
    label: str,
    tenant: Sequence[str] | None = None,
    key: Sequence[str] | None = None,
    format: str | None = None,
    force: bool = False,
    problem: ProblemName | None = None,
) -> dict[str, Any]:
    """Propose the app `name`, and write it beside the others unless it is a dry run.

    A configuration folder without base.yaml gets that too, as `tiltyard init` writes it.

    Parameters
    ----------
    data : file, folder, URL or table; or the name of a source that has been ingested
    label : column or SQL expression
    tenant, key : columns; a key is found where none is named
    format : csv, parquet or delta, default guessed
    problem : binary, multiclass or regression, default by the label's values

    Raises
    ------
    ConfigError : the name is none, or there is such an app and `force` is not given
    DataContractError : a column is not there, the label fits no problem, or nothing identifies a row
    """
    folder = job.options.conf or Path("conf")
    path = folder / "apps" / f"{name}.yaml"
    _check(name, path, force)
    tenants, keys = (tuple(dict.fromkeys(names or ())) for names in (tenant, key))
    wishes = Wishes(name, name, label, tenants, keys, problem)
    with _looked_at(job, data, format, wishes) as found:
        if found.format is None:
            wishes = replace(wishes, source=data)
        with job.progress.step("look at the data"):
            proposal = propose(found.frame, wishes)
    text = render(proposal, data, found.empty)
    following = _next(job, name, data, found.format)
    _show(job, proposal)
    if job.options.dry_run:
        job.progress.show(Text(text))
        return {"status": "planned", **_summary(proposal), "file": str(path), "text": text}
    texts = {} if (folder / "base.yaml").exists() else platform_texts(folder)
    written = write_texts({**texts, path: text})
    job.progress.show(Text("\n".join([*(f"wrote {one}" for one in written), "Next:", *following])))
    return {**_summary(proposal), "file": str(path), "files": list(map(str, written)), "next": following}


def _check(name: str, path: Path, force: bool) -> None:
    if re.fullmatch(r"\w+", name) is None:
        raise ConfigError(f"An app's name must be letters, digits and underscores, got '{name}'.")
    if path.exists() and not force:
        raise ConfigError(f"There already is {path}: take another name, or overwrite it with --force.")


@contextmanager
def _looked_at(job: Job, data: str, format: str | None, wishes: Wishes) -> Iterator[_Data]:
    """The data as ingest would take it, kept for the many questions asked of it."""
    if format is None and re.fullmatch(r"\w+", data) and job.warehouse.source_exists(data):
        frame, given = job.warehouse.source(data), None
        columns = frame.columns
    else:
        given = format or guess_format(data)
        raw = read_input(job.spark, data, given, "--data")
        columns = [column for column in raw.columns if column != CORRUPT]
        frame = as_ingested(raw, draft(wishes, columns), data)
    frame.persist()
    try:
        yield _Data(frame, [column for column in columns if column not in frame.columns], given)
    finally:
        frame.unpersist()


def _next(job: Job, name: str, data: str, format: str | None) -> list[str]:
    """The commands that come next, with the options this one was given."""
    options = job.options
    given = (
        ("--conf", options.conf),
        ("--warehouse", options.warehouse),
        ("--env", options.env if options.env != "local" else None),
    )
    shared = [part for flag, value in given if value for part in (flag, str(value))]
    stored = [] if format == "csv" else ["--format", str(format)]
    ingest = ["ingest", "--app", name, "--input", data, *stored]
    train = ["train", "--app", name]
    commands = [[*train, "--dry-run"], train]
    if format is not None:  # a source that is there has been ingested
        commands.insert(0, ingest)
    return [shlex.join(["tiltyard", *command, *shared]) for command in commands]


def _summary(proposal: Proposal) -> dict[str, Any]:
    label = proposal.label
    return {
        "app": proposal.app,
        "source": proposal.source,
        "rows": proposal.rows,
        "tenant": proposal.tenants.columns,
        "key": proposal.key.columns,
        "refused_by_key": proposal.key.refused,
        "time": proposal.time.column,
        "problem": label.problem,
        "label": label.expression,
        "positives": label.positives,
        "negatives": label.negatives,
        "unknown": label.unknown,
        "exclude": dict(proposal.exclude),
        "fields": list(proposal.fields),
    }


def _show(job: Job, proposal: Proposal) -> None:
    label = proposal.label
    facts = Table(title=f"App {proposal.app}, from {proposal.rows:,} rows", show_header=False)
    spread = f"{label.why}; {label.spread}; {label.unknown:,} not known"
    for what, value, why in (
        ("problem", label.problem, None),
        ("label", label.expression, spread),
        ("tenant", ", ".join(proposal.tenants.columns) or None, proposal.tenants.why),
        ("key", ", ".join(proposal.key.columns), proposal.key.why),
        ("time", proposal.time.column, proposal.time.why),
        *(("exclude", name, why) for name, why in proposal.exclude.items()),
    ):
        facts.add_row(what, cell(value), cell(why))
    fields = Table("field", "type", "confidence", "evidence", title="Fields")
    for one in proposal.fields:
        fields.add_row(*map(cell, (one["field"], one["type"], f"{one['confidence']:.0%}", one["evidence"])))
    job.progress.show(facts)
    job.progress.show(fields)


if __name__ == "__main__":
    from tiltyard.cli import main

    sys.exit(main(["app", *sys.argv[1:]]))
