"""The linear view of a packed row: filled, scaled and one-hot, learnt on training rows only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tiltyard.learners.kernel import Matrix


@dataclass(frozen=True)
class Moments:
    """Of numeric slots: the rows, and each slot's known values, their mean, and their squared distances from it."""

    rows: int
    known: np.ndarray
    mean: np.ndarray
    squares: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> Moments:
        """Those of rows x slots; NaN is unknown."""
        values = values.astype(np.float64)
        known = ~np.isnan(values)
        number = known.sum(axis=0)
        mean = np.where(known, values, 0.0).sum(axis=0) / np.maximum(number, 1)
        return cls(len(values), number, mean, np.where(known, (values - mean) ** 2, 0.0).sum(axis=0))

    @classmethod
    def together(cls, parts: Sequence[Moments]) -> Moments:
        """Those of several sets of rows together.

        References
        ----------
        Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.

        Examples
        --------
        >>> rows = np.array([[1.0], [2.0], [np.nan], [6.0]])
        >>> both = Moments.together([Moments.of(rows[:2]), Moments.of(rows[2:])])
        >>> both.known.tolist(), both.mean.tolist(), both.squares.tolist()
        ([3], [3.0], [14.0])
        """
        known, mean = np.stack([one.known for one in parts]), np.stack([one.mean for one in parts])
        number = known.sum(axis=0)
        middle = (known * mean).sum(axis=0) / np.maximum(number, 1)
        squares = sum(one.squares for one in parts) + (known * (mean - middle) ** 2).sum(axis=0)
        return cls(sum(one.rows for one in parts), number, middle, squares)


NULL_CODE = -1.0


@dataclass(frozen=True, eq=False)  # a view is itself: matrices keep its columns by it
class LinearView:
    """How packed rows become columns of a linear model.

    Numeric slots are filled with the training mean and scaled to unit deviation, with one indicator
    column for each slot that had a null. Categorical slots become one column per code seen in training,
    null among them; a code never seen gives zeros.
    """

    numeric: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    nullable: np.ndarray
    code_slot: np.ndarray
    code: np.ndarray

    @classmethod
    def learn(cls, matrix: Matrix) -> LinearView:
        numbers = Moments.of(matrix.values[:, ~matrix.categorical])
        return cls.made(matrix.categorical, numbers, levels_of(matrix))

    @classmethod
    def made(cls, categorical: np.ndarray, numbers: Moments, levels: Mapping[int, np.ndarray]) -> LinearView:
        """The view of rows whose numeric slots have these moments, and whose categorical slots these codes."""
        numeric = np.flatnonzero(~categorical)
        spread = np.sqrt(numbers.squares / np.maximum(numbers.known, 1))
        scale = np.where(spread > 0.0, spread, 1.0)
        nullable = numeric[(numbers.known < numbers.rows) & (numbers.known > 0)]
        told = {slot: codes for slot, codes in levels.items() if len(codes) > 1}
        slots = [slot for slot, codes in told.items() for _ in codes]
        codes = [code for codes in told.values() for code in codes.tolist()]
        return cls(
            numeric,
            numbers.mean,
            scale,
            nullable,
            np.array(slots, dtype=np.int64),
            np.array(codes, dtype=np.float32),
        )

    @property
    def slots(self) -> np.ndarray:
        """The slot that each linear column reads."""
        return np.concatenate([self.numeric, self.nullable, self.code_slot])

    def columns(self, matrix: Matrix) -> np.ndarray:
        """The linear columns of `matrix`, float64, rows x columns; contenders that share a view share them."""
        return matrix.once(self, lambda: self._columns(matrix))

    def _columns(self, matrix: Matrix) -> np.ndarray:
        values = matrix.values[:, self.numeric].astype(np.float64)
        scaled = (np.where(np.isnan(values), self.mean, values) - self.mean) / self.scale
        # A value far outside training would outweigh everything else.
        scaled = np.clip(scaled, -10.0, 10.0)
        missing = np.isnan(matrix.values[:, self.nullable])
        levels = _with_null_code(matrix.values[:, self.code_slot]) == self.code
        return np.hstack([scaled, missing, levels])

    def arrays(self) -> dict[str, np.ndarray]:
        """The view as plain arrays, for a payload."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def _with_null_code(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), NULL_CODE, values)


def levels_of(matrix: Matrix) -> dict[int, np.ndarray]:
    """The codes that each categorical slot has, ascending, NULL_CODE for null."""
    return {
        int(slot): np.unique(_with_null_code(matrix.values[:, slot]))
        for slot in np.flatnonzero(matrix.categorical)
    }
