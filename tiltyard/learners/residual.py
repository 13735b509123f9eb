"""Residual: logistic regression of what a tenant's rows add to the answer of a model of all tenants."""

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
class ResidualFit:
    """Weights over a linear view, on top of the base margin."""

    view: LinearView
    weights: np.ndarray
    bias: float

    def predict(self, matrix: Matrix) -> np.ndarray:
        return newton.sigmoid(matrix.base_margin() + self.view.columns(matrix) @ self.weights + self.bias)

    def dump(self) -> bytes:
        arrays = {**self.view.arrays(), "weights": self.weights}
        return payload.dump(ResidualKernel.name, {"bias": self.bias}, arrays)


class ResidualKernel:
    """The loss of `linear`, with the base margin as where each row begins."""

    name = "residual"

    def fit(
        self, matrix: Matrix, labels: np.ndarray, weights: np.ndarray | None, params: Mapping[str, Any]
    ) -> ResidualFit:
        view = matrix.once("linear view", lambda: LinearView.learn(matrix))
        # The minimum for one penalty is near that for the next.
        path: list[np.ndarray] = matrix.once("residual path", list)
        start = path[-1] if path else None
        penalty = max(params["regParam"], 1e-8)  # against the mean loss, as in Spark ML
        columns, begins = view.columns(matrix), matrix.base_margin()
        path.append(newton.fitted(columns, labels, weights, penalty, start, params["maxIter"], offset=begins))
        return ResidualFit(view, path[-1][:-1], float(path[-1][-1]))

    def load(self, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> ResidualFit:
        weights = arrays.pop("weights")
        return ResidualFit(LinearView(**arrays), weights, meta["bias"])


class Residual(Learner):
    """Logistic regression that starts from the log odds of a model of all tenants, `baseMarginCol`.

    The penalty draws a tenant of few rows to that model's answer, shifted to the tenant's base rate. Nulls and
    unseen categories as for Linear; a null margin is log odds of 0. One Spark job per fit.

    Parameters
    ----------
    regParam : L2 penalty against the mean loss, >= 0; default 0.1
    maxIter : Newton steps, >= 1; default 50

    See Also
    --------
    Pooled : that model's answer as it is.
    tiltyard.pooling.pooled : makes the margins of training rows out of fold.

    Examples
    --------
    >>> rows = [([float(i % 2)], 0.5 * (i % 3), float(i % 2)) for i in range(12)]
    >>> frame = spark.createDataFrame(rows, "features array<float>, everyone double, label double")
    >>> model = Residual(baseMarginCol="everyone").fit(frame)
    >>> model.transform(frame).where("prediction = label").count()
    12
    """

    kernel: ClassVar[Kernel] = ResidualKernel()
    hyperparams = MappingProxyType({"regParam": 0.1, "maxIter": 50})

    regParam: Param[float] = Param(
        Params._dummy(), "regParam", "L2 penalty against the mean loss, >= 0", number(0)
    )
    maxIter: Param[int] = Param(Params._dummy(), "maxIter", "Newton steps, >= 1", whole(1))
