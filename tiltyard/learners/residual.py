"""Residual: regression of what a tenant's rows add to the answer of a model of all tenants."""

from __future__ import annotations

from types import MappingProxyType
from typing import ClassVar

import numpy as np
from pyspark.ml.param import Param, Params

from tiltyard.learners.base import Learner
from tiltyard.learners.kernel import Kernel, Matrix
from tiltyard.learners.linear import LinearFit, NewtonKernel
from tiltyard.learners.links import answers_of
from tiltyard.params import number, whole
from tiltyard.problem import Binary, Regression


class ResidualFit(LinearFit):
    """Weights over a linear view, on top of the base margin."""

    family: ClassVar[str] = "residual"
    begun: ClassVar[float] = 1.0

    def predict(self, matrix: Matrix) -> np.ndarray:
        return answers_of(self.problem, matrix.base_margin() + self.margin(matrix))


class ResidualKernel(NewtonKernel):
    """The loss of `linear`, with the base margin as where each row begins."""

    model: ClassVar[type[LinearFit]] = ResidualFit

    def begins(self, matrix: Matrix) -> np.ndarray:
        return matrix.base_margin()


class Residual(Learner):
    """Logistic or ridge regression that starts from the margin of a model of all tenants, `baseMarginCol`.

    The penalty draws a tenant of few rows to that model's answer, shifted to the tenant's base rate. Nulls and
    unseen categories as for Linear; a null margin is 0. One Spark job per fit. For binary problems and regression.

    Parameters
    ----------
    regParam : penalty against the mean loss, >= 0; default 0.1
    elasticNetParam : share of the L1 penalty, in [0, 1]; default 0, all L2
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

    problems: ClassVar[tuple[str, ...]] = (Binary.name, Regression.name)
    kernel: ClassVar[Kernel] = ResidualKernel()
    hyperparams = MappingProxyType({"regParam": 0.1, "elasticNetParam": 0.0, "maxIter": 50})

    regParam: Param[float] = Param(
        Params._dummy(), "regParam", "penalty against the mean loss, >= 0", number(0)
    )
    elasticNetParam: Param[float] = Param(
        Params._dummy(), "elasticNetParam", "share of the L1 penalty, in [0, 1]", number(0, 1)
    )
    maxIter: Param[int] = Param(Params._dummy(), "maxIter", "Newton steps, >= 1", whole(1))
