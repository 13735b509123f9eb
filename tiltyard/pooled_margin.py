"""PooledMargin: the log odds of a model of all tenants beside each row, for learners that start from them."""

from __future__ import annotations

from typing import Any

from pyspark import keyword_only
from pyspark.ml import Estimator, Model
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasFeaturesCol, HasLabelCol, HasOutputCol
from pyspark.ml.util import (
    DefaultParamsReadable,
    DefaultParamsReader,
    DefaultParamsWritable,
    DefaultParamsWriter,
    MLReadable,
    MLReader,
    MLWritable,
    MLWriter,
)
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tiltyard.columns import column
from tiltyard.errors import TiltyardError
from tiltyard.learners.base import packed_floats
from tiltyard.params import Ranged, text, whole
from tiltyard.pooling import EVERYONE, Pool, pooled

_PART = "_tiltyard_part"
_SHARES = 1_000_000  # the sample's share is counted in millionths


class _MarginParams(Ranged, HasFeaturesCol, HasOutputCol):
    """Params of PooledMargin and its model."""

    foldCol: Param[str] = Param(Params._dummy(), "foldCol", "column of the folds, 0 to numFolds - 1", text())
    timeCol: Param[str] = Param(Params._dummy(), "timeCol", "column of the time, instead of folds", text())


class PooledMargin(
    _MarginParams,
    HasLabelCol,
    Estimator["PooledMarginModel"],
    DefaultParamsReadable[Any],
    DefaultParamsWritable,
):
    """Fit one model of all tenants' packed rows, and one without each fold, to give rows its log odds.

    The model is boosted trees over the numeric slots: category codes are each tenant's own ranks. Rows that were
    learnt from meet the model without their fold, so that what follows may learn from the margin as from any
    feature; other rows meet the model of all. With `timeCol` the folds are blocks of days with about equal numbers of
    rows, the same days for all tenants, and each one's model learns from the blocks before it (the first one's from
    the second): no row is answered by what knows its day or a later one. Three small Spark jobs, whatever the number
    of tenants; the same model in any order and partitioning.

    Parameters
    ----------
    featuresCol, labelCol : packed rows, and labels 0 or 1; rows without a label are left out
    outputCol : name of the margin, a double; default "margin"
    foldCol : column of the folds, 0 to numFolds - 1; rows in none are new
    timeCol : column of the time instead; a null time is oldest, days after the last one learnt from are new
    numFolds : folds, or blocks of days to judge by behind a first one; default 3
    keyCol : column that names a row, whose hash draws the sample; default: the features and the label
    rows : about how many rows are learnt from, at least 1; default 100,000. One worker holds them.

    See Also
    --------
    tiltyard.pooling.pooled : what it is made of.
    tiltyard.learners.Residual, tiltyard.learners.Pooled : learners that start from a margin.

    Examples
    --------
    >>> from tiltyard.transformers import FeaturePacker
    >>> rows = [(n, float(n % 10), n // 200, float(n % 10 > 4)) for n in range(400)]
    >>> frame = spark.createDataFrame(rows, "id int, size double, fold int, label double")
    >>> packed = FeaturePacker(inputCols=["size"]).transform(frame)
    >>> model = PooledMargin(foldCol="fold", numFolds=2).fit(packed)
    >>> high = (F.col("margin") > 0).alias("high")
    >>> model.transform(packed).select(high, "label").distinct().orderBy("label").collect()
    [Row(high=False, label=0.0), Row(high=True, label=1.0)]
    """

    numFolds: Param[int] = Param(Params._dummy(), "numFolds", "folds, or blocks behind a first one", whole(1))
    keyCol: Param[str] = Param(Params._dummy(), "keyCol", "column that names a row", text())
    rows: Param[int] = Param(Params._dummy(), "rows", "about how many rows are learnt from", whole(1))

    @keyword_only
    def __init__(
        self,
        *,
        featuresCol: str = "features",
        labelCol: str = "label",
        outputCol: str = "margin",
        foldCol: str | None = None,
        timeCol: str | None = None,
        numFolds: int = 3,
        keyCol: str | None = None,
        rows: int = 100_000,
    ) -> None:
        super().__init__()
        self._setDefault(outputCol="margin", numFolds=3, rows=100_000)
        self._set(**self._input_kwargs)

    def _fit(self, dataset: DataFrame) -> PooledMarginModel:
        if self.isSet(self.foldCol) == self.isSet(self.timeCol):
            raise TiltyardError("PooledMargin: one of 'foldCol' and 'timeCol' must be set.")
        features, label = self.getFeaturesCol(), self.getLabelCol()
        known = self._sample(dataset.where(column(label).isNotNull() & column(features).isNotNull()))
        days = self._days(known) if self.isSet(self.timeCol) else []
        model = self._copyValues(PooledMarginModel(days=days))
        parts = range(len(days) or self.getOrDefault(self.numFolds))
        marked = known.withColumn(_PART, model.part(known))
        model.pool = pooled(marked, features, label, _PART, parts, expanding=bool(days))
        return model

    def _sample(self, known: DataFrame) -> DataFrame:
        """About as many rows as are wanted, by a hash; one job, which counts them."""
        share = self.getOrDefault(self.rows) / max(known.count(), 1)
        if share >= 1.0:
            return known
        named = [self.getOrDefault(self.keyCol)] if self.isSet(self.keyCol) else None
        drawn_by = named or [self.getFeaturesCol(), self.getLabelCol()]
        place = F.pmod(F.xxhash64(*[column(name) for name in drawn_by]), F.lit(_SHARES))
        return known.where(place < int(share * _SHARES))

    def _days(self, known: DataFrame) -> list[str]:
        """The last day of each block, ascending; one job."""
        blocks = self.getOrDefault(self.numFolds) + 1
        day = F.to_date(column(self.getOrDefault(self.timeCol)))
        # Exact for 27 years of days: the sketch keeps 10,000 values.
        ends = F.percentile_approx(F.unix_date(day), [part / blocks for part in range(1, blocks + 1)], 10_000)
        last = F.transform(ends, lambda end: F.date_from_unix_date(end).cast("string"))
        found = (
            known.select(day.alias("day"), column(self.getOrDefault(self.timeCol))).agg(last).collect()[0][0]
        )
        return sorted(set(found or []))


class PooledMarginModel(_MarginParams, Model, MLReadable[Any], MLWritable):
    """Adds the margin: of the model without a row's fold, or of the model of all. Launches no job.

    Attributes
    ----------
    pool : the models (`tiltyard.pooling.Pool`)
    days : the last day of each block in time, ascending; empty with folds
    """

    def __init__(self, pool: Pool | None = None, days: list[str] | None = None) -> None:
        super().__init__()
        self._setDefault(outputCol="margin")
        self.pool = pool or Pool({}, ())
        self.days = days or []

    @property
    def payload(self) -> bytes:
        """The model of all, which answers for new rows."""
        return self.pool.payloads[EVERYONE]

    def part(self, dataset: DataFrame) -> Column:
        """The part of the rows that each row is in: its fold or its block in time; null for a new row."""
        name = "timeCol" if self.days else "foldCol"
        given = self.getOrDefault(name) if self.isSet(name) else None
        if given is None or given.lower() not in map(str.lower, dataset.columns):
            return F.lit(None).cast("int")
        if not self.days:
            return column(given).cast("int")
        day = F.to_date(column(given))
        *ends, last = [F.lit(end).cast("date") for end in self.days]
        before = [F.when(day > end, 1).otherwise(0) for end in ends]
        return F.when(day > last, None).otherwise(sum(before, F.lit(0)))

    def _transform(self, dataset: DataFrame) -> DataFrame:
        features = packed_floats(dataset.schema, self.getFeaturesCol())
        margin = self.pool.margin(features, self.part(dataset))
        return dataset.withColumn(self.getOutputCol(), margin)

    def write(self) -> MLWriter:
        return _ModelWriter(self)

    @classmethod
    def read(cls) -> MLReader[Any]:
        return _ModelReader()


class _ModelWriter(MLWriter):
    def __init__(self, model: PooledMarginModel) -> None:
        super().__init__()
        self.model = model

    def saveImpl(self, path: str) -> None:
        spark, pool = self.sparkSession, self.model.pool
        extra = {"categorical": list(pool.categorical), "days": self.model.days}
        DefaultParamsWriter.saveMetadata(self.model, path, spark, extraMetadata=extra)
        rows = [(part, bytearray(payload)) for part, payload in pool.payloads.items()]
        spark.createDataFrame(rows, "part int, payload binary").coalesce(1).write.parquet(f"{path}/models")


class _ModelReader(MLReader[Any]):
    def load(self, path: str) -> PooledMarginModel:
        metadata = DefaultParamsReader.loadMetadata(path, self.sparkSession)
        rows = self.sparkSession.read.schema("part int, payload binary").parquet(f"{path}/models").collect()
        pool = Pool({row.part: bytes(row.payload) for row in rows}, tuple(metadata["categorical"]))
        model = PooledMarginModel(pool, metadata["days"])._resetUid(metadata["uid"])
        DefaultParamsReader.getAndSetParams(model, metadata)
        return model
