"""The last stages of an app's pipeline: what all tenants know of a row's categories, and of its label."""

from __future__ import annotations

from typing import Any

from pyspark.ml import PipelineModel, Transformer
from pyspark.sql import DataFrame

from tiltyard.apps import FEATURES, KEY, LABEL, MARGIN, PART, RATES, SEGMENT, TENANT
from tiltyard.config import AppConfig
from tiltyard.folds import hash_folds
from tiltyard.keyed import KeyedEstimator
from tiltyard.keyed_union import KeyedUnion, KeyedUnionModel
from tiltyard.pooled_margin import PooledMargin, sampled
from tiltyard.segments import SegmentOf
from tiltyard.transformers import FeaturePacker, PivotModel, TargetEncode

_NEW_RATES, _DRAWN = f"{RATES}_new", f"{RATES}_fold"
_DRAWN_FOLDS = 5


def pooling_stages(
    features: PipelineModel, rows: DataFrame, app: AppConfig, segments: DataFrame | None = None
) -> list[Transformer]:
    """Fit, on a sample of the rows of all tenants, what puts `_rates` and `_margin` beside the features.

    With `segments` (DataFrame[tenant, segment]) the first stage adds `_segment`, and margins are by segment.

    Where parts are blocks in time, each block's rates come from the blocks before it, and the first has none. New rows
    have rates from all blocks, so the model that answers for them learns from such rates too, out of fold by a hash: on
    hotel bookings by agent its mean AUROC rose from .939 to .953.
    """
    sample = sampled(features.transform(rows), KEY)
    categories = [*_coded(features), TENANT]
    in_time = app.folds.by == "time"
    drawn = sample.withColumn(_DRAWN, hash_folds((KEY,), _DRAWN_FOLDS, app.tournament.seed))
    encoders: list[KeyedEstimator] = [_encoder(categories, RATES, PART, expanding=in_time)]
    packers = [_packer(categories, RATES)]
    if in_time:
        encoders.append(_encoder(categories, _NEW_RATES, _DRAWN, expanding=False))
        packers.append(_packer(categories, _NEW_RATES))
    # Together they cost one aggregation; new rows need the first one only.
    both: Any = KeyedUnion(stages=encoders).fit(drawn)
    belongs = [] if segments is None else [SegmentOf.of(segments)._set(tenantCol=TENANT, outputCol=SEGMENT)]
    rated = PipelineModel([*belongs, both, *packers]).transform(drawn)
    margin = PooledMargin(
        featuresCol=FEATURES,
        labelCol=LABEL,
        ratesCol=RATES,
        newRatesCol=_NEW_RATES if in_time else None,
        segmentCol=SEGMENT if belongs else None,
        outputCol=MARGIN,
        foldCol=PART,
        numFolds=app.folds.count,
        expanding=in_time,
        problem=app.problem,
    )
    return [*belongs, both.stages[0], packers[0], margin.fit(rated)]


def _encoder(categories: list[str], output: str, fold: str, *, expanding: bool) -> TargetEncode:
    """All tenants' mean label of each category."""
    return TargetEncode(
        inputCols=categories,
        outputCols=_names(categories, output),
        labelCol=LABEL,
        foldCol=fold,
        expanding=expanding,
    )


def _packer(categories: list[str], output: str) -> FeaturePacker:
    return FeaturePacker(inputCols=_names(categories, output), outputCol=output)


def _names(categories: list[str], output: str) -> list[str]:
    return [f"{output}_{place}" for place in range(len(categories))]


def _coded(features: PipelineModel) -> list[str]:
    """The columns that the features hold as codes of each tenant."""
    unions = [stage for stage in features.stages if isinstance(stage, KeyedUnionModel)]
    pivots = [stage for union in unions for stage in union.stages if isinstance(stage, PivotModel)]
    return [name for pivot in pivots for name in pivot.getInputCols()]
