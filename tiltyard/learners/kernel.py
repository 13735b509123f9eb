"""The kernel contract: what a learner does inside one worker, with NumPy arrays and no Spark."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np

from tiltyard.errors import TiltyardError
from tiltyard.problem import BINARY, Problem

T = TypeVar("T")


@dataclass
class Matrix:
    """Packed rows of one tenant.

    Parameters
    ----------
    values : float32, rows x slots; a numeric slot holds its value or NaN, a categorical one a code
        (0 other, 1 to K the level's rank, NaN null). Infinite values become NaN.
    categorical : bool per slot
    margin : where a model of all tenants begins for each row: log odds, or a number; None where there is no such model
    rates : float32, rows x numbers that only the pool reads
    """

    values: np.ndarray
    categorical: np.ndarray
    margin: np.ndarray | None = None
    rates: np.ndarray | None = None
    _derived: dict[Any, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        infinite = np.isinf(self.values)
        if infinite.any():
            self.values = np.where(infinite, np.nan, self.values).astype(np.float32)

    def __len__(self) -> int:
        return len(self.values)

    def rows(self, index: np.ndarray) -> Matrix:
        """The given rows, as a matrix of its own."""
        margin, rates = (None if one is None else one[index] for one in (self.margin, self.rates))
        return Matrix(self.values[index], self.categorical, margin, rates)

    def base_margin(self) -> np.ndarray:
        """The margin, for a learner that starts from it.

        Raises
        ------
        TiltyardError : there is none
        """
        if self.margin is None:
            raise TiltyardError(
                "There is no model of all tenants to start from: give the learner its 'baseMarginCol'."
            )
        return self.margin

    def once(self, key: Any, build: Callable[[], T]) -> T:
        """What `build` makes of these rows, made once: contenders of one family share it."""
        if key not in self._derived:
            self._derived[key] = build()
        derived: T = self._derived[key]
        return derived


class Fitted(Protocol):
    """A fitted model."""

    def predict(self, matrix: Matrix) -> np.ndarray:
        """One answer a row, float64, as `tiltyard.problem.Problem` says."""

    def dump(self) -> bytes:
        """The payload: see `tiltyard.learners.payload`."""


class Trainer(Protocol):
    """What fits models."""

    @property
    def name(self) -> str:
        """The family's name."""

    def fit(
        self,
        matrix: Matrix,
        labels: np.ndarray,
        weights: np.ndarray | None,
        params: Mapping[str, Any],
        problem: Problem = BINARY,
    ) -> Fitted:
        """Fit on rows whose labels are what the problem says, every class present; one thread, deterministic."""


class Kernel(Trainer, Protocol):
    """A model family. Stateless; importable by name in a worker."""

    def load(self, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> Fitted:
        """The model a payload of this family holds."""
