"""Buckets of numbers: where they start and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pyspark.sql import Column
from pyspark.sql import functions as F


def labels(starts: Sequence[float]) -> list[str]:
    """Names of the buckets below, between and from these increasing starts on; none without starts.

    Between whole starts a name shows the last whole number of the bucket, between others the exclusive end.

    Examples
    --------
    >>> labels([0, 10, 12.5])
    ['<0', '0-9', '10 to <12.5', '12.5+']
    """
    if not starts:
        return []
    between = [_between(low, high) for low, high in pairwise(starts)]
    return [f"<{starts[0]:.15g}", *between, f"{starts[-1]:.15g}+"]


def bucket(number: Column, starts: Sequence[float], names: Sequence[str]) -> Column:
    """The name of the bucket a number is in: one name more than starts. The number may be null, never NaN."""
    label = F.when(number.isNull(), F.lit(None))
    for start, name in zip(starts, names, strict=False):
        label = label.when(number < start, name)
    return label.otherwise(names[-1])


def _between(low: float, high: float) -> str:
    if not (float(low).is_integer() and float(high).is_integer()):
        return f"{low:.15g} to <{high:.15g}"
    return f"{low:.15g}" if high - low == 1 else f"{low:.15g}-{high - 1:.15g}"
