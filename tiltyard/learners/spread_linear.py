"""Linear models of rows that many workers hold: the view in one pass over them, the weights by Spark ML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.functions import array_to_vector
from pyspark.ml.regression import LinearRegression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from tiltyard.arrow import arrow_function
from tiltyard.learners.elastic import Penalty
from tiltyard.learners.kernel import Matrix
from tiltyard.learners.onehot import LinearView, Moments, levels_of
from tiltyard.learners.spread import Spread
from tiltyard.problem import Binary, Multiclass, Problem, Regression
from tiltyard.streams import rows_of_floats

_FAR = 30.0  # below by so much, a class has a probability of 1e-13
_DOUBLES = pa.list_(pa.float64())
_FAMILIES = {Binary.name: "binomial", Multiclass.name: "multinomial"}
# What one worker has seen: moments of the numeric slots, and the codes of the categorical ones, slot by slot.
_SEEN = (
    "rows bigint, known array<bigint>, mean array<double>, squares array<double>, codes array<array<double>>"
)


def weights_of(
    spread: Spread, penalty: Penalty, steps: int, problem: Problem
) -> tuple[LinearView, np.ndarray]:
    """The view, and weights over it with the bias behind them, as `newton`, `softmax`, `ridge` and `elastic` find them.

    They are Spark ML's, without its scaling: the same minimum, as near as its tolerance brings it.
    """
    view = spread.once("linear view", lambda: view_of(spread))
    mean, scale = spread.labels()[1:] if problem.name == Regression.name else (0.0, 1.0)
    rows = spread.once("linear columns", lambda: spread.keep(_columns(spread, view, mean, scale)))
    shared: dict[str, Any] = {
        **{
            "regParam": penalty.level,
            "elasticNetParam": penalty.ratio,
            "standardization": False,
            "maxIter": steps,
        },
        **{"featuresCol": "columns", "labelCol": "label"},
    }
    if problem.name == Regression.name:
        line = LinearRegression(**shared).fit(rows)
        return view, np.append(scale * line.coefficients.toArray(), mean + scale * line.intercept)
    found = LogisticRegression(**shared, family=_FAMILIES[problem.name]).fit(rows)
    if not isinstance(problem, Multiclass):
        return view, np.append(found.coefficients.toArray(), found.intercept)
    every = np.vstack([found.coefficientMatrix.toArray().T, found.interceptVector.toArray()])
    return view, _for_all(every, len(problem.classes))


def _for_all(weights: np.ndarray, classes: int) -> np.ndarray:
    """The weights with a column for each class: one without rows has a bias far below the others'."""
    every = np.zeros((len(weights), classes))
    every[:, : weights.shape[1]] = weights
    bias = np.full(classes, -np.inf)
    bias[: weights.shape[1]] = weights[-1]
    every[-1] = np.maximum(bias, bias.max() - _FAR)
    return every


def view_of(spread: Spread) -> LinearView:
    """What `LinearView.learn` finds in the rows of all workers together. One Spark job."""
    categorical = np.array(spread.categorical, dtype=bool)
    schema = to_arrow_schema(cast(StructType, StructType.fromDDL(_SEEN)))

    def look(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        every = [Matrix(rows_of_floats(batch.column("x")), categorical) for batch in batches if len(batch)]
        if every:
            moments = Moments.together([Moments.of(one.values[:, ~categorical]) for one in every])
            levels = _union([levels_of(one) for one in every])
            seen = {"rows": moments.rows, "codes": [one.tolist() for one in levels.values()]}
            arrays = {name: getattr(moments, name).tolist() for name in ("known", "mean", "squares")}
            yield pa.RecordBatch.from_pylist([{**seen, **arrays}], schema=schema)

    parts = spread.rows.select("x").mapInArrow(look, _SEEN).collect()
    numbers = Moments.together(
        [Moments(part.rows, *map(np.array, (part.known, part.mean, part.squares))) for part in parts]
    )
    places = np.flatnonzero(categorical).tolist()
    levels = _union([dict(zip(places, map(np.array, part.codes), strict=True)) for part in parts])
    return LinearView.made(categorical, numbers, levels)


def _union(levels: Sequence[Mapping[int, np.ndarray]]) -> dict[int, np.ndarray]:
    return {slot: np.unique(np.concatenate([one[slot] for one in levels])) for slot in levels[0]}


def _columns(spread: Spread, view: LinearView, mean: float, scale: float) -> DataFrame:
    """DataFrame[label, columns]: the linear columns as vectors, for Spark ML."""
    categorical = np.array(spread.categorical, dtype=bool)

    def made(packed: pa.Array) -> pa.Array:
        found = view.columns(Matrix(rows_of_floats(packed), categorical))
        return pa.FixedSizeListArray.from_arrays(found.ravel(), max(found.shape[1], 1)).cast(_DOUBLES)

    columns = arrow_function(made, "array<double>")("x")
    return spread.rows.select(
        ((F.col("y") - mean) / scale).alias("label"), array_to_vector(columns).alias("columns")
    )
