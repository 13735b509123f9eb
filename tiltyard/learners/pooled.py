"""Pooled: the answer of a model of all tenants, for a tenant that has little to add."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tiltyard.learners import payload
from tiltyard.learners.base import Learner
from tiltyard.learners.explanation import Ask, Explanation, nothing
from tiltyard.learners.kernel import Kernel, Matrix
from tiltyard.learners.links import answers_of
from tiltyard.problem import BINARY, Binary, Problem, Regression


@dataclass(frozen=True)
class PooledFit:
    """The base margin as an answer."""

    problem: str = Binary.name

    def predict(self, matrix: Matrix) -> np.ndarray:
        return answers_of(self.problem, matrix.base_margin())

    def explain(self, matrix: Matrix, ask: Ask) -> Explanation:
        return nothing(matrix, pool=1.0)

    def dump(self) -> bytes:
        return payload.dump(PooledKernel.name, {"problem": self.problem}, {})


class PooledKernel:
    """Learns nothing: what it answers was learnt from all tenants, out of fold."""

    name = "pooled"

    def fit(
        self,
        matrix: Matrix,
        labels: np.ndarray,
        weights: np.ndarray | None,
        params: Mapping[str, Any],
        problem: Problem = BINARY,
    ) -> PooledFit:
        matrix.base_margin()  # refused here rather than at the first answer
        return PooledFit(problem.name)

    def load(self, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> PooledFit:
        return PooledFit(**meta)


class Pooled(Learner):
    """Answer what a model of all tenants answers: the probability, or the number, of `baseMarginCol`.

    No feature is read. A null margin is 0. Fitting is one Spark job. For binary problems and regression.

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

    problems: ClassVar[tuple[str, ...]] = (Binary.name, Regression.name)
    kernel: ClassVar[Kernel] = PooledKernel()
