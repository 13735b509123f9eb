"""A model of numbers alone: category codes are ranks of each tenant's own, and mean nothing to others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from tiltyard.learners import payload
from tiltyard.learners.explanation import Ask, Explanation, explanation_of
from tiltyard.learners.kernel import Fitted, Matrix

NAME = "numbers"


@dataclass(frozen=True)
class OnNumbers:
    """The model inside, and what it is shown of a row."""

    model: Fitted

    def predict(self, matrix: Matrix) -> np.ndarray:
        return self.model.predict(numbers_of(matrix))

    def explain(self, matrix: Matrix, ask: Ask) -> Explanation:
        found = explanation_of(self.model, numbers_of(matrix), ask)
        numeric = np.flatnonzero(~matrix.categorical)
        slots = np.zeros_like(matrix.values, dtype=np.float64)
        slots[:, numeric] = found.slots[:, : len(numeric)]
        return replace(found, slots=slots, rates=found.slots[:, len(numeric) :])

    def dump(self) -> bytes:
        return payload.dump(NAME, {}, {"model": np.frombuffer(self.model.dump(), dtype=np.uint8)})


def numbers_of(matrix: Matrix) -> Matrix:
    """The numeric slots of the rows, and their rates where they have some.

    Examples
    --------
    >>> rows = Matrix(np.array([[1.5, 2.0]], dtype=np.float32), np.array([False, True]))
    >>> numbers_of(rows).values.tolist()
    [[1.5]]
    """
    numbers = matrix.values[:, ~matrix.categorical]
    if matrix.rates is not None:
        numbers = np.hstack([numbers, matrix.rates])
    return Matrix(numbers, np.zeros(numbers.shape[1], dtype=bool))


def load(
    meta: Mapping[str, object], arrays: Mapping[str, np.ndarray], load_model: Callable[[bytes], Fitted]
) -> OnNumbers:
    """What a payload holds; `load_model` reads the model inside."""
    return OnNumbers(load_model(arrays["model"].tobytes()))
