"""Which columns a model must not see, and why; and which one says when a record happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.apps import LABEL
from tiltyard.columns import column
from tiltyard.proposal.table import Counted, Table, present
from tiltyard.transformers._field_facts import sample
from tiltyard.transformers._field_words import by_name

TIMES = (T.DateType, T.TimestampType, T.TimestampNTZType)

# Words of a date that is written when the outcome is known, or of one that says nothing about the record's time.
_LATER = frozenset(
    {
        "status", "closed", "close", "end", "ended", "updated", "update", "modified", "modification", "changed",
        "resolved", "cancelled", "canceled", "cancellation", "completed", "completion", "delivered", "returned",
        "deleted", "converted", "conversion", "churned", "paid", "notable",
    }
)  # fmt: skip
_OTHER = frozenset(
    {"birth", "born", "dob", "birthday", "due", "expiry", "expires", "expiration", "valid", "last", "next"}
)
_FIRST = frozenset(
    {"created", "creation", "opened", "start", "started", "order", "ordered", "booked", "signup"}
)

# Rows without a time are in no window: more than this share of them, and the column is not the record's time.
_TIMELESS = 0.01

# A column knows the answer if going by its values alone is right in this share of the rows, where going by the
# more frequent class is right in at most that one.
_KNOWS, _GUESSED = 0.99, 0.95
# Rows a value needs to be judged by itself; rarer values are judged together.
_SUPPORT = 5
_SAMPLE_ROWS = 20_000
_FEW_ROWS = 100


@dataclass(frozen=True)
class Time:
    """The column that says when a record happened, or None, and why."""

    column: str | None
    why: str


def excluded(
    table: Table,
    findings: Sequence[Mapping[str, Any]],
    labelled: DataFrame,
    hidden: set[str],
    *,
    tells_two: bool = True,
) -> dict[str, str]:
    """The columns a model must not see, with the reason: one job for those that know the answer.

    Parameters
    ----------
    findings : FieldTyper's evidence, one for each column
    labelled : the rows with `_label`
    hidden : columns that are no fields anyway: of tenant, key and label
    tells_two : whether the label is a yes or no; of others no single value is the answer
    """
    found = {one["field"]: one for one in findings}
    open_ = [one for one in table.columns if one.name not in hidden]
    reasons = {one.name: why for one in open_ if (why := _reason(one, found[one.name], table.rows))}
    left = [one.name for one in open_ if one.name not in reasons]
    if not tells_two:
        return reasons
    return reasons | _knowing(labelled.where(column(LABEL).isNotNull()), left)


def find_time(table: Table, closed: set[str]) -> Time:
    """The date or timestamp that says when a record happened.

    Parameters
    ----------
    closed : columns that are excluded, or in the label
    """
    dated = [one for one in table.columns if isinstance(one.data_type, TIMES) and one.name not in closed]
    full = [one for one in dated if one.present >= (1 - _TIMELESS) * table.rows and one.distinct > 1]
    fitting = [one for one in full if not by_name(one.name).any(_OTHER)]
    if not fitting:
        others = ", ".join(one.name for one in dated)
        return Time(
            None, f"none of {others} says when a record happened" if others else "no date, no timestamp"
        )
    best = min(fitting, key=lambda one: (by_name(one.name).any(_FIRST) is None, table.rows - one.present))
    kind = best.data_type.simpleString()
    rest = ", ".join(one.name for one in fitting if one is not best)
    return Time(best.name, f"a {kind}, {best.distinct:,} different ones" + (f"; also {rest}" if rest else ""))


def _reason(one: Counted, found: Mapping[str, Any], rows: int) -> str | None:
    """Why a column is left out by what it is."""
    if not one.present:
        return "has no values"
    if found["type"] == "Id":
        return f"Id: {found['evidence']}"
    if one.distinct == 1 and one.present == rows:  # that there is a value may say something
        return "has only one value"
    dated = found["type"] in ("Date", "Timestamp")
    if dated and not isinstance(one.data_type, TIMES):
        return "dates as text that Spark does not read; write them as 2024-12-31"
    later = by_name(one.name).any(_LATER) if dated else None
    return f"a date that may be written with the outcome ('{later}' in the name)" if later else None


def _knowing(labelled: DataFrame, names: list[str]) -> dict[str, str]:
    """The columns whose values tell the outcome by themselves. One job, whatever their number."""
    single = [name for name in names if _comparable(labelled.schema[name].dataType)]
    if not single:
        return {}
    rows = sample(labelled.select(*map(column, single), LABEL), [*single, LABEL], _SAMPLE_ROWS)
    values = [_value(index, labelled.schema[name]) for index, name in enumerate(single)]
    one_each = rows.select(LABEL, F.inline(F.array(*values)))
    found = _told_by_values(one_each).collect()
    return dict(sorted(_leaks(single, found), key=lambda pair: single.index(pair[0])))


def _value(index: int, field: T.StructField) -> Column:
    text = F.when(present(field), column(field.name).cast("string"))
    return F.struct(F.lit(index).alias("index"), text.alias("text"))


def _told_by_values(one_each: DataFrame) -> DataFrame:
    """Rows by column, and for how many the more frequent class of their value is right."""
    n, positives = F.col("n"), F.col("positives")
    by_value = one_each.groupBy("index", "text").agg(
        F.count(F.lit(1)).alias("n"), F.sum(LABEL).alias("positives")
    )
    alone = F.col("text").isNull() | (n >= _SUPPORT)
    rare_n, rare_positives = F.sum(F.when(~alone, n)), F.sum(F.when(~alone, positives))
    right = F.sum(F.when(alone, F.greatest(positives, n - positives)))
    rare_right = F.greatest(rare_positives, rare_n - rare_positives)
    zero = F.lit(0.0)
    return by_value.groupBy("index").agg(
        F.sum(n).alias("rows"),
        F.greatest(F.sum(positives), F.sum(n) - F.sum(positives)).alias("guessed"),
        (F.coalesce(right, zero) + F.coalesce(rare_right, zero)).alias("told"),
    )


def _leaks(names: Sequence[str], found: Sequence[Any]) -> Iterator[tuple[str, str]]:
    for row in found:
        told, guessed = row["told"] / row["rows"], row["guessed"] / row["rows"]
        if row["rows"] >= _FEW_ROWS and told >= _KNOWS and guessed <= _GUESSED:
            yield (
                names[row["index"]],
                f"knows the outcome: its values alone tell it in {told:.1%} of the rows",
            )


def _comparable(kind: T.DataType) -> bool:
    return not isinstance(
        kind, T.ArrayType | T.MapType | T.StructType | T.BinaryType | T.UserDefinedType | T.VariantType
    )
