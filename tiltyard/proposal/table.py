"""The rows an app would have after ingest, and plain facts about all of their columns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import column
from tiltyard.config import AppConfig
from tiltyard.inputs import CORRUPT
from tiltyard.intake import incoming

# Relative error of distinct counts: they rank columns, and what matters is counted exactly afterwards.
_RSD = 0.01


@dataclass(frozen=True)
class Counted:
    """One column: its type, the rows that have a value, and about how many different ones there are."""

    name: str
    data_type: T.DataType
    present: int
    distinct: int


@dataclass(frozen=True)
class Table:
    """What ingest would make of the data.

    Attributes
    ----------
    frame : the rows, with the types they would have
    rows : how many
    columns : all of them, in their order
    """

    frame: DataFrame
    rows: int
    columns: tuple[Counted, ...]


def guess_format(data: str) -> str:
    """How the data is stored, from its name and from what lies there: csv, parquet or delta (tables too).

    Examples
    --------
    >>> [guess_format(name) for name in ("leads.csv.gz", "s3://bucket/leads.parquet", "sales.leads")]
    ['csv', 'parquet', 'delta']
    """
    path = Path(data)
    if ".csv" in path.name.lower():
        return "csv"
    if path.name.lower().endswith(".parquet") or any(path.glob("*.parquet")):
        return "delta" if (path / "_delta_log").is_dir() else "parquet"
    if (path / "_delta_log").is_dir() or not path.exists():
        return "delta"
    return "csv"


def as_ingested(raw: DataFrame, app: AppConfig, origin: str) -> DataFrame:
    """The good rows of a file with the types ingest would give them; one aggregation for CSV.

    Raises
    ------
    DataContractError : the file has columns that ingest would refuse, or lacks a tenant column
    """
    columns = incoming(raw, None, app, origin)
    rows = raw.where(column(CORRUPT).isNull()) if CORRUPT in raw.columns else raw
    return rows.select(*[one.value.alias(one.name) for one in columns if one.kind is not None])


def count(frame: DataFrame) -> Table:
    """Count all columns at once: one aggregation."""
    fields = list(frame.schema)
    asked = [F.count(F.lit(1)).alias("rows")]
    for index, field in enumerate(fields):
        asked += [
            F.count_if(present(field)).alias(f"present{index}"),
            _distinct(field).alias(f"distinct{index}"),
        ]
    seen = frame.agg(*asked).collect()[0]
    counted = (
        Counted(field.name, field.dataType, seen[f"present{index}"], seen[f"distinct{index}"])
        for index, field in enumerate(fields)
    )
    return Table(frame, seen["rows"], tuple(counted))


def present(field: T.StructField) -> Column:
    """Whether there is a value, as ingest sees it in a key: a blank text is none."""
    value = column(field.name)
    if isinstance(field.dataType, T.StringType):
        return F.coalesce(F.trim(value) != "", F.lit(False))
    return value.isNotNull()


def distinct_of(columns: list[Column]) -> Column:
    """About how many different rows of these columns there are."""
    return F.approx_count_distinct(F.xxhash64(*columns), _RSD)


def _distinct(field: T.StructField) -> Column:
    return distinct_of([F.when(present(field), column(field.name))])
