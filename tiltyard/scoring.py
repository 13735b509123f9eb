"""Scoring an app: its open rows through the champions' pipelines and models, as one stream for each pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import reduce

from pyspark.ml import PipelineModel
from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from tiltyard.apps import FEATURES, KEY, LABEL, RATES, SEGMENT, TENANT, TIME, derive
from tiltyard.columns import column
from tiltyard.config import AppConfig
from tiltyard.errors import DataContractError
from tiltyard.learners.base import categorical_slots
from tiltyard.pooled_margin import PooledMarginModel
from tiltyard.reasons import Lineage
from tiltyard.serving import SCORED, Champion, Pools, Why, scores
from tiltyard.slots import slots_of

VALUES = "_values"
_PIPELINE = "_pipeline"
_LONGEST = 100  # characters of a value in a reason


def open_rows(
    source: DataFrame,
    app: AppConfig,
    scored: DataFrame | None = None,
    since: date | None = None,
    until: date | None = None,
    tenants: Sequence[str] = (),
) -> DataFrame:
    """The app's rows whose outcome is not known, or was not when this run first scored them.

    Parameters
    ----------
    scored : tenant and key of what an earlier attempt of the same run wrote, if there was one: those rows
        stay, whatever has arrived since, so that a repeated run never loses a score
    since, until : inclusive and exclusive UTC days; an app without `time` has no window
    tenants : only these; empty for all
    """
    rows = derive(source, app).where(column(KEY).isNotNull())
    if app.time and since:
        rows = rows.where(column(TIME) >= F.lit(since))
    if app.time and until:
        rows = rows.where(column(TIME) < F.lit(until))
    if tenants:
        rows = rows.where(column(TENANT).isin(*tenants))
    if scored is None:
        return rows.where(column(LABEL).isNull())
    before = scored.select(F.col("tenant").alias("_of"), F.col("key").alias("_scored"))
    same = column(TENANT).eqNullSafe(F.col("_of")) & (column(KEY) == F.col("_scored"))
    marked = rows.join(before, same, "left")
    return marked.where(column(LABEL).isNull() | F.col("_scored").isNotNull()).drop("_of", "_scored")


def scored_rows(rows: DataFrame, serving: DataFrame, app: AppConfig) -> DataFrame:
    """Each row's score by its tenant's champion.

    Champions of different trainings read different feature pipelines, so there is one stream for each
    pipeline in use; there are as many as trainings that still have a champion, not as tenants.

    Parameters
    ----------
    rows : as of `open_rows`
    serving : as of `tiltyard.registry.serving`

    Returns
    -------
    DataFrame[tenant, key, score, prediction, label, probabilities, version, fallback, reasons]

    Raises
    ------
    DataContractError : the app has no global model yet
    """
    shared = _shared(serving, app)
    paths = [row.pipeline for row in serving.select("pipeline").distinct().orderBy("pipeline").collect()]
    if len(paths) == 1:
        return _stream(rows, serving, shared, paths[0], app)
    routed = _routed(rows, serving, shared.pipeline).persist()
    parts = [
        _stream(
            routed.where(F.col(_PIPELINE) == path),
            serving.where(F.col("pipeline") == path),
            shared,
            path,
            app,
        )
        for path in paths
    ]
    return reduce(DataFrame.unionByName, parts)


def _shared(serving: DataFrame, app: AppConfig) -> Row:
    found = serving.where(F.col("tenant").isNull()).collect()
    if not found:
        raise DataContractError(
            f"{app.app}: there is no model for tenants without one of their own yet: run `tiltyard train` once"
            " without --tenants."
        )
    return found[0]


def _routed(rows: DataFrame, serving: DataFrame, default: str) -> DataFrame:
    """The rows with the path of the pipeline their champion reads."""
    paths = serving.where(F.col("tenant").isNotNull())
    paths = paths.select(F.col("tenant").alias("_of"), F.col("pipeline").alias("_own"))
    met = rows.join(paths, column(TENANT) == F.col("_of"), "left")
    return met.withColumn(_PIPELINE, F.coalesce("_own", F.lit(default))).drop("_of", "_own")


def _stream(rows: DataFrame, serving: DataFrame, shared: Row, path: str, app: AppConfig) -> DataFrame:
    features, pool = _split(PipelineModel.load(path))
    packed = features.transform(rows)
    categorical = categorical_slots(packed.schema, FEATURES)
    fallback = Champion(bytes(shared.payload), shared.version, shared.fallback, shared.threshold)
    # Only what a score needs goes through the workers.
    rates = RATES if pool else None
    why = _why(packed, rates, app.score.reasons)
    values = [_values(packed, why.lineage.fields)] if why else []
    segment = SEGMENT if SEGMENT in packed.columns else None
    records = packed.select(TENANT, KEY, FEATURES, *filter(None, [rates, segment]), *values)
    found = scores(
        records,
        serving,
        fallback,
        categorical,
        tenant=TENANT,
        features=FEATURES,
        pool=pool,
        rates=rates,
        segment=segment,
        problem=app.problem,
        why=why,
    )
    return found.select(
        column(TENANT).alias("tenant"),
        column(KEY).alias("key"),
        *[F.col(name).alias(name.removeprefix("_")) for name in SCORED],
    )


def _why(packed: DataFrame, rates: str | None, top: int) -> Why | None:
    if not top:
        return None
    slots = slots_of(packed.schema, FEATURES)
    return Why(Lineage.of(slots, slots_of(packed.schema, rates) if rates else ()), VALUES, top)


def _values(packed: DataFrame, fields: Sequence[str]) -> Column:
    """What a record's fields hold, as short texts; null for a field that is no column."""
    texts = [
        F.substring(column(name).cast("string"), 1, _LONGEST) if name in packed.columns else F.lit(None)
        for name in fields
    ]
    return F.array(*[text.cast("string") for text in texts]).alias(VALUES)


def _split(pipeline: PipelineModel) -> tuple[PipelineModel, Pools | None]:
    """The stages that make features, and the models of all tenants, which only those rows meet that need them."""
    *stages, last = pipeline.stages
    if isinstance(last, PooledMarginModel):
        return PipelineModel(stages), last.pool.for_new_rows()
    return pipeline, None
