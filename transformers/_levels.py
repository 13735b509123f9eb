"""The values of a column as levels: read as strings, counted exactly, the most frequent first."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import column, field_of
from tiltyard.errors import DataContractError

# approx_top_k's own limit: counts are exact up to 0.75 times as many distinct values of a tenant's column.
# Its sketch grows with the values it meets, so a high limit costs nothing by itself.
_TRACKED = 1_000_000

_NOT_SINGLE = (T.ArrayType, T.MapType, T.StructType, T.BinaryType, T.VariantType, T.UserDefinedType)


def level(schema: T.StructType, name: str, stage: str) -> Column:
    """The column's value as a string; null for null, and for NaN of a numeric column.

    Raises
    ------
    DataContractError : no such column, or it does not hold single values
    """
    field = field_of(schema, name, stage)
    if isinstance(field.dataType, _NOT_SINGLE):
        kind = field.dataType.simpleString()
        raise DataContractError(f"{stage}: column '{name}' must hold single values, got {kind}.")
    value = column(field.name)
    if isinstance(field.dataType, T.FloatType | T.DoubleType):
        value = F.when(~F.isnan(value), value)
    return value.cast("string")


def counts(value: Column) -> Column:
    """An aggregate: array of (item, count), exact up to 750,000 distinct values; null is an item."""
    return F.call_function("approx_top_k", value, F.lit(_TRACKED), F.lit(_TRACKED))


def most_frequent(counted: Column, top: int, support: int) -> Column:
    """Of `counts`: array of (count, item) with at least `support` rows, at most `top`, equal counts by value."""
    # The sketch leaves the order of equal counts open: sort all that qualify before cutting.
    kept = F.filter(counted, lambda entry: entry["item"].isNotNull() & (entry["count"] >= support))
    ranked = F.array_sort(F.transform(kept, lambda entry: F.struct(-entry["count"], entry["item"])))
    return F.transform(
        F.slice(ranked, 1, top),
        lambda entry: F.struct((-entry["col1"]).alias("count"), entry["item"].alias("item")),
    )
