"""Score an app's open rows with each tenant's champion."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from typing import Any

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F

from tiltyard import registry
from tiltyard.job import Job
from tiltyard.schemas import FALLBACKS
from tiltyard.scoring import open_rows, scored_rows
from tiltyard.tables import Where


def run(job: Job, since: date | None = None, until: date | None = None) -> dict[str, Any]:
    """Score the rows without an outcome from `since` to before `until` (default: all) as of the run date."""
    app, warehouse = job.app, job.warehouse
    source, version = warehouse.source(app.source), warehouse.source_version(app.source)
    where: Where = {"app": app.app, "score_date": job.logical_date}
    if job.tenants:
        where = {**where, "tenant": list(job.tenants)}
    with job.progress.step("models"):
        earlier = _written(job)
        serving = registry.serving(_of_app(job, "champions"), _of_app(job, "models")).persist()
        # Most runs are the first of their day: their rows need no join.
        scored = None if earlier.isEmpty() else earlier
        rows = open_rows(source, app, scored, since, until, job.tenants)
        found = scored_rows(rows, serving, app)
    with job.progress.step("scores"):
        counts = Observation()
        rows = _labelled(job, found).observe(counts, *_counted())
        output = warehouse.replace("scores", rows, where, job.ledger.run_id)
    serving.unpersist()
    summary = _summary(counts)
    job.ledger.note(inputs={app.source: version}, outputs={"scores": output}, rows=summary["rows"])
    return summary


def _of_app(job: Job, table: str) -> DataFrame:
    return job.warehouse.read(table).where(F.col("app") == job.app.app)


def _written(job: Job) -> DataFrame:
    """The scores of this app and day, as they are in the table now."""
    found = _of_app(job, "scores").where(F.col("score_date") == F.lit(job.logical_date))
    return found.where(F.col("tenant").isin(*job.tenants)) if job.tenants else found


def _labelled(job: Job, found: DataFrame) -> DataFrame:
    return found.select(
        F.lit(job.app.app).alias("app"),
        F.lit(job.logical_date).alias("score_date"),
        F.lit(job.ledger.run_id).alias("run_id"),
        *found.columns,
        F.lit(datetime.now(UTC)).alias("scored_at"),
    )


def _counted() -> list[Column]:
    """Rows by who answered, counted as they are written: nothing is read again."""
    return [F.count_if(F.col("fallback") == name).alias(name) for name in FALLBACKS]


def _summary(counts: Observation) -> dict[str, Any]:
    by_fallback = {name: rows for name, rows in counts.get.items() if rows}
    return {"rows": sum(by_fallback.values()), "rows_by_fallback": by_fallback}


if __name__ == "__main__":
    from tiltyard.cli import main

    sys.exit(main(["score", *sys.argv[1:]]))
