"""Texts that stand for a missing value: one reading of them for typing and for custom fields."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

# Compared in lower case without outer spaces.
MISSING = ("", "na", "n/a", "nan", "null", "none", "?", "-")


def known(text: Column) -> Column:
    """A text without outer spaces, null where it stands for a missing value."""
    trimmed = F.trim(text)
    return F.when(~F.lower(trimmed).isin(*MISSING), trimmed)
