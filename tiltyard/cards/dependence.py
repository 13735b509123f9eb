"""Partial dependence: a champion's mean answer over a tenant's rows while one slot is set to each of some values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tiltyard.learners.kernel import Matrix

POINTS = 9
"""Values that a numeric slot is set to, at most: quantiles of those it has."""

Answers = Callable[[Matrix], np.ndarray]


@dataclass(frozen=True)
class Dependence:
    """A slot's place, the values it was set to (codes of a category; NaN for null), and the mean answer at each."""

    slot: int
    values: tuple[float, ...]
    answers: tuple[float, ...]


def dependence(answers: Answers, matrix: Matrix, slots: Sequence[int]) -> list[Dependence]:
    """How the mean answer moves with each of some slots.

    Parameters
    ----------
    answers : one number for each row of a matrix
    matrix : a tenant's rows, some hundred
    slots : places of those asked for

    References
    ----------
    Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29, 2001, section 8.2.

    Examples
    --------
    >>> rows = Matrix(np.arange(8, dtype=np.float32).reshape(4, 2), np.array([False, False]))
    >>> dependence(lambda seen: seen.values[:, 0] * 10.0, rows, [0])[0].answers
    (0.0, 20.0, 40.0, 60.0)
    """
    found = []
    for slot in slots:
        values = _values(matrix, slot)
        found.append(Dependence(slot, tuple(values.tolist()), tuple(_at(answers, matrix, slot, values))))
    return found


def _values(matrix: Matrix, slot: int) -> np.ndarray:
    column = matrix.values[:, slot]
    known = column[~np.isnan(column)]
    if matrix.categorical[slot]:
        values = np.unique(known)
    else:
        values = (
            np.unique(np.quantile(known, np.linspace(0, 1, POINTS), method="nearest"))
            if len(known)
            else known
        )
    return np.append(values, np.nan) if len(known) < len(column) else values


def _at(answers: Answers, matrix: Matrix, slot: int, values: np.ndarray) -> list[float]:
    every = np.arange(len(matrix))
    means = []
    for value in values:
        changed = matrix.rows(every)
        changed.values[:, slot] = value
        means.append(float(np.mean(answers(changed))))
    return means
