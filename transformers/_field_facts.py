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

# Shares of the values that match, by name. Java's syntax as far as Python has it too, anchored where it says so.
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
    "digit": r"\d",
    "list": r"[^;|][;|][^;|]",
    "job": r"(?i)\b(manager|director|engineer|officer|president|vp|ceo|cto|cfo|analyst|consultant|head of|"
    r"developer|assistant|specialist|coordinator|representative|owner|founder)\b",
    "company": r"(?i)\b(inc|ltd|llc|gmbh|corp|corporation|company|plc|ag|group|holdings|bv|s\.a)\b\.?$",
    "status": r"^(?i:new|open|opened|closed|active|inactive|pending|running|done|paid|sent|draft|won|lost|"
    r"ok|failed|completed?|cancell?ed|in progress|on hold)$",
}

_EXAMPLES = 3
_EXAMPLE_LENGTH = 100  # characters; they are shown to people


@dataclass(frozen=True)
class Facts:
    """What a sample says about one column; shares are of its values that are not missing.

    Attributes
    ----------
    name, data_type, comment : the column
    rows, values : sampled rows, and those with a value
    distinct, words : different values; mean number of words
    numbers, whole : shares that read as a number, as a whole number
    low, high : least and greatest number, 0 where there is none
    shares : share of matches by pattern name
    examples : the most frequent values
    """

    name: str
    data_type: T.DataType
    comment: str
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


def facts(frame: DataFrame, names: list[str], rows: int) -> list[Facts]:
    """Facts about the named columns, in their order. One Spark job; one row a column is collected."""
    if not names:
        return []
    fields = [frame.schema[name] for name in names]
    values = [_entry(index, field) for index, field in enumerate(fields)]
    long = sample(frame, names, rows).select(F.inline(F.array(*values)))
    # Values repeat: what is asked of each is asked once.
    distinct = long.groupBy("index", "text").agg(F.count(F.lit(1)).alias("n")).select("*", *_properties())
    found = {row["index"]: row for row in distinct.groupBy("index").agg(*_aggregates()).collect()}
    return [_facts(field, found.get(index)) for index, field in enumerate(fields)]


def sample(frame: DataFrame, names: list[str], rows: int) -> DataFrame:
    """The `rows` rows with the smallest hash of the named columns: the same in any order and partitioning."""
    hashed = [column(name) for name in names if _is_single(frame.schema[name].dataType)]
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


def _properties() -> list[Column]:
    """What is asked of a value."""
    text, value = F.col("text"), number(F.col("text"))
    return [
        F.size(F.split(text, r"\s+")).alias("words"),
        value.alias("value"),
        *[text.rlike(pattern).alias(f"is_{name}") for name, pattern in PATTERNS.items()],
    ]


def _aggregates() -> list[Column]:
    text, n, value = F.col("text"), F.col("n"), F.col("value")
    there = text.isNotNull()
    most = F.array_sort(F.collect_list(F.when(there, F.struct(-n, F.left(text, F.lit(_EXAMPLE_LENGTH))))))
    values = F.sum(F.when(there, n))

    def share(condition: Column) -> Column:
        return F.sum(F.when(condition, n)) / values

    return [
        F.sum(n).alias("rows"),
        values.alias("values"),
        F.count(text).alias("distinct"),
        F.slice(most, 1, _EXAMPLES)["col2"].alias("examples"),
        (F.sum(F.when(there, n * F.col("words"))) / values).alias("words"),
        share(value.isNotNull()).alias("numbers"),
        share(value == F.floor(value)).alias("whole"),
        F.min(value).alias("low"),
        F.max(value).alias("high"),
        *[share(F.col(f"is_{name}")).alias(f"is_{name}") for name in PATTERNS],
    ]


def _facts(field: T.StructField, row: Any) -> Facts:
    said = row.asDict() if row is not None else {}
    numbers = {name: said.get(name) or 0.0 for name in ("words", "numbers", "whole", "low", "high")}
    return Facts(
        name=field.name,
        data_type=field.dataType,
        comment=str((field.metadata or {}).get("comment", "")),
        rows=said.get("rows") or 0,
        values=said.get("values") or 0,
        distinct=said.get("distinct") or 0,
        shares={name: said.get(f"is_{name}") or 0.0 for name in PATTERNS},
        examples=tuple(said.get("examples") or ()),
        **numbers,
    )
