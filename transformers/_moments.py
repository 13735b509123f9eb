"""Mean and deviation as aggregates that give the same number in any order of the rows."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

# Digits kept, counted from the first of the range. What the order of adding changes lies far below, unless the
# range is less than a ten-millionth of the numbers; what a model can use lies above.
_DIGITS = 8


def mean(number: Column) -> Column:
    """The mean, to a hundred-millionth of the range; null without numbers. Numbers: double, null, no NaN."""
    # Whole numbers add up exactly below 2^53, so that only their fractions leave errors of rounding.
    whole = F.rint(number)
    exact = F.avg(whole) + F.avg(number - whole)
    return F.least(F.greatest(_steady(exact, number), F.min(number)), F.max(number))


def deviation(number: Column) -> Column:
    """The population's standard deviation, to a hundred-millionth of the range; null without numbers."""
    # Spark updates the squared distances from a running mean: nothing cancels for large numbers far from zero.
    return F.least(_steady(F.stddev_pop(number), number), spread(number))


def spread(number: Column) -> Column:
    """The range: greatest minus least number; null without numbers."""
    return F.max(number) - F.min(number)


def _steady(value: Column, number: Column) -> Column:
    digits = F.least(F.greatest(_DIGITS - F.floor(F.log10(spread(number))), F.lit(-300)), F.lit(300))
    unit = F.pow(F.lit(10.0), digits)
    # One number has no range, and its logarithm is null.
    return F.coalesce(F.rint(value * unit) / unit, value)
