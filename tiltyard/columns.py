"""Column names and types: quoting, and errors that name what a stage does not find."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import StructField, StructType

from tiltyard.errors import DataContractError


def column(name: str) -> Column:
    """The column of exactly this name, whatever dots, spaces or quotes it holds.

    Examples
    --------
    >>> frame = spark.createDataFrame([(1,)], ["Lead No."])
    >>> frame.select(column("Lead No.")).first()[0]
    1
    """
    return F.col("`" + name.replace("`", "``") + "`")


def field_of(schema: StructType, name: str, stage: str) -> StructField:
    """The schema's field of this name; names match as in Spark, without regard to case.

    Raises
    ------
    DataContractError : there is none; the message has the nearest match

    Examples
    --------
    >>> field_of(StructType.fromDDL("carrier string"), "carier", "Pivot")
    Traceback (most recent call last):
    tiltyard.errors.DataContractError: Pivot: the frame has no column 'carier', did you mean 'carrier'?
    """
    for field in schema.fields:
        if field.name.lower() == name.lower():
            return field
    raise DataContractError(f"{stage}: the frame has no column '{name}'{nearest(name, schema.names)}")


def nearest(name: str, known: Iterable[str]) -> str:
    """The hint that ends an error about an unknown name; "." without a near one."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f", did you mean '{near[0]}'?" if near else "."
