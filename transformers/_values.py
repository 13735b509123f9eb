"""Columns of single values, read as texts."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import column, field_of
from tiltyard.errors import DataContractError

_NOT_SINGLE = (T.ArrayType, T.MapType, T.StructType, T.BinaryType, T.VariantType, T.UserDefinedType)


def single_value(schema: T.StructType, name: str, stage: str) -> Column:
    """The column of this name as a string, null for NaN; it must hold single values."""
    field = field_of(schema, name, stage)
    if isinstance(field.dataType, _NOT_SINGLE):
        kind = field.dataType.simpleString()
        raise DataContractError(f"{stage}: column '{name}' must hold single values, got {kind}.")
    value = column(field.name)
    if isinstance(field.dataType, T.FloatType | T.DoubleType):
        value = F.when(~F.isnan(value), value)
    return value.cast("string")
