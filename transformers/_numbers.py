"""Numbers as the stages read them: numeric columns, and numbers written as text."""

from __future__ import annotations

from pyspark.ml.param import Params
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import NumericType, StructField, StructType

from tiltyard.columns import column, field_of
from tiltyard.errors import DataContractError
from tiltyard.params import outputs_of

NUMERIC_TYPES = frozenset({"Real", "Integral", "Percent", "Currency"})

# Currency signs, percent signs, spaces and thousands separators ("$1,200.50", "45 %").
_ORNAMENT = r"[\s$€£¥%]|,(?=\d{3}(?:\D|$))"


def number(text: Column) -> Column:
    """The number a text holds as a double, null when it holds none; "1,200" is 1200, "45 %" is 45."""
    return F.regexp_replace(text, _ORNAMENT, "").try_cast("double")


def numeric_field(schema: StructType, name: str, stage: str) -> StructField:
    """The schema's field of this name, which must be numeric."""
    field = field_of(schema, name, stage)
    if not isinstance(field.dataType, NumericType):
        kind = field.dataType.simpleString()
        raise DataContractError(
            f"{stage}: column '{name}' must be numeric, got {kind}. Cast it to a number first."
        )
    return field


def numeric_outputs(stage: Params, schema: StructType, suffix: str) -> list[tuple[str, StructField, str]]:
    """Name, field and output name of each of the stage's `inputCols`, which must be numeric."""
    own = type(stage).__name__
    outputs = outputs_of(stage, suffix)
    return [(name, numeric_field(schema, name, own), output) for name, output in outputs.items()]


def not_nan(field: StructField) -> Column:
    """The field's number as a double, null for NaN."""
    value = column(field.name).cast("double")
    return F.when(~F.isnan(value), value)


def finite(value: Column) -> Column:
    """The number, null for NaN and the infinities."""
    # NaN sorts above infinity in Spark, so one comparison catches both.
    return F.when(F.abs(value) < float("inf"), value)


def finite_inputs(stage: Params, schema: StructType, suffix: str) -> dict[str, Column]:
    """The stage's `inputCols` as finite doubles or null, by name; they must be numeric."""
    return {name: finite(not_nan(field)) for name, field, _ in numeric_outputs(stage, schema, suffix)}
