"""Linear: logistic regression with an L2 penalty, by Newton steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from pyspark.ml.param import Param, Params

from tiltyard.learners import newton, payload
from tiltyard.learners.base import Learner
from tiltyard.learners.kernel import Kernel, Matrix
from tiltyard.learners.onehot import LinearView
from tiltyard.params import number, whole


@dataclass(frozen=True)
class LinearFit:
    """Weights over a linear view."""

    family: ClassVar[str] = "linear"

    view: LinearView
    weights: np.ndarray
    bias: float

    def margin(self, matrix: Matrix) -> np.ndarray:
        """Log odds that the rows' slots give."""
        return np.asarray(self.view.columns(matrix) @ self.weights + self.bias)

    def predict(self, matrix: Matrix) -> np.ndarray:
        return newton.sigmoid(self.margin(matrix))

    def dump(self) -> bytes:
        arrays = {**self.view.arrays(), "weights": self.weights}
        return payload.dump(self.family, {"bias": self.bias}, arrays)


class LinearKernel:
    """Newton steps reach the same optimum from any row order; contenders begin where the one before has ended."""

    model: ClassVar[type[LinearFit]] = LinearFit

    @property
    def name(self) -> str:
        return self.model.family

    def fit(
        self, matrix: Matrix, labels: np.ndarray, weights: np.ndarray | None, params: Mapping[str, Any]
    ) -> LinearFit:
        view = matrix.once("linear view", lambda: LinearView.learn(matrix))
        # The minimum for one penalty is near that for the next.
        path: list[np.ndarray] = matrix.once(f"{self.name} path", list)
        path.append(
            newton.fitted(
                view.columns(matrix),
                labels,
                weights,
                penalty=max(params["regParam"], 1e-8),  # against the mean loss, as in Spark ML
                start=path[-1] if path else None,
                steps=params["maxIter"],
                offset=self.begins(matrix),
            )
        )
        return self.model(view, path[-1][:-1], float(path[-1][-1]))

    def begins(self, matrix: Matrix) -> np.ndarray | None:
        """Log odds of the rows before any slot is read."""
        return None

    def load(self, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> LinearFit:
        weights = arrays.pop("weights")
        return self.model(LinearView(**arrays), weights, meta["bias"])


class Linear(Learner):
    """Logistic regression on filled, scaled and one-hot columns.

    Nulls: numeric ones are filled with the training mean and flagged by a column of their own; a null
    category is a level. A category never seen in training contributes nothing. One Spark job per fit.

    Parameters
    ----------
    regParam : L2 penalty against the mean loss, as in Spark ML, >= 0; default 0.01
    maxIter : Newton steps, >= 1; default 50

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
    hyperparams = MappingProxyType({"regParam": 0.01, "maxIter": 50})

    regParam: Param[float] = Param(
        Params._dummy(), "regParam", "L2 penalty against the mean loss, >= 0", number(0)
    )
    maxIter: Param[int] = Param(Params._dummy(), "maxIter", "Newton steps, >= 1", whole(1))
