"""Train an app: every tenant's tournament, its champions, and the feature pipeline they read from."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from typing import Any

from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tiltyard import holdout, registry, training
from tiltyard.apps import TENANT
from tiltyard.errors import DataContractError, TooManyFailures
from tiltyard.job import Job
from tiltyard.learners.blend import BlendKernel
from tiltyard.portfolio import Record
from tiltyard.tables import Where
from tiltyard.threads import side_by_side
from tiltyard.tournament import TournamentModel
from tiltyard.tracking import track


def run(job: Job, since: date | None = None, until: date | None = None) -> dict[str, Any]:
    """Train on the rows from `since` to before `until` (default: the day after the run date)."""
    app, warehouse, progress = job.app, job.warehouse, job.progress
    until = until or job.logical_date + timedelta(days=1)
    source = warehouse.source(app.source)
    data_version = warehouse.source_version(app.source)
    sharing = _sharing(job)
    name = training.pipeline_name(job.config, data_version, since, until, job.tenants, sharing)
    path = warehouse.artifacts("pipelines", app.app, name)
    rows = _rows(job, source, since, until).persist()
    with progress.step("features"):
        if rows.isEmpty():
            raise DataContractError(
                f"{app.app}: '{app.source}' has no row with a known outcome before {until}"
                f"{' of the chosen tenants' if job.tenants else ''}; nothing to train on."
            )
        pipeline = training.fitted_pipeline(rows, app, path, sharing)
        packed = pipeline.transform(rows)
    with progress.step("tournaments"):
        fitted = training.play(packed, app, _portfolio(job))
    held = None
    if app.folds.holdout:
        with progress.step("holdout"):
            unseen = _rows(job, source, since, until, held=True)
            held = holdout.measured(unseen, pipeline, fitted, app)
    with progress.step("tables"):
        facts = {"data_version": data_version, "pipeline": path}
        outputs = _write(job, fitted, pipeline, packed, held, facts)
    rows.unpersist()
    summary = _summary(fitted) | _fits(fitted, app.folds.count)
    _note(job, summary, inputs={app.source: data_version}, outputs=outputs)
    with progress.step("tracking"):
        summary["mlflow"] = track(job, summary, fitted, pipeline)
    _check_failures(job, summary)
    return summary


def _rows(job: Job, source: DataFrame, since: date | None, until: date, *, held: bool = False) -> DataFrame:
    """The rows to learn from, or those held out, without those of tenants in quarantine."""
    rows = training.labelled_rows(source, job.app, since, until, job.tenants, held=held)
    resting = registry.in_quarantine(_models(job), job.app.gates, job.logical_date)
    return rows.join(resting, F.col(TENANT) == F.col("tenant"), "left_anti")


def _sharing(job: Job) -> DataFrame:
    """What `tiltyard sharing` has said of the app's tenants, of those it has said something of."""
    said = job.warehouse.read("tenants").where(F.col("app") == job.app.app)
    told = (F.col("shares_data") == F.lit(False)) | F.col("segment").isNotNull()
    return said.where(told).select("tenant", "segment", "shares_data")


def _portfolio(job: Job) -> list[Record]:
    """What has won before for tenants that share, where the app searches by it."""
    if job.app.tournament.search != "portfolio":
        return []
    apart = job.warehouse.read("tenants").where(F.col("shares_data") == F.lit(False)).select("app", "tenant")
    boards = job.warehouse.read("leaderboard").join(apart, ["app", "tenant"], "left_anti")
    return training.portfolio(job.app, boards, job.logical_date)


def _write(
    job: Job,
    fitted: TournamentModel,
    pipeline: PipelineModel,
    packed: DataFrame,
    held: DataFrame | None,
    facts: dict[str, Any],
) -> dict[str, int]:
    """Write the tables. What serves is made of the models table, after it: until then all serves as before."""
    day, run_id = job.logical_date, job.ledger.run_id
    version = day.isoformat()
    labels = {"app": job.app.app, "logical_date": day, "version": version}
    segments = training.segments_of(pipeline)
    models = training.model_rows(fitted, {**labels, "run_id": run_id, **facts}, held, segments)
    board = training.leaderboard_rows(fitted, {"app": job.app.app, "logical_date": day, "run_id": run_id})
    features = training.feature_rows(pipeline, packed, fitted, labels)
    outputs = side_by_side(
        job.spark,
        {
            "models": lambda: _replace(job, "models", models, {"version": version}),
            "leaderboard": lambda: _replace(job, "leaderboard", board, {"logical_date": day}),
            "features": lambda: _replace(job, "features", features, {"version": version}),
        },
    )
    return outputs | side_by_side(
        job.spark,
        {
            "tenants": lambda: job.warehouse.replace(
                "tenants", _tenants(job, fitted), {"app": job.app.app}, job.ledger.run_id
            ),
            "champions": lambda: _replace(job, "champions", _champions(job), {}),
        },
    )


def _replace(job: Job, table: str, frame: DataFrame, where: Where) -> int:
    """Replace the app's rows of this run; with --tenants those of the chosen tenants only."""
    where = {"app": job.app.app, **where}
    if job.tenants:
        where = {**where, "tenant": list(job.tenants)}
        frame = frame.where(F.col("tenant").isin(*job.tenants))
    return job.warehouse.replace(table, frame, where, job.ledger.run_id)


def _models(job: Job) -> DataFrame:
    return job.warehouse.read("models").where(F.col("app") == job.app.app)


def _champions(job: Job) -> DataFrame:
    return registry.champions(_models(job)).withColumn("app", F.lit(job.app.app))


def _tenants(job: Job, fitted: TournamentModel) -> DataFrame:
    """The app's tenants: those that were trained now, the others as they were."""
    before = job.warehouse.read("tenants").where(F.col("app") == job.app.app)
    said = before.select("tenant", "segment", "shares_data")
    trained = _trained(job, fitted).join(said, "tenant", "left").select(*before.columns)
    others = before.join(trained.select("tenant"), "tenant", "left_anti")
    return trained.unionByName(others)


def _trained(job: Job, fitted: TournamentModel) -> DataFrame:
    """Size and health of the tenants that were trained now."""
    known = _models(job).where(F.col("logical_date") <= F.lit(job.logical_date))
    trained = fitted.champions.where("tenant IS NOT NULL").select("tenant", "rows")
    if job.tenants:
        trained = trained.where(F.col("tenant").isin(*job.tenants))
    return trained.join(registry.failures(known), "tenant", "left").select(
        F.lit(job.app.app).alias("app"),
        "tenant",
        "rows",
        F.when(F.col("rows") > job.app.tournament.packed_rows, "distributed")
        .otherwise("packed")
        .alias("lane"),
        F.coalesce("consecutive_failures", F.lit(0)).alias("consecutive_failures"),
        registry.quarantined_until(job.app.gates).alias("quarantined_until"),
        F.lit(job.logical_date).alias("logical_date"),
    )


def _summary(fitted: TournamentModel) -> dict[str, Any]:
    own = fitted.champions.where("tenant IS NOT NULL")
    counts = own.groupBy("status", "learner", "metric").agg(
        F.count("*").alias("n"), F.sum("rows").alias("rows")
    )
    found = counts.collect()
    good = own.where("status = 'ok'").agg(F.percentile("value", F.array(*map(F.lit, (0.1, 0.5, 0.9)))))
    by_status = _totals(found, "status")
    return {
        "tenants": sum(by_status.values()),
        "by_status": by_status,
        "champions": _totals([row for row in found if row.status == "ok"], "learner"),
        "failed": sum(by_status.get(status, 0) for status in registry.FAILED),
        "rows": fitted.labelled.rows,
        "metric": found[0].metric if found else None,
        "value_p10_p50_p90": good.collect()[0][0],
    }


def _fits(fitted: TournamentModel, folds: int) -> dict[str, int]:
    """Fold fits that were made, and those that racing has saved."""
    made, behind = F.size("folds"), F.col("status") == "behind"
    played = fitted.leaderboard.where(
        F.col("learner") != BlendKernel.name
    )  # and not null: who never played has none
    found = played.agg(F.sum(made), F.sum(F.when(behind, F.lit(folds) - made))).collect()[0]
    return {"fold_fits": found[0] or 0, "fold_fits_saved": found[1] or 0}


def _totals(rows: list[Any], column: str) -> dict[str, int]:
    names = sorted({row[column] for row in rows})
    return {name: sum(row.n for row in rows if row[column] == name) for name in names}


def _note(job: Job, summary: dict[str, Any], **versions: dict[str, int]) -> None:
    planned, failed = summary["tenants"], summary["failed"]
    job.ledger.note(
        **versions,
        rows=summary["rows"],
        tenants_planned=planned,
        tenants_ok=planned - failed,
        tenants_failed=failed,
    )


def _check_failures(job: Job, summary: dict[str, Any]) -> None:
    most, failed = job.app.gates.max_failed_share, summary["failed"]
    if failed > most * summary["tenants"]:
        raise TooManyFailures(
            f"{job.app.app}: {failed} of {summary['tenants']} tenants failed, more than gates.max_failed_share"
            f" ({most:g}) allows; see `tiltyard tenants --app {job.app.app}`. The others' models are in place."
        )


if __name__ == "__main__":
    from tiltyard.cli import main

    sys.exit(main(["train", *sys.argv[1:]]))
