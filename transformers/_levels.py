"""Levels: the values that matter to a tenant, counted, ranked, and looked up; shared by the stages that code values."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import column, field_of
from tiltyard.errors import DataContractError
from tiltyard.state import STATE, TENANT

# approx_top_k's own limit: counts are exact up to 0.75 times as many distinct values of a tenant's column.
# Its sketch grows with the values it meets, so a high limit costs nothing by itself.
_TRACKED = 1_000_000

_NOT_SINGLE = (T.ArrayType, T.MapType, T.StructType, T.BinaryType, T.VariantType, T.UserDefinedType)


def level(schema: T.StructType, name: str, stage: str) -> Column:
    """A column's value as a text; null for null, and for NaN of numbers.

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
    """An aggregate: how often each text occurs, as array<struct<item, count>> in no order, null among them."""
    return F.call_function("approx_top_k", value, F.lit(_TRACKED), F.lit(_TRACKED))


def most_frequent(counted: Column, top: int, support: int) -> Column:
    """The `top` texts with at least `support` rows, the most frequent first, equal counts by text."""
    return F.transform(ranked(counted, top, support), lambda entry: entry["item"])


def ranked(counted: Column, top: int, support: int) -> Column:
    """The entries of `most_frequent`: array<struct<less, item>>, where `less` is the negative count."""
    # The sketch leaves the order of equal counts open: sort all that qualify before cutting.
    kept = F.filter(counted, lambda entry: entry["item"].isNotNull() & (entry["count"] >= support))
    entries = F.transform(kept, lambda entry: F.struct((-entry["count"]).alias("less"), entry["item"]))
    return F.slice(F.array_sort(entries), 1, top)


def marks(levels: Column) -> Column:
    """The levels as hashes of 64 bits: they go with every row and are compared there, which texts make slow.

    Among 1,000 levels a value that is none of them is taken for one once in 2e16 values.
    """
    return F.transform(levels, lambda one: F.xxhash64(one))


def place(value: Column, marked: Column) -> Column:
    """The place of a value among marked levels, from 1; 0 for any other. What it is for a null value says nothing."""
    # No state at all (fitted on an empty frame) leaves the levels null: every value is another one.
    return F.coalesce(F.array_position(marked, F.xxhash64(value)), F.lit(0)).cast("int")


def code(value: Column, marked: Column) -> Column:
    """The place of a value among marked levels as a float, 0 for any other value, NaN for null."""
    return F.when(value.isNull(), nan()).otherwise(place(value, marked).cast("float"))


def flag(hit: Column, value: Column) -> Column:
    """1.0 for a hit, 0.0 for none (or a null one: a slot without a level), NaN where `value` is null."""
    # The hit stands first, outside of conditions: Spark shares what several outputs compute there.
    return F.coalesce(hit.cast("float"), F.when(value.isNull(), nan()).otherwise(F.lit(0.0).cast("float")))


def nan() -> Column:
    """NaN as a float: a missing value in a slot."""
    return F.lit(float("nan")).cast("float")


def state_field(name: str) -> Column:
    """A field of the state, in a frame of states."""
    return F.col(STATE).getField(name)


def level_table(states: DataFrame, slots: Iterable[tuple[str, str, Column]]) -> DataFrame:
    """DataFrame[tenant, column, field, levels ARRAY<STRING>] from each slot's column, field and levels."""
    rows = [
        F.struct(F.lit(output).alias("column"), F.lit(field).alias("field"), levels.alias("levels"))
        for output, field, levels in slots
    ]
    return states.select(TENANT, F.inline(F.array(*rows)))


def one_level_each(outputs: Iterable[str], field: str, levels: Column) -> list[tuple[str, str, Column]]:
    """Slots that stand for one level each, by rank: those beyond the last level have none."""
    return [(output, field, F.slice(levels, rank, 1)) for rank, output in enumerate(outputs, start=1)]
