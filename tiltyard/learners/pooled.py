"""Pooled: the answer of a model of all tenants, for a tenant that has little to add."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tiltyard.learners import newton, payload
from tiltyard.learners.base import Learner
from tiltyard.learners.kernel import Kernel, Matrix


@dataclass(frozen=True)
class PooledFit:
    """The base margin as a probability."""

    def predict(self, matrix: Matrix) -> np.ndarray:
        return newton.sigmoid(matrix.base_margin())

    def dump(self) -> bytes:
        return payload.dump(PooledKernel.name, {}, {})


class PooledKernel:
    """Learns nothing: what it answers was learnt from all tenants, out of fold."""

    name = "pooled"

    def fit(
        self, matrix: Matrix, labels: np.ndarray, weights: np.ndarray | None, params: Mapping[str, Any]
    ) -> PooledFit:
        matrix.base_margin()  # refused here rather than at the first answer
        return PooledFit()

    def load(self, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> PooledFit:
        return PooledFit()


class Pooled(Learner):
    """Answer what a model of all tenants answers: the probability of `baseMarginCol`.

    No feature is read. A null margin is log odds of 0. Fitting is one Spark job.

    See Also
    --------
    Residual : learns what the tenant adds to that answer.
    tiltyard.pooling.pooled : makes the margins of training rows out of fold.

    Examples
    --------
    >>> rows = [([1.0], 2.0, 1.0), ([2.0], -2.0, 0.0), ([3.0], 0.0, 0.0)]
    >>> frame = spark.createDataFrame(rows, "features array<float>, everyone double, label double")
    >>> model = Pooled(baseMarginCol="everyone").fit(frame)
    >>> [round(float(row.probability[1]), 2) for row in model.transform(frame).collect()]
    [0.88, 0.12, 0.5]
    """

    kernel: ClassVar[Kernel] = PooledKernel()
