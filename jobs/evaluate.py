"""Evaluate an app: compare its scores with the outcomes that have arrived since."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tiltyard.apps import KEY, LABEL, TENANT, derive
from tiltyard.evaluation import evaluated
from tiltyard.job import Job
from tiltyard.state import computed
from tiltyard.tables import Where

DAYS = 90
"""Score dates looked back to without --since."""


def run(job: Job, since: date | None = None, until: date | None = None) -> dict[str, Any]:
    """Evaluate what was scored on the days from `since` to before `until` (default: the day after the run date).

    A record that was scored on several days counts once, by its newest score.
    """
    app, warehouse = job.app, job.warehouse
    until = until or job.logical_date + timedelta(days=1)
    since = since or until - timedelta(days=DAYS)
    source, version = warehouse.source(app.source), warehouse.source_version(app.source)
    with job.progress.step("evaluations"):
        met = _met(_scores(job, since, until), derive(source, app))
        found = computed(evaluated(met, app.metric, app.gates.min_per_class, app.problem))
    with job.progress.step("table"):
        where: Where = {"app": app.app, "logical_date": job.logical_date}
        if job.tenants:
            where = {**where, "tenant": list(job.tenants)}
            found = found.where(F.col("tenant").isNotNull())
        rows = _labelled(job, found, since, until)
        output = warehouse.replace("evaluations", rows, where, job.ledger.run_id)
    summary = _summary(found)
    job.ledger.note(inputs={app.source: version}, outputs={"evaluations": output}, rows=summary["rows"])
    return summary


def _scores(job: Job, since: date, until: date) -> DataFrame:
    """The newest score of each record in the window."""
    scores = job.warehouse.read("scores").where(F.col("app") == job.app.app)
    scores = scores.where((F.col("score_date") >= F.lit(since)) & (F.col("score_date") < F.lit(until)))
    if job.tenants:
        scores = scores.where(F.col("tenant").isin(*job.tenants))
    # A map cannot be compared: it stands beside what orders the scores.
    order = F.struct("score_date", "score", "version")
    newest = F.max_by(F.struct("score", "version", "label", "probabilities"), order).alias("newest")
    return scores.groupBy("tenant", "key").agg(newest).select("tenant", "key", "newest.*")


def _met(scores: DataFrame, rows: DataFrame) -> DataFrame:
    """The scores with the outcome beside them, null while there is none."""
    outcomes = rows.select(F.col(TENANT).alias("_of"), F.col(KEY).alias("_id"), F.col(LABEL).alias("y"))
    same = F.col("tenant").eqNullSafe(F.col("_of")) & (F.col("key") == F.col("_id"))
    return scores.join(outcomes, same, "left").drop("_of", "_id")


def _labelled(job: Job, found: DataFrame, since: date, until: date) -> DataFrame:
    """The rows of the table: with the run, the window and the learner of the model."""
    models = job.warehouse.read("models").where(F.col("app") == job.app.app)
    learners = models.select(F.col("tenant").alias("_of"), F.col("version").alias("_made"), "learner")
    same = (F.col("tenant") == F.col("_of")) & (F.col("version") == F.col("_made"))
    return found.join(learners, same, "left").select(
        F.lit(job.app.app).alias("app"),
        F.lit(job.logical_date).alias("logical_date"),
        F.lit(job.ledger.run_id).alias("run_id"),
        F.lit(since).alias("window_start"),
        F.lit(until).alias("window_end"),
        *found.columns,
        "learner",
    )


def _summary(found: DataFrame) -> dict[str, Any]:
    own, every = F.col("tenant").isNotNull(), F.col("tenant").isNull()
    good = own & (F.col("status") == "ok")
    counts = found.agg(
        F.count_if(own).alias("tenants"),
        F.count_if(good).alias("judged"),
        F.percentile(F.when(good, F.col("value")), F.array(*map(F.lit, (0.1, 0.5, 0.9)))).alias("quantiles"),
        F.max(F.when(every, F.struct("rows", "outcomes", "coverage", "metric", "value"))).alias("together"),
    ).collect()[0]
    together = (
        counts.together.asDict() if counts.together else dict.fromkeys(("rows", "outcomes", "coverage"), 0)
    )
    return {
        "tenants": counts.tenants,
        "judged": counts.judged,
        "value_p10_p50_p90": counts.quantiles,
        **together,
    }


if __name__ == "__main__":
    from tiltyard.cli import main

    sys.exit(main(["evaluate", *sys.argv[1:]]))
