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
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tiltyard.columns import column
from tiltyard.errors import DataContractError
from tiltyard.learners.base import HasProblem, packed_floats
from tiltyard.params import flag, text, whole
from tiltyard.pool import Pool
from tiltyard.pooling import pooled
from tiltyard.problem import Binary

POOL_SAMPLE = 100_000
"""About how many rows the models of all tenants learn from."""

_MODELS = "segment string, part int, payload binary"
_SHARES = 1_000_000  # the sample's share is counted in millionths


def sampled(rows: DataFrame, key: str, about: int = POOL_SAMPLE) -> DataFrame:
    """About so many of the rows, drawn by the hash of a key: as many as one worker learns from. One job counts them."""
    share = about / max(rows.count(), 1)
    if share >= 1.0:
        return rows
    return rows.where(F.pmod(F.xxhash64(column(key)), F.lit(_SHARES)) < int(share * _SHARES))


class _MarginParams(HasProblem, HasFeaturesCol, HasOutputCol):
    """Params of PooledMargin and its model."""

    foldCol: Param[str] = Param(
        Params._dummy(), "foldCol", "column of the folds, whole numbers from 0", text()
    )
    ratesCol: Param[str] = Param(
        Params._dummy(), "ratesCol", "column of more numbers, which only this model reads", text()
    )

    segmentCol: Param[str] = Param(
        Params._dummy(), "segmentCol", "column of what a row's tenant belongs to", text()
    )

    def _named(self, param: Param[str]) -> str | None:
        """The name of a column, None where there is none."""
        return self.getOrDefault(param) if self.isSet(param) else None


class PooledMargin(
    _MarginParams,
    HasLabelCol,
    Estimator["PooledMarginModel"],
    DefaultParamsReadable[Any],
    DefaultParamsWritable,
):
    """Fit one model of all tenants' packed rows, and one without each fold, to give rows its log odds.

    The model is boosted trees over the numeric slots: category codes are each tenant's own ranks. What categories say
    comes by `ratesCol`. Rows that were learnt from meet the model without their fold, so that what follows may learn
    from the margin as from any feature; rows without a fold, and frames without its column, meet the model of all.
    `fit` is one Spark job, whatever the number of tenants, in which one worker holds all rows: give it a sample of
    many (`sampled`). The same models in any order and partitioning. `transform` launches no job.

    Parameters
    ----------
    featuresCol, labelCol : packed rows, and labels; rows without a label are left out
    problem : "binary" (default; labels 0 or 1) or "regression", where the margin is a number
    ratesCol : more numbers of each row, array<float>, such as each category's mean label over all tenants
    newRatesCol : those of training rows as new rows will have them, for the model of all; default `ratesCol`
    segmentCol : what a row's tenant belongs to, a text; segments of enough rows have models of their own, blended with
        that of all (`tiltyard.segments`), which cost one job more. Unset, or null: that of all answers
    outputCol : name of the margin, a double; default "margin". NaN where a fold has no model
    foldCol : column of the folds, whole numbers from 0
    numFolds : number of folds, at least 1; default 3
    expanding : the folds are blocks in time, from 0 to numFolds, and each one's model learns from the blocks before it
        (the first one's from the second). Let a day be in one block for all tenants (`tiltyard.folds.with_day_blocks`)

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

    newRatesCol: Param[str] = Param(
        Params._dummy(), "newRatesCol", "column of the numbers as new rows will have them", text()
    )
    numFolds: Param[int] = Param(Params._dummy(), "numFolds", "number of folds, at least 1", whole(1))
    expanding: Param[bool] = Param(Params._dummy(), "expanding", "whether folds are blocks in time", flag())

    @keyword_only
    def __init__(
        self,
        *,
        featuresCol: str = "features",
        labelCol: str = "label",
        ratesCol: str | None = None,
        newRatesCol: str | None = None,
        segmentCol: str | None = None,
        outputCol: str = "margin",
        foldCol: str = "fold",
        numFolds: int = 3,
        expanding: bool = False,
        problem: str = Binary.name,
    ) -> None:
        super().__init__()
        self._setDefault(outputCol="margin", foldCol="fold", numFolds=3, expanding=False)
        self._set(**self._input_kwargs)

    def _fit(self, dataset: DataFrame) -> PooledMarginModel:
        features, label, fold = self.getFeaturesCol(), self.getLabelCol(), self.getOrDefault(self.foldCol)
        expanding = self.getOrDefault(self.expanding)
        known = dataset.where(column(label).isNotNull() & column(features).isNotNull())
        parts = range(self.getOrDefault(self.numFolds) + int(expanding))
        pool = pooled(
            known,
            features,
            label,
            fold,
            parts,
            expanding=expanding,
            rates=self._named(self.ratesCol),
            new_rates=self._named(self.newRatesCol),
            segment=self._named(self.segmentCol),
            problem=self.getOrDefault(self.problem),
        )
        if not pool.payloads:
            raise DataContractError(f"PooledMargin: no row has a label in '{label}'; nothing to learn.")
        return self._copyValues(PooledMarginModel(pool))


class PooledMarginModel(_MarginParams, Model, MLReadable[Any], MLWritable):
    """Adds the margin: of the model without a row's fold, or of the model of all. Launches no job.

    Attributes
    ----------
    pool : the models (`tiltyard.pool.Pool`)
    """

    def __init__(self, pool: Pool | None = None) -> None:
        super().__init__()
        self._setDefault(outputCol="margin", foldCol="fold")
        self.pool = pool or Pool({}, ())

    def _transform(self, dataset: DataFrame) -> DataFrame:
        fold, named = self.getOrDefault(self.foldCol), (self.ratesCol, self.segmentCol)
        rates, segment = (column(name) if name else None for name in map(self._named, named))
        margin = self.pool.margin(
            packed_floats(dataset.schema, self.getFeaturesCol()),
            column(fold) if fold in dataset.columns else None,
            rates,
            segment,
        )
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
        extra = {"categorical": list(pool.categorical), "pooled": pool.problem}
        DefaultParamsWriter.saveMetadata(self.model, path, spark, extraMetadata=extra)
        rows = [
            (segment, part, bytearray(payload))
            for segment, payloads in [(None, pool.payloads), *pool.segments.items()]
            for part, payload in payloads.items()
        ]
        spark.createDataFrame(rows, _MODELS).coalesce(1).write.parquet(f"{path}/models")


class _ModelReader(MLReader[Any]):
    def load(self, path: str) -> PooledMarginModel:
        metadata = DefaultParamsReader.loadMetadata(path, self.sparkSession)
        found: dict[str | None, dict[int, bytes]] = {None: {}}
        for row in self.sparkSession.read.schema(_MODELS).parquet(f"{path}/models").collect():
            found.setdefault(row.segment, {})[row.part] = bytes(row.payload)
        segments = {name: payloads for name, payloads in found.items() if name is not None}
        pool = Pool(found[None], tuple(metadata["categorical"]), metadata["pooled"], segments)
        model = PooledMarginModel(pool)._resetUid(metadata["uid"])
        DefaultParamsReader.getAndSetParams(model, metadata)
        return model
