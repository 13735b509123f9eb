"""Learners that raise, hang or look closely, for tests of the tournament."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from tiltyard.learners import Boosting, Linear, Prior
from tiltyard.learners.kernel import Fitted, Kernel, Matrix
from tiltyard.learners.prior import PriorFit

# What a tenant's last slot asks of a fragile kernel.
RAISES, HANGS = 1.0, 2.0


class Fragile:
    """A kernel that raises or hangs on tenants whose last slot says so."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel, self.name = kernel, kernel.name

    def fit(
        self, matrix: Matrix, labels: np.ndarray, weights: Any, params: Mapping[str, Any], *_: Any
    ) -> Fitted:
        mark = matrix.values[0, -1]
        if mark == RAISES:
            raise ArithmeticError("no luck")
        while mark == HANGS:
            try:
                time.sleep(60)
            except Exception:  # a library that swallows what it does not know
                continue
        return self.kernel.fit(matrix, labels, weights, params)

    def load(self, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> Fitted:
        return self.kernel.load(meta, arrays)


class FragilePrior(Prior):
    kernel = Fragile(Prior.kernel)


class FragileLinear(Linear):
    kernel = Fragile(Linear.kernel)


class FragileBoosting(Boosting):
    kernel = Fragile(Boosting.kernel)


class Brittle(Linear):
    """Raises on every tenant."""

    class _Kernel:
        name = "brittle"

        def fit(self, *_: Any) -> Fitted:
            raise ArithmeticError("never")

    kernel = _Kernel()


class Watching(Linear):
    """Answers with the prior, and raises when it is asked about days it was trained on or that came before."""

    class _Kernel:
        name = "watching"

        def fit(self, matrix: Matrix, labels: np.ndarray, *_: Any) -> Fitted:
            last_day = matrix.values[:, 0].max()

            class Watcher(PriorFit):
                def predict(self, matrix: Matrix) -> np.ndarray:
                    if matrix.values[:, 0].min() <= last_day:
                        raise AssertionError("trained on the future")
                    return super().predict(matrix)

            return Watcher(float(labels.mean()))

    kernel = _Kernel()
