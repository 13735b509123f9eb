"""MLflow: one run for each training job, whatever the number of tenants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyspark.ml import PipelineModel
from pyspark.sql import functions as F

from tiltyard.features import unused_fields
from tiltyard.job import Job
from tiltyard.tournament import TournamentModel
from tiltyard.transformers.field_typer import FieldTyperModel

_SQLITE = "sqlite:///"


def track(job: Job, summary: dict[str, Any], fitted: TournamentModel, pipeline: PipelineModel) -> str | None:
    """Record a training job, after its tables are written.

    Returns
    -------
    The MLflow run's id; None when tracking is off, or when the server does not answer: the models are in
    place by then, so that is told and not raised.
    """
    settings = job.config.platform.mlflow
    if not settings.enabled:
        return None
    import mlflow  # some seconds, which jobs without tracking need not pay
    from mlflow.exceptions import MlflowException

    try:
        return _record(mlflow, job, summary, fitted, pipeline)
    except (MlflowException, OSError) as error:
        job.progress.say(f"not tracked in MLflow at {settings.tracking_uri}: {error}")
        return None


def _record(
    mlflow: Any, job: Job, summary: dict[str, Any], fitted: TournamentModel, pipeline: PipelineModel
) -> str:
    settings = job.config.platform.mlflow
    files = _beside_database(settings.tracking_uri)
    client = mlflow.MlflowClient(tracking_uri=settings.tracking_uri)
    experiment = client.get_experiment_by_name(settings.experiment)
    number = experiment.experiment_id if experiment else client.create_experiment(settings.experiment, files)
    tags = {"tiltyard.run_id": job.ledger.run_id, "tiltyard.attempt": str(job.ledger.attempt)}
    run_id: str = client.create_run(number, run_name=job.ledger.run_id, tags=tags).info.run_id
    try:
        _log(client, run_id, job, summary, fitted, pipeline)
        client.set_terminated(run_id)
    except BaseException:
        client.set_terminated(run_id, "FAILED")
        raise
    return run_id


def _beside_database(uri: str) -> str | None:
    """The folder for artifacts of a local SQLite store: beside its file, where MLflow would use the working
    directory. A server chooses for itself."""
    if not uri.startswith(_SQLITE):
        return None
    folder = Path(uri.removeprefix(_SQLITE)).absolute().parent
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / "mlartifacts").as_uri()


def _log(
    client: Any,
    run_id: str,
    job: Job,
    summary: dict[str, Any],
    fitted: TournamentModel,
    pipeline: PipelineModel,
) -> None:
    for name, value in _params(job).items():
        client.log_param(run_id, name, value)
    for name, number in _metrics(summary).items():
        client.log_metric(run_id, name, number)
    client.log_dict(run_id, _contenders(fitted), "leaderboard.json")
    client.log_dict(run_id, _fields(pipeline), "fields.json")
    client.log_dict(run_id, _slots(job), "slots.json")


def _params(job: Job) -> dict[str, Any]:
    app = job.app
    return {
        "app": app.app,
        "config_hash": job.config.hash,
        "logical_date": str(job.logical_date),
        "label": app.label,
        "folds": f"{app.folds.count} by {app.folds.by}",
        "metric": app.metric,
        "learners": ", ".join(app.learners),
        "seed": app.tournament.seed,
    }


def _metrics(summary: dict[str, Any]) -> dict[str, float]:
    numbers = {
        name: float(summary[name]) for name in ("tenants", "failed", "rows", "fold_fits", "fold_fits_saved")
    }
    numbers |= {f"tenants_{status}": float(n) for status, n in summary["by_status"].items()}
    numbers |= {f"champions_{learner}": float(n) for learner, n in summary["champions"].items()}
    quantiles = zip(("p10", "p50", "p90"), summary["value_p10_p50_p90"] or (), strict=False)
    return numbers | {f"{summary['metric']}_{name}": value for name, value in quantiles}


def _contenders(fitted: TournamentModel) -> list[dict[str, Any]]:
    """The leaderboard by contender: tenants played and won, mean of the metric, seconds of fitting."""
    played = fitted.leaderboard.where("rank IS NOT NULL").groupBy("contender", "learner", "metric")
    found = played.agg(
        F.count("*").alias("tenants"),
        F.count_if(F.col("rank") == 1).alias("first"),
        F.avg("mean").alias("mean"),
        F.avg("rank").alias("mean_rank"),
        F.sum("fit_seconds").alias("fit_seconds"),
    )
    return [row.asDict() for row in found.orderBy("mean_rank", "contender").collect()]


def _fields(pipeline: PipelineModel) -> list[dict[str, Any]]:
    """Every field with its type, the evidence, and why it is not used if it is not."""
    typer = next(stage for stage in pipeline.stages if isinstance(stage, FieldTyperModel))
    unused = unused_fields(typer.types)
    return [{**one, "unused": unused.get(one["field"])} for one in typer.evidence]


def _slots(job: Job) -> list[dict[str, Any]]:
    """The packed row's slots with their lineage, as they are for all tenants together."""
    mine = (F.col("app") == job.app.app) & (F.col("version") == job.logical_date.isoformat())
    shared = F.col("tenant").isNull() & F.col("slot").isNotNull()
    rows = job.warehouse.read("features").where(mine & shared)
    found = rows.select("slot", "name", "field", "type", "kind", "levels", "dropped").orderBy("slot")
    return [row.asDict() for row in found.collect()]
