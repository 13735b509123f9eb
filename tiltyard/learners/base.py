"""The Spark ML face of a learner: an Estimator whose model is a payload."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, cast

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
from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.learners import blend, calibrated, classed, numbers, payload
from tiltyard.learners.kernel import Fitted, Kernel, Matrix
from tiltyard.params import Ranged, one_of, text
from tiltyard.problem import METRICS_OF, Binary, Multiclass, Problem, Regression, problem_named
from tiltyard.slots import CATEGORICAL, METADATA, slots_of
from tiltyard.streams import rows_of_floats

# Payloads with other models' payloads inside.
_AROUND_MODELS: Mapping[str, Callable[..., Fitted]] = {
    calibrated.NAME: calibrated.load,
    blend.BlendKernel.name: blend.load,
    numbers.NAME: numbers.load,
    classed.NAME: classed.load,
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


class HasProblem(Ranged):
    """Param `problem`: what is predicted."""

    problem: Param[str] = Param(Params._dummy(), "problem", "what is predicted", one_of(*METRICS_OF))

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(problem=Binary.name)


class _Columns(
    HasBaseMarginCol,
    HasProblem,
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

    `fit` takes packed rows (array<float> with or without slot metadata) or ML Vectors, and labels as `problem` says:
    0 or 1 ("binary"), 0 to K - 1 ("multiclass"), or numbers ("regression"); null labels are left out. One Spark job;
    the rows meet in one Python worker in a fixed order. `problems` are those that the family can be fitted for.
    """

    kernel: ClassVar[Kernel]
    problems: ClassVar[tuple[str, ...]] = tuple(METRICS_OF)
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
        kernel, params, problem = self.kernel, self.kernel_params(), self.checked_problem()

        def fit(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            kept = list(batches)
            if kept:
                fitted = fit_rows(kernel, pa.Table.from_batches(kept), categorical, params, problem)
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

    def checked_problem(self) -> str:
        """The problem's name.

        Raises
        ------
        TiltyardError : the family cannot be fitted for it
        """
        name: str = self.getOrDefault(self.problem)
        if name not in self.problems:
            raise TiltyardError(
                f"{type(self).__name__}: 'problem' must be one of {', '.join(self.problems)}, got '{name}'."
            )
        return name


class LearnerModel(_Columns, Model, MLReadable[Any], MLWritable):
    """A fitted learner; `transform` launches no job.

    It adds rawPrediction (log odds; of several classes log probabilities), probability and prediction; of a regression
    the prediction alone.
    """

    def __init__(self, payload: bytes = b"") -> None:
        super().__init__()
        self.payload = payload

    def _transform(self, dataset: DataFrame) -> DataFrame:
        scored = dataset.withColumn(self.uid, self._answers(dataset.schema))
        return scored.select(*[column(name) for name in dataset.columns], *self._outputs(F.col(self.uid)))

    def _outputs(self, answer: Column) -> list[Column]:
        problem, prediction = self.getOrDefault(self.problem), self.getPredictionCol()
        if problem == Regression.name:
            return [answer.alias(prediction)]
        if problem == Multiclass.name:
            raw = F.transform(answer, lambda chance: F.log(F.greatest(F.lit(1e-15), chance)))
            return [
                array_to_vector(raw).alias(self.getRawPredictionCol()),
                array_to_vector(answer).alias(self.getProbabilityCol()),
                (F.array_position(answer, F.array_max(answer)) - 1).cast("double").alias(prediction),
            ]
        clipped = F.greatest(F.lit(1e-15), F.least(F.lit(1.0 - 1e-15), answer))
        margin = F.log(clipped / (1.0 - clipped))
        return [
            array_to_vector(F.array(-margin, margin)).alias(self.getRawPredictionCol()),
            array_to_vector(F.array(1.0 - answer, answer)).alias(self.getProbabilityCol()),
            (answer > 0.5).cast("double").alias(prediction),
        ]

    def _answers(self, schema: StructType) -> Column:
        features, payload = self.getFeaturesCol(), self.payload
        categorical = categorical_slots(schema, features)
        several = self.getOrDefault(self.problem) == Multiclass.name

        @pandas_udf("array<double>" if several else "double")  # type: ignore[call-overload]
        def answers(batches: Iterator[tuple[pd.Series, pd.Series]]) -> Iterator[pd.Series]:
            fitted = load(payload)
            for packed, margins in batches:
                values = rows_of_floats(pa.array(packed, pa.list_(pa.float32())))
                matrix = matrix_of(values, categorical, pa.array(margins, pa.float64(), from_pandas=True))
                found = fitted.predict(matrix)
                yield pd.Series(list(_by_label(found, fitted)) if several else found)

        found: Column = answers(packed_floats(schema, features), self.base_margin(schema))
        return found

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


def fit_rows(
    kernel: Kernel, rows: pa.Table, categorical: tuple[bool, ...], params: dict[str, Any], problem: str
) -> Fitted:
    """Fit one kernel on a table of packed rows `x`, base margins `margin` and labels `y`."""
    matrix = matrix_of(rows_of_floats(rows["x"]), categorical, rows["margin"])
    labels, asked = _asked(rows["y"].to_numpy(), problem)
    return classed.named(kernel.fit(matrix, labels, None, params, asked), asked)


def _asked(labels: np.ndarray, problem: str) -> tuple[np.ndarray, Problem]:
    """The labels as kernels take them: classes are those that the rows have, named by their labels."""
    if problem != Multiclass.name:
        return labels, problem_named(problem)
    known, codes = np.unique(labels, return_inverse=True)
    if (known < 0).any() or (known % 1).any():
        raise DataContractError(f"A label must be a whole number from 0, got {known.tolist()[:5]}.")
    return codes.astype(np.float64), problem_named(problem, tuple(f"{label:.0f}" for label in known))


def _by_label(answers: np.ndarray, fitted: Fitted) -> np.ndarray:
    """The answers with one column for each whole number up to the largest class."""
    places = [int(name) for name in cast(classed.Classed, fitted).classes]
    found = np.zeros((len(answers), max(places) + 1))
    found[:, places] = answers
    return found


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
