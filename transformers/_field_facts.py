"""What FieldTyper looks at: facts about each column's values, from one aggregation over a sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import column
from tiltyard.transformers._missing import known
from tiltyard.transformers._numbers import number

# Shares of the values that match, by name. RE2-like subset of Java's syntax, anchored where it says so.
PATTERNS = {
    "email": r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$",
    "url": r"^(?i:https?://|www\.)\S+$",
    "uuid": r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
    "geolocation": r"^\(?-?\d{1,3}\.\d+\s*[,;]\s*-?\d{1,3}\.\d+\)?$",
    "date": r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})$",
    "timestamp": r"^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}[ T]\d{1,2}:\d{2}",
    "phone": r"^\+?[\d\s()./-]*\d[\d\s()./-]{5,}\d$",
    "phone_marks": r"^(\+|\().*\d|\d[\s./-]\d.*\d[\s./-]\d",
    "currency": r"^\s*[-+]?\s*[$€£¥]|[$€£¥]\s*$",
    "percent": r"%\s*$",
    "yes_no": r"^(?i:yes|no|y|n|true|false|t|f|on|off|0|1|0\.0|1\.0)$",
    "zero_one": r"^[01](\.0+)?$",
    "digit": r"\d",
    "list": r"[^;|][;|][^;|]",
    "job": r"(?i)\b(manager|director|engineer|officer|president|vp|ceo|cto|cfo|analyst|consultant|head of|"
    r"developer|assistant|specialist|coordinator|representative|owner|founder)\b",
    "company": r"(?i)\b(inc|ltd|llc|gmbh|corp|corporation|company|plc|ag|group|holdings|bv|s\.a)\b\.?$",
}


@dataclass(frozen=True)
class Facts:
    """What a sample says about one column; shares are of its values that are not missing.

    Attributes
    ----------
    name, data_type : the column
    rows, values : sampled rows, and those with a value
    distinct, words : different values; mean number of words
    numbers, whole : shares that read as a number, as a whole number
    low, high : least and greatest number, 0 where there is none
    shares : share of matches by pattern name
    examples : the most frequent values
    """

    name: str
    data_type: T.DataType
    rows: int
    values: int
    distinct: int
    words: float
    numbers: float
    whole: float
    low: float
    high: float
    shares: dict[str, float]
    examples: tuple[str, ...]

    @property
    def unique(self) -> float:
        """Different values as a share of all."""
        return self.distinct / self.values if self.values else 0.0

    @property
    def missing(self) -> float:
        return 1 - self.values / self.rows if self.rows else 1.0


def facts(frame: DataFrame, names: list[str], rows: int) -> list[Facts]:
    """Facts about the named columns, in their order. One aggregation; one row a column is collected."""
    if not names:
        return []
    fields = [frame.schema[name] for name in names]
    values = [_entry(index, field) for index, field in enumerate(fields)]
    long = sample(frame, names, rows).select(F.inline(F.array(*values)))
    found = {row["index"]: row for row in long.groupBy("index").agg(*_aggregates()).collect()}
    return [_facts(field, found.get(index)) for index, field in enumerate(fields)]


def sample(frame: DataFrame, names: list[str], rows: int) -> DataFrame:
    """The `rows` rows with the smallest hash of the named columns: the same in any order and partitioning."""
    hashed = [column(name).cast("string") for name in names if _is_single(frame.schema[name].dataType)]
    chosen = frame.select(*[column(name) for name in names], F.xxhash64(*hashed).alias("__tiltyard_hash"))
    return chosen.orderBy("__tiltyard_hash").limit(rows)


def _is_single(data_type: T.DataType) -> bool:
    return not isinstance(
        data_type, T.ArrayType | T.MapType | T.StructType | T.UserDefinedType | T.VariantType
    )


def _entry(index: int, field: T.StructField) -> Column:
    text = F.lit(None).cast("string")
    if _is_single(field.dataType):
        text = known(column(field.name).cast("string"))
    return F.struct(F.lit(index).alias("index"), text.alias("text"))


def _aggregates() -> list[Column]:
    text, value = F.col("text"), number(F.col("text"))
    # Sizes of the sketch: more than any sample has distinct values, so that the count is exact.
    top = F.call_function("approx_top_k", text, F.lit(1_000_000), F.lit(1_000_000))
    items = F.transform(
        F.filter(top, lambda e: e["item"].isNotNull()), lambda e: F.struct(-e["count"], e["item"])
    )
    examples = F.transform(F.slice(F.array_sort(items), 1, 3), lambda e: e["item"])
    words = F.size(F.split(text, r"\s+"))
    return [
        F.count(F.lit(1)).alias("rows"),
        F.count(text).alias("values"),
        F.size(items).alias("distinct"),
        examples.alias("examples"),
        F.avg(F.when(text.isNotNull(), words)).alias("words"),
        F.avg(F.when(text.isNotNull(), value.isNotNull().cast("int"))).alias("numbers"),
        F.avg(F.when(text.isNotNull(), F.coalesce((value == F.floor(value)).cast("int"), F.lit(0)))).alias(
            "whole"
        ),
        F.min(value).alias("low"),
        F.max(value).alias("high"),
        *[F.avg(text.rlike(pattern).cast("int")).alias(f"is_{name}") for name, pattern in PATTERNS.items()],
    ]


def _facts(field: T.StructField, row: Any) -> Facts:
    if row is None:
        return Facts(
            field.name, field.dataType, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, dict.fromkeys(PATTERNS, 0.0), ()
        )
    return Facts(
        name=field.name,
        data_type=field.dataType,
        rows=row["rows"],
        values=row["values"],
        distinct=row["distinct"],
        words=row["words"] or 0.0,
        numbers=row["numbers"] or 0.0,
        whole=row["whole"] or 0.0,
        low=row["low"] or 0.0,
        high=row["high"] or 0.0,
        shares={name: row[f"is_{name}"] or 0.0 for name in PATTERNS},
        examples=tuple(row["examples"]),
    )
