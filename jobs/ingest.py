"""Bring rows into an app's source table: check, refuse with a reason, merge by tenant and key."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tiltyard.columns import column
from tiltyard.errors import ConfigError, DataContractError
from tiltyard.inputs import read_input
from tiltyard.intake import DUPLICATE, REASON, ROW, Incoming, count_reasons, identity, incoming, judge
from tiltyard.job import Job
from tiltyard.tables import Where, predicate


def run(job: Job, input: str, format: str = "csv") -> dict[str, Any]:
    """Merge a file into the app's source table; the same file again changes nothing.

    The first file makes the table, later ones update the columns they have and may bring new ones. Refused
    rows go to the table `rejects`, replacing those of the same run and input.

    Raises
    ------
    DataContractError : the columns do not fit, or every row is refused
    """
    if job.tenants:
        raise ConfigError("ingest takes whole files: it has no use for --tenants.")
    raw = read_input(job.spark, input, format)
    with _cached(raw):
        with job.progress.step("check"):
            columns = incoming(raw, _known(job), job.app, input)
            counts = count_reasons(raw, columns, job.app)
        twice = DUPLICATE in counts
        judged = judge(raw, columns, job.app, unique=not twice)
        with _cached(judged, twice), job.progress.step("write"):
            return _write(job, judged, columns, counts, input)


@contextmanager
def _cached(frame: DataFrame, wanted: bool = True) -> Iterator[None]:
    if not wanted:
        yield
        return
    frame.persist()
    try:
        yield
    finally:
        frame.unpersist()


def _known(job: Job) -> Any:
    name = job.app.source
    return job.warehouse.source(name).schema if job.warehouse.source_exists(name) else None


def _write(
    job: Job, judged: DataFrame, columns: list[Incoming], counts: Mapping[str | None, int], origin: str
) -> dict[str, Any]:
    source, run_id = job.app.source, job.ledger.run_id
    rejected = {reason: count for reason, count in sorted(counts.items(), key=str) if reason is not None}
    rows, good = sum(counts.values()), counts.get(None, 0)
    _write_rejects(job, judged, origin, any_refused=bool(rejected))
    job.ledger.note(rows=rows)
    _tell(job, columns, rows, rejected)
    summary = {
        "source": source,
        "rows": rows,
        "inserted": 0,
        "updated": 0,
        "unchanged": 0,
        "rejected": rows - good,
        "rejected_by_reason": rejected,
        "new_columns": [one.name for one in columns if one.new and one.kind is not None],
    }
    if not rows:
        return summary
    if not good:
        reasons = ", ".join(f"{reason}: {count}" for reason, count in rejected.items())
        raise DataContractError(
            f"{job.app.app}: all {rows} rows of '{origin}' were refused ({reasons}). The source '{source}' is "
            f"as it was; the rows are in the table rejects, with run_id '{run_id}'."
        )
    by_lower = {one.name.lower(): one.name for one in columns}
    merged = job.warehouse.merge_source(
        source,
        judged.where(column(REASON).isNull()).drop(REASON, ROW),
        [by_lower[name.lower()] for name in identity(job.app)],
        run_id,
        allow_new_columns=True,
    )
    job.ledger.note(outputs={f"data/{source}": merged.version})
    changed = {"inserted": merged.inserted, "updated": merged.updated}
    return {**summary, **changed, "unchanged": good - merged.inserted - merged.updated}


def _write_rejects(job: Job, judged: DataFrame, origin: str, any_refused: bool) -> None:
    """Replace what this run refused of this input before; no commit where nothing was or is refused."""
    facts: Where = {"source": job.app.source, "run_id": job.ledger.run_id, "input": origin}
    if not any_refused and job.warehouse.read("rejects").where(predicate(facts)).isEmpty():
        return
    frame = judged.where(column(REASON).isNotNull()).select(
        *(F.lit(value).alias(name) for name, value in facts.items()),
        F.lit(job.logical_date).alias("logical_date"),
        column(REASON).alias("reason"),
        column(ROW).alias("row"),
    )
    version = job.warehouse.replace("rejects", frame, facts, job.ledger.run_id)
    job.ledger.note(outputs={"rejects": version})


def _tell(job: Job, columns: list[Incoming], rows: int, rejected: Mapping[str, int]) -> None:
    reasons = "".join(f"; {reason} {count:,}" for reason, count in rejected.items())
    job.progress.say(f"{rows:,} rows, {sum(rejected.values()):,} refused{reasons}")
    new = [one for one in columns if one.new]
    typed = [f"{one.name} {one.kind.simpleString()}" for one in new if one.kind is not None]
    empty = [one.name for one in new if one.kind is None]
    if typed:
        # A new table's columns are many, and all of them new.
        whole = len(new) == len(columns)
        job.progress.say(
            f"new table of {len(typed)} columns" if whole else f"new columns: {', '.join(typed)}"
        )
    if empty:
        job.progress.say(f"left out until a file has values for them: {', '.join(empty)}")


if __name__ == "__main__":
    from tiltyard.cli import main

    sys.exit(main(["ingest", *sys.argv[1:]]))
