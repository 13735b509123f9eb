"""Prior: the base rate of the training rows, the number every other model has to beat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tiltyard.learners import payload
from tiltyard.learners.base import Learner
from tiltyard.learners.kernel import Kernel, Matrix


@dataclass(frozen=True)
class PriorFit:
    """One probability for every row."""

    rate: float

    def predict(self, matrix: Matrix) -> np.ndarray:
        return np.full(len(matrix), self.rate)

    def dump(self) -> bytes:
        return payload.dump(PriorKernel.name, {"rate": self.rate}, {})


class PriorKernel:
    """Counts with one positive and one negative added (Laplace), so no probability is 0 or 1."""

    name = "prior"

    def fit(
        self, matrix: Matrix, labels: np.ndarray, weights: np.ndarray | None, params: Mapping[str, Any]
    ) -> PriorFit:
        return PriorFit(smoothed_rate(float(labels.sum()), len(labels)))

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


class Prior(Learner):
    """Predict the share of positives of the training rows (add-one smoothed).

    Nulls and unseen values do not matter: no feature is read. Fitting is one Spark job.

    Examples
    --------
    >>> rows = [([1.0], 1.0), ([2.0], 0.0), ([3.0], 0.0)]
    >>> frame = spark.createDataFrame(rows, "features array<float>, label double")
    >>> Prior().fit(frame).transform(frame).first().probability
    DenseVector([0.6, 0.4])
    """

    kernel: ClassVar[Kernel] = PriorKernel()
