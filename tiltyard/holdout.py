"""The holdout: rows that no training reads, and how every champion does on them."""

from __future__ import annotations

from pyspark.ml import PipelineModel
from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tiltyard.apps import FOLD, KEY, LABEL, PART, TENANT, TIME
from tiltyard.config import AppConfig
from tiltyard.evaluation import evaluated
from tiltyard.folds import hash_folds, with_days_after
from tiltyard.problem import Binary, Multiclass
from tiltyard.state import computed
from tiltyard.tournament import TournamentModel

HOLDOUT = "struct<rows:bigint,value:double,low:double,high:double,metrics:map<string,double>,status:string>"
"""How a champion did on the rows held out, in the models table."""
_HELD = "_held"
_SHARES = 1_000  # the share is counted in thousandths
_MEASURES = ("rows", "value", "low", "high", "metrics", "status")


def kept_apart(rows: DataFrame, app: AppConfig, *, held: bool) -> DataFrame:
    """The rows that are held out, or the others.

    With folds in time they are the newest days of all rows together, about the share of them; else a hash of the key,
    or of the group, draws them. The same rows in any order. Without a holdout none is held. No job.
    """
    share = app.folds.holdout
    if not share:
        return rows.limit(0) if held else rows
    if app.folds.by == "time":
        marked = with_days_after(rows, _HELD, TIME, [1.0 - share])
        return marked.where((F.col(_HELD) > 0) == held).drop(_HELD)
    # Another seed than the folds', or all rows of some folds would be held out.
    columns = app.folds.group or (KEY,)
    drawn = hash_folds(columns, _SHARES, app.tournament.seed + 1) < round(share * _SHARES)
    return rows.where(drawn == held)


def measured(held: DataFrame, pipeline: PipelineModel, fitted: TournamentModel, app: AppConfig) -> DataFrame:
    """DataFrame[tenant, holdout STRUCT<rows, value, low, high, metrics, status>]: each champion on the rows held out.

    Its own model, or what serves the tenant without one; for all tenants together tenant is null. The interval and the
    status are those of `tiltyard.evaluation.evaluated`.

    Parameters
    ----------
    held : as of `tiltyard.training.labelled_rows`; its labels of several classes name these
    """
    names = held.schema[LABEL].metadata.get("ml_attr", {}).get("vals")
    scored = fitted.transform(pipeline.transform(held.drop(FOLD, PART)))
    met = scored.select(
        F.col(TENANT).alias("tenant"),
        F.col(KEY).alias("key"),
        F.col("modelVersion").alias("version"),
        *_answers(app.problem, fitted),
        (F.get(F.array(*map(F.lit, names)), F.col(LABEL).cast("int")) if names else F.col(LABEL)).alias("y"),
    )
    # Read twice, for each tenant and for all together; scored once.
    found = evaluated(computed(met), app.metric, app.gates.min_per_class, app.problem)
    return found.select("tenant", F.struct(*_MEASURES).alias("holdout"))


def _answers(problem: str, fitted: TournamentModel) -> list[Column]:
    prediction, chances = F.col(fitted.getPredictionCol()), F.col(fitted.getProbabilityCol())
    if problem == Binary.name:
        return [vector_to_array(chances)[1].alias("score")]
    if problem == Multiclass.name:
        best = F.array_max(F.map_values(chances))
        return [best.alias("score"), prediction.alias("label"), chances.alias("probabilities")]
    return [prediction.alias("score")]
