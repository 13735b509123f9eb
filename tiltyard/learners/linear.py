"""Linear: logistic, multinomial or ridge regression, or those of the elastic net."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from pyspark.ml.param import Param, Params

from tiltyard.learners import elastic, newton, payload, ridge, softmax
from tiltyard.learners.base import Learner
from tiltyard.learners.elastic import Penalty
from tiltyard.learners.explanation import Ask, Explanation, nothing
from tiltyard.learners.kernel import Kernel, Matrix
from tiltyard.learners.links import answers_of
from tiltyard.learners.onehot import LinearView
from tiltyard.learners.spread import Spread
from tiltyard.params import number, whole
from tiltyard.problem import BINARY, Binary, Multiclass, Problem


@dataclass(frozen=True)
class LinearFit:
    """Weights over a linear view; for several classes a column of weights, and a bias, for each."""

    family: ClassVar[str] = "linear"
    begun: ClassVar[float] = 0.0  # how often the base margin counts

    view: LinearView
    weights: np.ndarray
    bias: float | list[float]
    problem: str = Binary.name

    def margin(self, matrix: Matrix) -> np.ndarray:
        """What the rows' slots add up to: log odds, or a number."""
        # Not by BLAS: its last digit depends on a row's place among the others, and rows come in batches of any size.
        found = np.einsum("ij,j...->i...", self.view.columns(matrix), self.weights)
        return np.asarray(found + self.bias)

    def predict(self, matrix: Matrix) -> np.ndarray:
        return answers_of(self.problem, self.margin(matrix))

    def explain(self, matrix: Matrix, ask: Ask) -> Explanation:
        columns = self.view.columns(matrix)
        several = self.weights.ndim > 1 and ask.classes is not None
        terms = columns * (self.weights[:, ask.classes].T if several else self.weights)
        slots = np.zeros((len(matrix), matrix.values.shape[1]))
        np.add.at(slots.T, self.view.slots, terms.T)
        return replace(nothing(matrix, self.begun), slots=slots)

    def dump(self) -> bytes:
        arrays = {**self.view.arrays(), "weights": self.weights}
        return payload.dump(self.family, {"bias": self.bias, "problem": self.problem}, arrays)


class NewtonKernel:
    """The same optimum from any row order. Newton steps begin where those of the contender before have ended."""

    model: ClassVar[type[LinearFit]] = LinearFit

    @property
    def name(self) -> str:
        return self.model.family

    def fit(
        self,
        matrix: Matrix,
        labels: np.ndarray,
        weights: np.ndarray | None,
        params: Mapping[str, Any],
        problem: Problem = BINARY,
    ) -> LinearFit:
        view = matrix.once("linear view", lambda: LinearView.learn(matrix))
        columns, offset = view.columns(matrix), self.begins(matrix)
        penalty = _penalty(params)
        steps = params["maxIter"]
        if problem.name == Multiclass.name:
            found = softmax.fitted(columns, labels, weights, penalty, steps)
        elif penalty.ratio and problem.name == Binary.name:
            found = elastic.logistic(columns, labels, weights, penalty, steps, offset)
        elif penalty.ratio:
            found = elastic.line(columns, labels, weights, penalty, offset)
        elif problem.name == Binary.name:
            # The minimum for one penalty is near that for the next.
            path: list[np.ndarray] = matrix.once(f"{self.name} path", list)
            start = path[-1] if path else None
            found = newton.fitted(columns, labels, weights, penalty.level, start, steps, offset)
            path.append(found)
        else:
            found = ridge.fitted(columns, labels, weights, penalty.level, offset)
        return self.model(view, found[:-1], found[-1].tolist(), problem.name)

    def begins(self, matrix: Matrix) -> np.ndarray | None:
        """The margin of the rows before any slot is read."""
        return None

    def load(self, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> LinearFit:
        weights = arrays.pop("weights")
        return self.model(LinearView(**arrays), weights, **meta)


class LinearKernel(NewtonKernel):
    """Of rows that many workers hold Spark ML finds the weights."""

    def fit_spread(self, spread: Spread, params: Mapping[str, Any], problem: Problem) -> LinearFit:
        # Here, as no worker needs what it imports.
        from tiltyard.learners.spread_linear import weights_of

        view, found = weights_of(spread, _penalty(params), params["maxIter"], problem)
        return self.model(view, found[:-1], found[-1].tolist(), problem.name)


def _penalty(params: Mapping[str, Any]) -> Penalty:
    """Never 0, so that there is one minimum. A tournament saved by an earlier version knows no L1."""
    return Penalty(max(float(params["regParam"]), 1e-8), float(params.get("elasticNetParam", 0.0)))


class Linear(Learner):
    """Logistic regression (for a number: ridge regression) on filled, scaled and one-hot columns.

    Nulls: numeric ones are filled with the training mean and flagged by a column of their own; a null
    category is a level. A category never seen in training contributes nothing. One Spark job per fit.

    Parameters
    ----------
    regParam : penalty against the mean loss, as in Spark ML, >= 0; default 0.01
    elasticNetParam : share of the L1 penalty, in [0, 1], which makes weights of little use 0; default 0, all L2
    maxIter : steps at most, >= 1; default 50. Ridge regression needs none
    problem : "binary" (default), "multiclass" or "regression"

    See Also
    --------
    Boosting : finds interactions and thresholds; needs more rows.

    Examples
    --------
    >>> rows = [([float(i)], float(i > 5)) for i in range(10)]
    >>> frame = spark.createDataFrame(rows, "features array<float>, label double")
    >>> Linear(regParam=0.1).fit(frame).transform(frame).where("prediction = label").count()
    10
    """

    kernel: ClassVar[Kernel] = LinearKernel()
    hyperparams = MappingProxyType({"regParam": 0.01, "elasticNetParam": 0.0, "maxIter": 50})

    regParam: Param[float] = Param(
        Params._dummy(), "regParam", "penalty against the mean loss, >= 0", number(0)
    )
    elasticNetParam: Param[float] = Param(
        Params._dummy(), "elasticNetParam", "share of the L1 penalty, in [0, 1]", number(0, 1)
    )
    maxIter: Param[int] = Param(Params._dummy(), "maxIter", "Newton steps, >= 1", whole(1))
