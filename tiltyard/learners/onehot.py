"""The linear view of a packed row: filled, scaled and one-hot, learnt on training rows only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tiltyard.learners.kernel import Matrix


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
        numeric = np.flatnonzero(~matrix.categorical)
        values = matrix.values[:, numeric].astype(np.float64)
        known = ~np.isnan(values)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, values, 0.0).sum(axis=0) / count
        spread = np.sqrt(np.where(known, (values - mean) ** 2, 0.0).sum(axis=0) / count)
        scale = np.where(spread > 0.0, spread, 1.0)
        nullable = numeric[~known.all(axis=0) & known.any(axis=0)]
        slots, codes = _codes(matrix)
        return cls(numeric, mean, scale, nullable, slots, codes)

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


NULL_CODE = -1.0


def _with_null_code(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), NULL_CODE, values)


def _codes(matrix: Matrix) -> tuple[np.ndarray, np.ndarray]:
    slots: list[int] = []
    codes: list[float] = []
    for slot in np.flatnonzero(matrix.categorical):
        seen = np.unique(_with_null_code(matrix.values[:, slot]))
        if len(seen) > 1:
            slots += [int(slot)] * len(seen)
            codes += seen.tolist()
    return np.array(slots, dtype=np.int64), np.array(codes, dtype=np.float32)
