"""Training an app: its labelled rows, its feature pipeline, its tournament, and what the tables say of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, cast

from pyspark.errors import AnalysisException
from pyspark.ml import PipelineModel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tiltyard import __version__
from tiltyard.apps import FEATURES, FOLD, KEY, LABEL, MARGIN, PART, TENANT, TIME, derive, input_fields
from tiltyard.columns import column
from tiltyard.config import AppConfig, Config
from tiltyard.contenders import arena, from_grids
from tiltyard.errors import DataContractError
from tiltyard.evaluators import evaluator_for
from tiltyard.features import unused_fields
from tiltyard.featurizer import Featurizer
from tiltyard.folds import with_day_blocks, with_folds
from tiltyard.holdout import HOLDOUT, kept_apart
from tiltyard.importance import EVERYONE
from tiltyard.pooled_margin import PooledMarginModel
from tiltyard.pooling_stages import pooling_stages
from tiltyard.portfolio import Record, collected, history, shipped, to_json
from tiltyard.problem import Multiclass
from tiltyard.segments import SegmentOf
from tiltyard.slots import has_levels, slot_table
from tiltyard.state import joined
from tiltyard.tournament import Tournament, TournamentModel
from tiltyard.transformers import FieldTyperModel, SanityCheckerModel
from tiltyard.transformers.sanity_checker import MEASURES

OF_ALL = "(model of all tenants)"
"""The name of what a champion takes from the model of all tenants, among its features."""
MAX_CLASSES = 100
"""Classes that an app may tell apart."""
PORTFOLIO_DAYS = 90
"""Days of trainings whose winners a portfolio counts."""


def labelled_rows(
    source: DataFrame,
    app: AppConfig,
    since: date | None,
    until: date,
    tenants: Sequence[str] = (),
    *,
    held: bool = False,
) -> DataFrame:
    """The app's rows with a known outcome in a window of time, with their fold.

    Parameters
    ----------
    since, until : inclusive and exclusive UTC days; an app without `time` has no window
    tenants : only these; empty for all
    held : the rows that are held out (`tiltyard.holdout`) instead of those to learn from

    Returns
    -------
    DataFrame[_tenant, _key, _time, _label, _fold, _part, the fields that may become features]
        Of several classes `_label` is a number, 0.0 for the first one by name, and its metadata names them, as the
        output of StringIndexer does; one job finds them. `_part` is what a model of all tenants must not have learnt
        from, to answer for the row: its fold, or, with folds in time, its block of days.
    """
    rows = derive(source, app).where(column(LABEL).isNotNull())
    if app.time:
        rows = rows.where(column(TIME) < F.lit(until))
    if app.time and since:
        rows = rows.where(column(TIME) >= F.lit(since))
    if tenants:
        rows = rows.where(column(TENANT).isin(*tenants))
    if app.problem == Multiclass.name:
        rows = _coded(rows, app)
    rows = kept_apart(rows, app, held=held)
    folded = with_folds(rows, FOLD, tenant=TENANT, **_fold_arguments(app))
    if app.folds.by == "time":
        parted = with_day_blocks(folded, PART, TIME, app.folds.count)
    else:
        parted = folded.withColumn(PART, column(FOLD))
    fields = input_fields(source.columns, app)
    return parted.select(TENANT, KEY, TIME, LABEL, FOLD, PART, *map(column, fields))


def _coded(rows: DataFrame, app: AppConfig) -> DataFrame:
    """The rows with classes as numbers."""
    found = rows.select(LABEL).distinct().limit(MAX_CLASSES + 1).collect()
    if len(found) > MAX_CLASSES:
        raise DataContractError(
            f"{app.app}: label '{app.label}' has more than {MAX_CLASSES} classes, such as"
            f" '{found[0][0]}' and '{found[1][0]}'. Predict a coarser one, or a number with problem: regression."
        )
    names = sorted(row[0] for row in found)
    code = F.array_position(F.array(*map(F.lit, names)), F.col(LABEL)) - 1
    known = {"ml_attr": {"type": "nominal", "name": LABEL, "vals": names}}
    return rows.withColumn(LABEL, code.cast("double").alias(LABEL, metadata=known))


def pipeline_name(
    config: Config,
    data_version: int,
    since: date | None,
    until: date,
    tenants: Sequence[str],
    sharing: DataFrame,
) -> str:
    """A name for a fitted pipeline: the same inputs have the same name, others another one. One small job."""
    said = F.xxhash64("tenant", "segment", F.coalesce("shares_data", F.lit(True)))
    heard = sharing.agg(F.bit_xor(said)).collect()[0][0]
    inputs = [config.hash, data_version, since, until, sorted(tenants), heard, __version__]
    return f"{until}-{hashlib.sha256(repr(inputs).encode()).hexdigest()[:10]}"


def fitted_pipeline(
    rows: DataFrame, app: AppConfig, path: str, sharing: DataFrame | None = None
) -> PipelineModel:
    """The app's feature pipeline, fitted on the rows and saved at `path`, as it is loaded from there.

    Where learners that start from a model of all tenants compete, that model is its last stage (`PooledMargin`).
    `sharing` (DataFrame[tenant, segment, shares_data]) says whom it must not learn from, and which tenants belong
    together. A path that an earlier attempt has completed is loaded as it is: its name stands for the same inputs. A
    path that somebody left half-written is written again.
    """
    if not _is_complete(rows, path):
        _fit(rows, app, sharing).write().overwrite().save(path)
        done = rows.sparkSession.createDataFrame([("complete",)], "value string")
        done.coalesce(1).write.mode("overwrite").text(f"{path}/complete")
    return PipelineModel.load(path)


def portfolio(app: AppConfig, leaderboard: DataFrame, day: date) -> list[Record]:
    """What has won in the trainings of the days before, of all apps with the app's metric, and in the shipped file.

    One job, whose result has a row for each kind of tenant and contender.
    """
    since = day - timedelta(days=PORTFOLIO_DAYS)
    known = leaderboard.where(F.col("logical_date").between(F.lit(since), F.lit(day - timedelta(days=1))))
    found = history(known.where(F.col("metric") == app.metric))
    return [*shipped(app.problem), *collected(found)]


def tournament(app: AppConfig, known: Sequence[Record] = ()) -> Tournament:
    """The app's tournament over packed rows; `known` is as of `portfolio`, for an app that searches by it."""
    conf = app.tournament
    columns = {"featuresCol": FEATURES, "labelCol": LABEL, "problem": app.problem}
    if app.pools:
        columns["baseMarginCol"] = MARGIN
    estimator, maps = arena(from_grids(app.learners, conf.grids, conf.seed, **columns))
    return Tournament(
        estimator=estimator,
        estimatorParamMaps=maps,
        evaluator=evaluator_for(app.metric, LABEL, app.problem),
        numFolds=app.folds.count,
        foldCol=FOLD,
        expanding=app.folds.by == "time",
        tenantCol=TENANT,
        keyCol=KEY,
        minRows=app.gates.min_rows,
        minPerClass=app.gates.min_per_class,
        seconds=conf.seconds_per_tenant,
        packedRows=conf.packed_rows,
        workers=conf.workers,
        thresholdBy=conf.threshold.by,
        falsePositive=conf.threshold.false_positive,
        falseNegative=conf.threshold.false_negative,
        racing=conf.racing,
        blend=conf.blend,
        search=conf.search,
        trials=conf.trials,
        searchSeconds=conf.search_seconds,
        portfolio=to_json(known),
    )


def play(rows: DataFrame, app: AppConfig, known: Sequence[Record] = ()) -> TournamentModel:
    """Every tenant's tournament over packed rows."""
    return cast(TournamentModel, tournament(app, known).fit(rows))


def segments_of(pipeline: PipelineModel) -> DataFrame | None:
    """DataFrame[tenant, segment]: the tenants whose segment has a model of its own; None where nobody's has."""
    last = pipeline.stages[-1]
    if not (isinstance(last, PooledMarginModel) and last.pool.segments):
        return None
    known = next(stage for stage in pipeline.stages if isinstance(stage, SegmentOf)).state
    found = known.select(F.col("tenant"), F.col("state.segment").alias("segment"))
    return found.where(F.col("segment").isin(*last.pool.segments))


def model_rows(
    fitted: TournamentModel,
    labels: Mapping[str, Any],
    holdout: DataFrame | None = None,
    segments: DataFrame | None = None,
) -> DataFrame:
    """The champions as rows of the models table.

    Parameters
    ----------
    labels : the columns all of them share
    holdout : as of `tiltyard.holdout.measured`
    segments : as of `segments_of`
    """
    rows = fitted.champions.drop("fallback").select("*", *_literals(labels))
    if segments is None:
        rows = rows.withColumn("segment", F.lit(None).cast("string"))
    else:
        rows = rows.join(segments, "tenant", "left")
    if holdout is None:
        return rows.withColumn("holdout", F.lit(None).cast(HOLDOUT))
    found = holdout.withColumnRenamed("tenant", "of")
    return rows.join(found, F.col("tenant").eqNullSafe(F.col("of")), "left").drop("of")


def leaderboard_rows(fitted: TournamentModel, labels: Mapping[str, Any]) -> DataFrame:
    """The leaderboard as rows of its table."""
    return fitted.leaderboard.select("*", *_literals(labels))


def feature_rows(
    pipeline: PipelineModel, packed: DataFrame, fitted: TournamentModel, labels: Mapping[str, Any]
) -> DataFrame:
    """Each tenant's slots, what they weigh in its champion, and the fields that became none with the reason.

    Rows of the features table. What the model of all tenants weighs has no slot. Of `packed`, what the pipeline has
    made of the rows, only the schema is read.
    """
    typer = next(stage for stage in pipeline.stages if isinstance(stage, FieldTyperModel))
    evidence = {one["field"]: f"{one['evidence']} ({one['confidence']:.0%})" for one in typer.evidence}
    slots = slot_table(packed.schema, pipeline, FEATURES)
    if not has_levels(pipeline):  # every tenant has the same slots, and its own findings and weights
        slots = slots.unionByName(fitted.tenants.crossJoin(slots.drop("tenant")))
    said = _lookup(evidence)[F.col("field")].alias("evidence")
    used = _checked(slots, pipeline).select("*", said)
    unused = [
        (name, typer.types[name], why, evidence[name]) for name, why in unused_fields(typer.types).items()
    ]
    left_out = packed.sparkSession.createDataFrame(
        unused, "field string, type string, dropped string, evidence string"
    )
    weighed = fitted.importance
    of_all = weighed.where(F.col("slot") == EVERYONE).withColumns(
        {"slot": F.lit(None), "name": F.lit(OF_ALL)}
    )
    used = used.join(weighed, ["tenant", "slot"], "left").unionByName(of_all, allowMissingColumns=True)
    every = used.unionByName(left_out, allowMissingColumns=True)
    return every.select("*", *_literals(labels))


def _checked(slots: DataFrame, pipeline: PipelineModel) -> DataFrame:
    """The slot table with what SanityChecker says of each slot: why it is dropped, remarks, and its measures."""
    checker = next((stage for stage in pipeline.stages if isinstance(stage, SanityCheckerModel)), None)
    if checker is None:
        return slots.select("*", F.lit(None).cast("string").alias("dropped"))
    met, state = joined(slots, checker.state, "tenant")
    mine = F.filter(state.getField("findings"), lambda one: one["slot"] == F.col("slot"))
    remarks = F.array_join(F.filter(mine, lambda one: ~one["dropped"])["sentence"], "; ")
    measured = F.get(state.getField("measures"), F.col("slot"))
    return met.select(
        *slots.columns,
        _reason(F.get(F.filter(mine, lambda one: one["dropped"]), F.lit(0))).alias("dropped"),
        F.nullif(remarks, F.lit("")).alias("remarks"),
        F.map_from_arrays(
            F.array(*map(F.lit, MEASURES)), F.array(*[measured.getField(name) for name in MEASURES])
        ).alias("checks"),
    )


def _reason(finding: Column) -> Column:
    """Why a slot is dropped: the sentence, the check, its measure and its limit; null for no finding."""
    numbers = [F.round(finding[name], 4) for name in ("measure", "threshold")]
    said = F.format_string("%s (%s %s, limit %s)", finding["sentence"], finding["check"], *numbers)
    return F.when(finding.isNotNull(), said)


def _fold_arguments(app: AppConfig) -> dict[str, Any]:
    folds = app.folds
    columns = {"time": (TIME,), "group": folds.group, "hash": (KEY,)}[folds.by or "hash"]
    by = "time" if folds.by == "time" else "hash"
    return {"by": by, "count": folds.count, "seed": app.tournament.seed, "columns": columns}


def _fit(rows: DataFrame, app: AppConfig, sharing: DataFrame | None) -> PipelineModel:
    features = _fit_features(rows, app)
    if not app.pools:
        return features
    shared, segments = rows, None
    if sharing is not None:
        apart = sharing.where(F.col("shares_data") == F.lit(False)).select("tenant")
        shared = rows.join(apart, F.col(TENANT) == F.col("tenant"), "left_anti")
        named = sharing.where(F.col("segment").isNotNull()).select("tenant", "segment")
        segments = None if named.isEmpty() else named
    return PipelineModel([*features.stages, *pooling_stages(features, shared, app, segments)])


def _fit_features(rows: DataFrame, app: AppConfig) -> PipelineModel:
    fields = [name for name in rows.columns if name not in (TENANT, KEY, TIME, LABEL, FOLD, PART)]
    if not fields:
        raise DataContractError(
            f"{app.app}: every column of '{app.source}' is excluded; nothing to learn from."
        )
    return Featurizer(
        inputCols=fields,
        outputCol=FEATURES,
        types=_types(app, fields),
        tenantCol=TENANT,
        labelCol=LABEL,
        foldCol=FOLD,
        expanding=app.folds.by == "time",
        keyCol=KEY,
        levels=app.features.top_k,
        minSupport=app.features.min_support,
        timeZone=app.time_zone,
        check=app.features.check,
        remove=app.features.remove,
        problem=app.problem,
    ).fit(rows)


def _types(app: AppConfig, fields: Sequence[str]) -> dict[str, str]:
    known = {name.lower(): name for name in fields}
    return {known[name.lower()]: kind for name, kind in app.fields.items() if name.lower() in known}


def _is_complete(rows: DataFrame, path: str) -> bool:
    try:
        return not rows.sparkSession.read.text(f"{path}/complete").isEmpty()
    except AnalysisException:  # there is no such path
        return False


def _literals(labels: Mapping[str, Any]) -> list[Column]:
    return [F.lit(value).alias(name) for name, value in labels.items()]


def _lookup(texts: Mapping[str, str]) -> Column:
    return F.create_map(*[F.lit(part) for pair in texts.items() for part in pair])
