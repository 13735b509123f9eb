"""The Spark ML face of a learner: an Estimator whose model is a payload."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.ml import Estimator, Model
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.ml.linalg import VectorUDT
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import (
    HasFeaturesCol,
    HasLabelCol,
    HasPredictionCol,
    HasProbabilityCol,
    HasRawPredictionCol,
    HasSeed,
)
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
from pyspark.sql.pandas.functions import pandas_udf
from pyspark.sql.types import StructType

from tiltyard.columns import column, field_of
from tiltyard.errors import DataContractError
from tiltyard.learners import blend, calibrated, numbers, payload
from tiltyard.learners.kernel import Fitted, Kernel, Matrix
from tiltyard.params import Ranged, text
from tiltyard.slots import CATEGORICAL, METADATA, slots_of
from tiltyard.streams import rows_of_floats

# Payloads with other models' payloads inside.
_AROUND_MODELS: Mapping[str, Callable[..., Fitted]] = {
    calibrated.NAME: calibrated.load,
    blend.BlendKernel.name: blend.load,
    numbers.NAME: numbers.load,
}


class HasBaseMarginCol(Ranged):
    """Param `baseMarginCol`, as XGBoost has it: where a row begins."""

    baseMarginCol: Param[str] = Param(
        Params._dummy(),
        "baseMarginCol",
        "column of log odds that a model of all tenants gives each row; unset: there is none",
        text(),
    )

    def base_margin(self, schema: StructType) -> Column:
        """The base margin as a double, 0 where the column is null or NaN; null in all rows without the column."""
        if not self.isDefined(self.baseMarginCol):
            return F.lit(None).cast("double")
        name = field_of(schema, self.getOrDefault(self.baseMarginCol), type(self).__name__).name
        return F.nanvl(F.coalesce(column(name).cast("double"), F.lit(0.0)), F.lit(0.0))


class _Columns(
    HasBaseMarginCol,
    HasFeaturesCol,
    HasLabelCol,
    HasPredictionCol,
    HasProbabilityCol,
    HasRawPredictionCol,
):
    """Column params of a learner and its model."""


class Learner(
    _Columns, HasSeed, Estimator["LearnerModel"], DefaultParamsReadable[Any], DefaultParamsWritable
):
    """A model family. A leaf declares `kernel`, its hyperparameters as Params, and their defaults.

    All params are set by name: `Linear(regParam=0.1, labelCol="won")`.

    `fit` takes packed rows (array<float> with or without slot metadata) or ML Vectors, and labels 0 or 1;
    null labels are left out. One Spark job; the rows meet in one Python worker in a fixed order.
    """

    kernel: ClassVar[Kernel]
    hyperparams: ClassVar[Mapping[str, Any]] = MappingProxyType({})

    def __init__(self, **params: Any) -> None:
        super().__init__()
        self._setDefault(**{"seed": 0, **self.hyperparams})
        self._set(**params)

    def kernel_params(self) -> dict[str, Any]:
        """The hyperparameters as plain values."""
        return {name: self.getOrDefault(name) for name in self.hyperparams}

    def _fit(self, dataset: DataFrame) -> LearnerModel:
        features, label = self.getFeaturesCol(), self.getLabelCol()
        categorical = categorical_slots(dataset.schema, features)
        kernel, params = self.kernel, self.kernel_params()

        def fit(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            kept = list(batches)
            if kept:
                fitted = fit_rows(kernel, pa.Table.from_batches(kept), categorical, params)
                yield pa.RecordBatch.from_pydict({"payload": [fitted.dump()]})

        known = dataset.where(column(label).isNotNull())
        packed = known.select(
            packed_floats(dataset.schema, features).alias("x"),
            self.base_margin(dataset.schema).alias("margin"),
            column(label).cast("double").alias("y"),
        )
        fits = packed.coalesce(1).sortWithinPartitions("x", "margin", "y").mapInArrow(fit, "payload binary")
        # Not first(): its limit would end the worker, and the next fit's would import everything again.
        found = fits.collect()
        if not found:
            raise DataContractError(
                f"{type(self).__name__}: no row has a label in '{label}'; nothing to learn."
            )
        return self._copyValues(LearnerModel(bytes(found[0].payload)))


class LearnerModel(_Columns, Model, MLReadable[Any], MLWritable):
    """A fitted learner. `transform` adds rawPrediction (log odds), probability and prediction; no job."""

    def __init__(self, payload: bytes = b"") -> None:
        super().__init__()
        self.payload = payload

    def _transform(self, dataset: DataFrame) -> DataFrame:
        positive = F.col(self.uid)
        clipped = F.greatest(F.lit(1e-15), F.least(F.lit(1.0 - 1e-15), positive))
        margin = F.log(clipped / (1.0 - clipped))
        scored = dataset.withColumn(self.uid, self._probability(dataset.schema))
        return scored.select(
            *[column(name) for name in dataset.columns],
            array_to_vector(F.array(-margin, margin)).alias(self.getRawPredictionCol()),
            array_to_vector(F.array(1.0 - positive, positive)).alias(self.getProbabilityCol()),
            (positive > 0.5).cast("double").alias(self.getPredictionCol()),
        )

    def _probability(self, schema: StructType) -> Column:
        features, payload = self.getFeaturesCol(), self.payload
        categorical = categorical_slots(schema, features)

        @pandas_udf("double")  # type: ignore[call-overload]
        def probability(batches: Iterator[tuple[pd.Series, pd.Series]]) -> Iterator[pd.Series]:
            fitted = load(payload)
            for packed, margins in batches:
                values = rows_of_floats(pa.array(packed, pa.list_(pa.float32())))
                matrix = matrix_of(values, categorical, pa.array(margins, pa.float64(), from_pandas=True))
                yield pd.Series(fitted.predict(matrix))

        positive: Column = probability(packed_floats(schema, features), self.base_margin(schema))
        return positive

    def write(self) -> MLWriter:
        return _LearnerModelWriter(self)

    @classmethod
    def read(cls) -> MLReader[Any]:
        return _LearnerModelReader()


class _LearnerModelWriter(MLWriter):
    def __init__(self, model: LearnerModel) -> None:
        super().__init__()
        self.model = model

    def saveImpl(self, path: str) -> None:
        DefaultParamsWriter.saveMetadata(self.model, path, self.sparkSession)
        row = self.sparkSession.createDataFrame([(self.model.payload,)], "payload binary")
        row.coalesce(1).write.parquet(f"{path}/payload")


class _LearnerModelReader(MLReader[Any]):
    def load(self, path: str) -> LearnerModel:
        metadata = DefaultParamsReader.loadMetadata(path, self.sparkSession)
        row = self.sparkSession.read.schema("payload binary").parquet(f"{path}/payload").collect()[0]
        model = LearnerModel(bytes(row.payload))
        model._resetUid(metadata["uid"])
        DefaultParamsReader.getAndSetParams(model, metadata)
        return model


def fit_rows(kernel: Kernel, rows: pa.Table, categorical: tuple[bool, ...], params: dict[str, Any]) -> Fitted:
    """Fit one kernel on a table of packed rows `x`, base margins `margin` and labels `y`."""
    matrix = matrix_of(rows_of_floats(rows["x"]), categorical, rows["margin"])
    return kernel.fit(matrix, rows["y"].to_numpy(), None, params)


def matrix_of(
    values: np.ndarray,
    categorical: tuple[bool, ...],
    margins: pa.Array | pa.ChunkedArray | None = None,
    rates: pa.Array | pa.ChunkedArray | None = None,
) -> Matrix:
    """A kernel's matrix; without slot metadata every slot is numeric, without margins there is no base margin."""
    more = rows_of_floats(rates) if rates is not None and rates.null_count < len(rates) else None
    flags = np.array(categorical, dtype=bool) if categorical else np.zeros(values.shape[1], dtype=bool)
    if margins is None or 0 < len(margins) == margins.null_count:
        return Matrix(values, flags, rates=more)
    return Matrix(values, flags, margins.to_numpy(), more)


def categorical_slots(schema: StructType, features: str) -> tuple[bool, ...]:
    """Which slots of a packed column hold category codes; empty where the column carries no slots."""
    if METADATA not in field_of(schema, features, "Learner").metadata:
        return ()
    return tuple(slot.kind == CATEGORICAL for slot in slots_of(schema, features))


def packed_floats(schema: StructType, features: str) -> Column:
    """The features as array<float>, from a packed row or an ML Vector."""
    if isinstance(field_of(schema, features, "Learner").dataType, VectorUDT):
        return vector_to_array(column(features), "float32")
    return column(features).cast("array<float>")


def load(content: bytes) -> Fitted:
    """The model a payload holds: of any registered family, a blend of some, with its calibration."""
    from tiltyard.learners import kernel_named

    name, meta, arrays = payload.load(content)
    if name in _AROUND_MODELS:
        return _AROUND_MODELS[name](meta, arrays, load)
    return kernel_named(name).load(meta, arrays)
