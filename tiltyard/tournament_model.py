"""TournamentModel: every tenant's champion in one Spark ML model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from pyspark.ml import Model
from pyspark.ml.functions import array_to_vector
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasFeaturesCol, HasPredictionCol, HasProbabilityCol
from pyspark.ml.util import (
    DefaultParamsReader,
    DefaultParamsWriter,
    MLReadable,
    MLReader,
    MLWritable,
    MLWriter,
)
from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from tiltyard.columns import column, field_of
from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.learners.base import HasBaseMarginCol, HasProblem, categorical_slots, packed_floats
from tiltyard.learners.classed import Classed
from tiltyard.learners.kernel import Fitted
from tiltyard.learners.payload import FORMAT, digest
from tiltyard.learners.pooled import PooledFit, PooledKernel
from tiltyard.learners.prior import PriorFit, PriorKernel, smoothed_rate, smoothed_shares
from tiltyard.params import number, text
from tiltyard.portfolio import share
from tiltyard.problem import Binary, Multiclass, Regression
from tiltyard.results import RESULTS
from tiltyard.serving import Champion, scores
from tiltyard.thresholds import HALF

# The digits of a payload's sha256 that name it: 48 bits, for at most some hundred thousand tenants.
_DIGITS = 12
_PACKED, _MARGIN, _KEY = "_tiltyard_x", "_tiltyard_margin", "_tiltyard_tenant"
_BOARD = (
    "tenant", "contender", "learner", "metric", "mean", "sd", "rank", "status", "message", "rows",
    "columns", "categories", "fit_seconds", "score_seconds", "folds", "params",
)  # fmt: skip
_CHAMPION = (
    "tenant", "learner", "contender", "status", "message", "fallback", "metric", "value", "low", "high",
    "above_chance", "calibration", "threshold", "rows", "positives", "params", "format", "sha256", "payload",
)  # fmt: skip


class TournamentModel(
    HasBaseMarginCol,
    HasProblem,
    Model,
    HasFeaturesCol,
    HasPredictionCol,
    HasProbabilityCol,
    MLReadable[Any],
    MLWritable,
):
    """The champions of a Tournament, and how they became that.

    `transform` adds `prediction` (1 where the probability is above the champion's threshold, else 0; of several classes
    the most probable one's name; or a number), `probability` (vector; of several classes a map; for numbers none),
    `modelVersion` (start of the payload's sha256) and `fallback`: "tenant" for an own champion, else "pooled" or
    "prior". Null and unseen tenants, tenants without an own model, and rows without
    features meet the model of all tenants where there is a base margin, else the global prior. One shuffle; row order
    is not kept.

    Parameters
    ----------
    results : DataFrame[tiltyard.results.RESULTS]
    categorical : which slots of the packed features hold category codes; empty if that was not known

    Attributes
    ----------
    leaderboard : one row per tenant and contender: metrics of every fold, mean, sd, rank; a tenant that did
        not play has one row that says why
    champions : one row per tenant, and the global row (tenant null): status, learner, metric with its 95 %
        interval, payload
    """

    tenantCol: Param[str] = Param(Params._dummy(), "tenantCol", "column of the tenant", text())
    threshold: Param[float] = Param(
        Params._dummy(), "threshold", "probability above which the global row predicts 1", number(0, 1)
    )

    def __init__(self, results: DataFrame | None = None, categorical: tuple[bool, ...] = ()) -> None:
        super().__init__()
        self._setDefault(threshold=HALF)
        self.categorical = categorical
        self._known: tuple[Row, dict[str, int]] | None = None
        self._read_results: Callable[[], DataFrame | None] = lambda: results

    @property
    def results(self) -> DataFrame:
        """What every tenant's tournament came to, as it left the workers."""
        results = self._read_results()
        if results is None:
            raise TiltyardError("TournamentModel: it has no results. Get it from fit or load.")
        return results

    @property
    def leaderboard(self) -> DataFrame:
        """DataFrame[tenant, contender, learner, metric, mean, sd, rank, status, message, rows, columns, ...].

        `columns` and `categories`, the share of them that hold codes, are null where the slots were not known.
        """
        rows = self.results.where("kind = 'contender' OR NOT played")
        columns = len(self.categorical) or None
        kind = {
            "columns": F.lit(columns).cast("int"),
            "categories": F.lit(share(self.categorical) if columns else None).cast("double"),
        }
        return rows.withColumns(kind).select(*_BOARD)

    @property
    def champions(self) -> DataFrame:
        """DataFrame[tenant, learner, contender, status, message, fallback, metric, value, low, high, ...]."""
        own = F.when(F.col("status") == "ok", "tenant").otherwise(self._shared(F.col("learner")))
        verdicts = self.results.where("kind = 'verdict' AND tenant IS NOT NULL")
        return verdicts.select("*", own.alias("fallback")).select(*_CHAMPION).unionByName(self._global_row())

    @property
    def tenants(self) -> DataFrame:
        """DataFrame[tenant], without the null one."""
        return self.results.where("kind = 'verdict' AND tenant IS NOT NULL").select("tenant")

    @property
    def importance(self) -> DataFrame:
        """DataFrame[tenant, slot, importance, direction, spread] of the champions: see `tiltyard.importance`."""
        verdicts = self.results.where("kind = 'verdict' AND tenant IS NOT NULL")
        return verdicts.select("tenant", F.inline("importance"))

    @property
    def labelled(self) -> Row:
        """Of all tenants: `rows` with a label, `positives` among them (binary), `total` of labels (regression)."""
        return self._labels()[0]

    @property
    def classes(self) -> dict[str, int]:
        """Rows of each class of a multiclass problem, all tenants together, by name in alphabetical order."""
        return self._labels()[1]

    def _labels(self) -> tuple[Row, dict[str, int]]:
        # No cached_property: Spark ML reads every attribute that is no plain property when it looks for params.
        if self._known is None:
            verdicts = self.results.where("kind = 'verdict'")
            sums = [F.sum(name).alias(name) for name in ("rows", "positives", "total")]
            of_classes = (
                verdicts.select(F.explode("classes").alias("name", "rows")).groupBy("name").agg(F.sum("rows"))
            )
            several = self.getOrDefault(self.problem) == Multiclass.name
            classes = dict(sorted(tuple(row) for row in of_classes.collect())) if several else {}
            self._known = (verdicts.agg(*sums).collect()[0], classes)
        return self._known

    @property
    def fallback(self) -> Champion:
        """What answers where there is no other model: that of all tenants, or the global prior."""
        problem = self.getOrDefault(self.problem)
        payload = (PooledFit(problem) if self._pools else self._prior()).dump()
        threshold = self.getOrDefault(self.threshold) if problem == Binary.name else None
        return Champion(payload, digest(payload)[:_DIGITS], self._family, threshold)

    def _prior(self) -> Fitted:
        problem, known = self.getOrDefault(self.problem), self.labelled
        if problem == Binary.name:
            return PriorFit(smoothed_rate(known.positives, known.rows))
        if problem == Multiclass.name:
            return Classed(PriorFit(smoothed_shares(np.array([*self.classes.values()]))), tuple(self.classes))
        return PriorFit(known.total / known.rows)

    def write(self) -> MLWriter:
        return _ModelWriter(self)

    @classmethod
    def read(cls) -> MLReader[Any]:
        return _ModelReader()

    @property
    def _pools(self) -> bool:
        return bool(self.isDefined(self.baseMarginCol))

    @property
    def _family(self) -> str:
        """The learner of the global row; also its place in the chain of fallbacks."""
        return PooledKernel.name if self._pools else PriorKernel.name

    def _shared(self, learner: Column) -> Column:
        """What serves a tenant without an own model: what answered for it, or the global row."""
        return F.coalesce(learner, F.lit(self._family))

    def _global_row(self) -> DataFrame:
        payload = self.fallback.payload
        known: dict[str, Any] = {
            "learner": self._family,
            "contender": self._family,
            "status": "ok",
            "fallback": self._family,
            "rows": self.labelled.rows,
            "positives": self.labelled.positives,
            "params": "{}",
            "threshold": self.fallback.threshold,
            "format": FORMAT,
            "sha256": digest(payload),
            "payload": bytearray(payload),
        }
        types = {field.name: field.dataType for field in self.results.schema}
        row = [F.lit(known.get(name)).cast(types.get(name, "string")).alias(name) for name in _CHAMPION]
        return self.results.sparkSession.range(1).select(*row)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        features = self.getFeaturesCol()
        tenant = field_of(dataset.schema, self.getOrDefault(self.tenantCol), "TournamentModel").name
        self._check_slots(categorical_slots(dataset.schema, features))
        own = F.when(column(features).isNotNull(), column(tenant).cast("string"))
        # Plain names on the way: mapInArrow cannot take names with dots.
        names = {name: f"_{place}" for place, name in enumerate(dataset.columns)}
        records = dataset.select(
            *[column(name).alias(plain) for name, plain in names.items()],
            own.alias(_KEY),
            packed_floats(dataset.schema, features).alias(_PACKED),
            self.base_margin(dataset.schema).alias(_MARGIN),
        )
        version = F.substring("sha256", 1, _DIGITS).alias("version")
        models = self.champions.select("tenant", "payload", version, "fallback", "threshold")
        scored = scores(
            records,
            models,
            self.fallback,
            self.categorical,
            tenant=_KEY,
            features=_PACKED,
            margin=_MARGIN,
            problem=self.getOrDefault(self.problem),
        )
        kept = [F.col(plain).alias(name) for name, plain in names.items()]
        return scored.select(*kept, *self._outputs())

    def _outputs(self) -> list[Column]:
        problem, positive = self.getOrDefault(self.problem), F.col("_score")
        prediction, probability = F.col("_prediction"), array_to_vector(F.array(1.0 - positive, positive))
        if problem == Multiclass.name:
            prediction, probability = F.col("_label"), F.col("_probabilities")
        chances = [] if problem == Regression.name else [probability.alias(self.getProbabilityCol())]
        return [
            *chances,
            prediction.alias(self.getPredictionCol()),
            F.col("_version").alias("modelVersion"),
            F.col("_fallback").alias("fallback"),
        ]

    def _check_slots(self, found: tuple[bool, ...]) -> None:
        if found != self.categorical:
            raise DataContractError(
                f"TournamentModel: '{self.getFeaturesCol()}' has other slots than in training"
                f" ({len(found)} with lineage now, {len(self.categorical)} then). Use the same feature pipeline."
            )


class _ModelWriter(MLWriter):
    def __init__(self, model: TournamentModel) -> None:
        super().__init__()
        self.model = model

    def saveImpl(self, path: str) -> None:
        extra = {"categorical": list(self.model.categorical)}
        DefaultParamsWriter.saveMetadata(self.model, path, self.sparkSession, extraMetadata=extra)
        self.model.results.write.parquet(f"{path}/results")


class _ModelReader(MLReader[Any]):
    def load(self, path: str) -> TournamentModel:
        spark = self.sparkSession
        metadata = DefaultParamsReader.loadMetadata(path, spark)
        results = spark.read.schema(RESULTS).parquet(f"{path}/results")
        model = TournamentModel(results, tuple(metadata["categorical"]))._resetUid(metadata["uid"])
        DefaultParamsReader.getAndSetParams(model, metadata)
        return model
