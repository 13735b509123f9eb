"""Folds: the same for every contender, a column of the frame, whatever the row order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

_ENDS = "__tiltyard_ends"


def hash_folds(columns: Sequence[str], count: int, seed: int = 0) -> Column:
    """Fold 0 to `count` - 1 of each row, by a hash of `columns` (record key or group) and the seed."""
    return F.pmod(F.xxhash64(*[F.col(name) for name in columns], F.lit(seed)), F.lit(count)).cast("int")


def time_folds(tenant: str, time: str, count: int) -> Column:
    """Block 0 to `count` of each row within its tenant, oldest first, of equal numbers of rows.

    Fold `i` (1 to `count`) trains on the blocks before `i` and validates on block `i`, so no model sees the
    future of what it is judged on. Rows of one day stay in one block: they share weather, campaigns and
    outages. A null time counts as oldest. One window, one shuffle by tenant.
    """
    window = Window.partitionBy(tenant).orderBy(F.to_date(time).asc_nulls_first())
    return F.least(F.lit(count), F.floor(F.percent_rank().over(window) * (count + 1))).cast("int")


def with_day_blocks(frame: DataFrame, output: str, time: str, count: int) -> DataFrame:
    """Add block 0 to `count` of each row among all rows of the frame, oldest first, of about equal numbers of rows.

    Unlike `time_folds`, a day is in the same block for all tenants, so that what one tenant's day tells of another's
    stays inside a block. A null time counts as oldest. No job.
    """
    return with_days_after(frame, output, time, [block / (count + 1) for block in range(1, count + 2)])


def with_days_after(frame: DataFrame, output: str, time: str, shares: Sequence[float]) -> DataFrame:
    """Add how many of some days are before each row's: those up to which so large shares of the rows have come.

    No job: the days are joined to the rows. A null time counts as oldest.
    """
    day = F.unix_date(F.to_date(time))
    # Exact for 27 years of days: the sketch keeps 10,000 values.
    ends = F.array_distinct(F.percentile_approx("day", [*shares], 10_000))
    # Joined, as no subquery may stand where a Python function reads the block.
    beside = frame.crossJoin(F.broadcast(frame.select(day.alias("day")).agg(ends.alias(_ENDS))))
    before = F.size(F.filter(_ENDS, lambda end: end < day))
    return beside.withColumn(output, F.coalesce(before, F.lit(0))).drop(_ENDS)


def with_folds(
    frame: DataFrame, output: str, *, by: str, count: int, seed: int, tenant: str, columns: Sequence[str]
) -> DataFrame:
    """Add the fold column: `by` "time" reads columns[0] as the time, else a hash of `columns`."""
    fold = time_folds(tenant, columns[0], count) if by == "time" else hash_folds(columns, count, seed)
    return frame.withColumn(output, fold)


def splits(fold: np.ndarray, *, expanding: bool) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """The (fold, training rows, validation rows) of one tenant, as row numbers.

    Examples
    --------
    >>> [(i, a.tolist(), b.tolist()) for i, a, b in splits(np.array([0, 1, 2, 0]), expanding=True)]
    [(1, [0, 3], [1]), (2, [0, 1, 3], [2])]
    >>> [(i, a.tolist(), b.tolist()) for i, a, b in splits(np.array([0, 1, 0]), expanding=False)]
    [(0, [1], [0, 2]), (1, [0, 2], [1])]
    """
    found = []
    for value in np.unique(fold):
        training = np.flatnonzero(fold < value if expanding else fold != value)
        if len(training):
            found.append((int(value), training, np.flatnonzero(fold == value)))
    return found
