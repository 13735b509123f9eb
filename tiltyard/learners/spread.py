"""Spread: the rows of one tenant where many workers hold them, for families that can be fitted there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar, runtime_checkable

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tiltyard.learners.kernel import Fitted
from tiltyard.problem import Problem

T = TypeVar("T")


class Labels(NamedTuple):
    """What is known of some labels; a deviation of 0 is given as 1."""

    rows: int
    mean: float
    deviation: float


@dataclass
class Spread:
    """Rows of one tenant, as a Matrix has them but spread over workers.

    Parameters
    ----------
    rows : DataFrame[place BIGINT, x ARRAY<FLOAT>, y DOUBLE], cached, in one partition for each worker; `place` is a
        hash that names a row
    categorical : which of x are category codes
    workers : how many hold the rows; part of the answer, as each of them cuts numbers into bins by its own rows
    """

    rows: DataFrame
    categorical: tuple[bool, ...]
    workers: int
    _derived: dict[str, Any] = field(default_factory=dict, repr=False)
    _kept: list[DataFrame] = field(default_factory=list, repr=False)

    def once(self, key: str, build: Callable[[], T]) -> T:
        """What `build` makes of these rows, made once: contenders of one family share it."""
        if key not in self._derived:
            self._derived[key] = build()
        derived: T = self._derived[key]
        return derived

    def labels(self) -> Labels:
        """How many there are, their mean and standard deviation. One Spark job, once."""

        def counted() -> Labels:
            found = self.rows.agg(F.count("y"), F.avg("y"), F.stddev_pop("y")).collect()[0]
            return Labels(int(found[0]), float(found[1]), float(found[2]) or 1.0)

        return self.once("labels", counted)

    def keep(self, frame: DataFrame) -> DataFrame:
        """The frame, cached until `release`."""
        self._kept.append(frame.persist(StorageLevel.MEMORY_AND_DISK))
        return self._kept[-1]

    def release(self) -> None:
        """Drop what was kept."""
        for frame in self._kept:
            frame.unpersist()
        self._kept.clear()
        self._derived.clear()


@runtime_checkable
class SpreadTrainer(Protocol):
    """A kernel that can also fit rows which many workers hold, to a model of the same kind."""

    def fit_spread(self, spread: Spread, params: Mapping[str, Any], problem: Problem) -> Fitted:
        """As `fit` of a Kernel; on the driver, by Spark jobs."""
