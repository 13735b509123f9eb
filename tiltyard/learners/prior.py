"""Prior: what is known without reading a feature, the answer every other model has to beat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tiltyard.learners import payload
from tiltyard.learners.base import Learner
from tiltyard.learners.explanation import Ask, Explanation, nothing
from tiltyard.learners.kernel import Kernel, Matrix
from tiltyard.problem import BINARY, Binary, Multiclass, Problem


@dataclass(frozen=True)
class PriorFit:
    """One answer for every row: a probability, one for each class, or a number."""

    rate: float | list[float]

    def predict(self, matrix: Matrix) -> np.ndarray:
        answer = np.asarray(self.rate, dtype=np.float64)
        return np.tile(answer, (len(matrix), *[1] * answer.ndim))

    def explain(self, matrix: Matrix, ask: Ask) -> Explanation:
        return nothing(matrix)

    def dump(self) -> bytes:
        return payload.dump(PriorKernel.name, {"rate": self.rate}, {})


class PriorKernel:
    """The mean of the labels, or counts of classes with one row of each added (Laplace): no probability is 0 or 1."""

    name = "prior"

    def fit(
        self,
        matrix: Matrix,
        labels: np.ndarray,
        weights: np.ndarray | None,
        params: Mapping[str, Any],
        problem: Problem = BINARY,
    ) -> PriorFit:
        if problem.name == Binary.name:
            return PriorFit(smoothed_rate(float(labels.sum()), len(labels)))
        if isinstance(problem, Multiclass):
            return PriorFit(smoothed_shares(np.bincount(labels.astype(int), minlength=len(problem.classes))))
        return PriorFit(float(labels.mean()))

    def load(self, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> PriorFit:
        return PriorFit(meta["rate"])


def smoothed_rate(positives: float, rows: int) -> float:
    """Share of positives, one of either class added.

    Examples
    --------
    >>> smoothed_rate(0, 8)
    0.1
    """
    return (positives + 1.0) / (rows + 2.0)


def smoothed_shares(rows: np.ndarray) -> list[float]:
    """Share of each class, one row of each added.

    Examples
    --------
    >>> smoothed_shares(np.array([3, 0, 4]))
    [0.4, 0.1, 0.5]
    """
    counts: list[float] = ((rows + 1.0) / (rows.sum() + len(rows))).tolist()
    return counts


class Prior(Learner):
    """Predict the share of positives, or of each class, of the training rows (add-one smoothed), or their mean label.

    Nulls and unseen values do not matter: no feature is read. Fitting is one Spark job.

    Examples
    --------
    >>> rows = [([1.0], 1.0), ([2.0], 0.0), ([3.0], 0.0)]
    >>> frame = spark.createDataFrame(rows, "features array<float>, label double")
    >>> Prior().fit(frame).transform(frame).first().probability
    DenseVector([0.6, 0.4])
    """

    kernel: ClassVar[Kernel] = PriorKernel()
