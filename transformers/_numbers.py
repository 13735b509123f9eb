"""Numbers written as text: one reading of them for typing and for packing."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

NUMERIC_TYPES = frozenset({"Real", "Integral", "Percent", "Currency"})

# Currency signs, percent signs, spaces and thousands separators ("$1,200.50", "45 %").
_ORNAMENT = r"[\s$€£¥%]|,(?=\d{3}(?:\D|$))"


def number(text: Column) -> Column:
    """The number a text holds as a double, null when it holds none; "1,200" is 1200, "45 %" is 45."""
    return F.regexp_replace(text, _ORNAMENT, "").try_cast("double")
