"""What an app predicts: a condition from a column with two values, with the class that counts as yes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.apps import LABEL, derive
from tiltyard.columns import column, field_of
from tiltyard.config import AppConfig
from tiltyard.errors import DataContractError
from tiltyard.tables import literal, quoted

# Values that say whether something happened; compared in lower case.
_YES = frozenset(
    {
        "yes", "y", "true", "t", "1", "on", "won", "converted", "churned", "canceled", "cancelled", "default",
        "defaulted", "fraud", "positive", "success", "accepted", "late", "sick", "dead", "bad",
    }
)  # fmt: skip
_NO = frozenset(
    {
        "no", "n", "false", "f", "0", "off", "lost", "not converted", "stayed", "negative", "failure", "rejected",
        "on time", "healthy", "alive", "good",
    }
)  # fmt: skip
# Texts that stand for an outcome that is not known.
_UNKNOWN = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-", "unknown"})

_SHOWN = 5  # values of a wrong label in a message


@dataclass(frozen=True)
class Label:
    """A label expression, why it is this one, and how the rows' outcomes are spread."""

    expression: str
    why: str
    positives: int = 0
    negatives: int = 0
    unknown: int = 0

    @property
    def known(self) -> int:
        return self.positives + self.negatives


def find_label(frame: DataFrame, wanted: str, app: AppConfig) -> Label:
    """The label expression of a column, or of a SQL condition, and its counts. Two aggregations at most.

    Raises
    ------
    DataContractError : there is no such column, its values are not two, or all rows have the same outcome
    """
    by_lower = {name.lower(): name for name in frame.columns}
    if name := by_lower.get(wanted.strip().lower()):
        label = _of_column(frame, name, app)
    else:
        if re.fullmatch(r"[\w .-]+", wanted):  # no operator: a name
            field_of(frame.schema, wanted, f"{app.app}: --label")
        label = Label(wanted, "the condition given with --label")
    label = _counted(frame, label, app)
    if not (label.positives and label.negatives):
        spread = f"true in {label.positives:,} rows, false in {label.negatives:,}, null in {label.unknown:,}"
        raise DataContractError(
            f"{app.app}: --label: '{wanted}' is {spread}; there is nothing to tell apart."
        )
    return label


def positive_of(values: Sequence[tuple[Any, int]]) -> tuple[Any, str]:
    """Of two values with their counts the one that counts as yes, and why.

    Examples
    --------
    >>> positive_of([("No", 10), ("Yes", 90)])
    ('Yes', "'Yes' reads as yes")
    >>> positive_of([("leaves", 10), ("stays", 90)])
    ('leaves', "'leaves' is the rarer value")
    """
    words = {str(value).strip().lower(): value for value, _ in values}
    yes = [value for word, value in words.items() if word in _YES]
    rest = [value for word, value in words.items() if word not in _NO]
    if len(yes) == 1:
        return yes[0], f"{_shown(yes[0])} reads as yes"
    if len(rest) == 1 and len(words) == 2:
        return rest[0], "the other value reads as no"
    rarer = min(values, key=lambda pair: (pair[1], str(pair[0])))[0]
    return rarer, f"{_shown(rarer)} is the rarer value"


def _of_column(frame: DataFrame, name: str, app: AppConfig) -> Label:
    kind, spelt = frame.schema[name].dataType, _spelt(frame, name)
    if isinstance(kind, T.BooleanType):
        return Label(spelt, "a column of true and false")
    value = column(name)
    grouped = frame.where(value.isNotNull()).groupBy(value.alias("value")).count()
    found = [
        (row["value"], row["count"]) for row in grouped.orderBy(F.desc("count"), "value").limit(100).collect()
    ]
    known = [pair for pair in found if str(pair[0]).strip().lower() not in _UNKNOWN]
    if isinstance(kind, T.NumericType) and {float(number) for number, _ in known} == {0.0, 1.0}:
        return Label(spelt, "a column of 0 and 1")
    if len(known) != 2:
        raise DataContractError(_not_two(name, spelt, [value for value, _ in known], app))
    positive, why = positive_of(known)
    condition = f"{spelt} = {_sql(positive)}"
    if len(found) > len(known):  # what is not known must become null, and not a no
        condition = f"IF({spelt} IN ({', '.join(_sql(value) for value, _ in known)}), {condition}, NULL)"
    return Label(condition, why)


def _not_two(name: str, spelt: str, values: Sequence[Any], app: AppConfig) -> str:
    if len(values) < 2:
        only = f"only the value {_shown(values[0])}" if values else "no values"
        return f"{app.app}: --label: '{name}' has {only}; there is nothing to tell apart."
    shown = ", ".join(_shown(value) for value in values[:_SHOWN])
    number = not isinstance(values[0], str)
    example = f"{spelt} > {_shown(values[0])}" if number else f"{spelt} = {_sql(values[0])}"
    more = ", ..." if len(values) > _SHOWN else ""
    return (
        f"{app.app}: --label: '{name}' has more than two values ({shown}{more}), but an app predicts a yes or a"
        f' no. Give a condition: --label "{example}".'
    )


def _counted(frame: DataFrame, label: Label, app: AppConfig) -> Label:
    told = derive(frame, app.model_copy(update={"label": label.expression})).select(LABEL)
    outcome = F.col(LABEL)
    asked = [F.count_if(outcome == 1), F.count_if(outcome == 0), F.count_if(outcome.isNull())]
    positives, negatives, unknown = told.agg(*asked).collect()[0]
    return Label(label.expression, label.why, positives, negatives, unknown)


def _spelt(frame: DataFrame, name: str) -> str:
    """The column's name in SQL; in backticks where it would be read as something else."""
    if not re.fullmatch(r"[A-Za-z_]\w*", name) or name.lower() in ("true", "false", "null"):
        return quoted(name)
    try:
        return name if frame.select(F.expr(name)).columns == [name] else quoted(name)
    except AnalysisException:  # a word of SQL's own
        return quoted(name)


def _sql(value: Any) -> str:
    return literal(value) if isinstance(value, str) else _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, float | Decimal):
        return f"{value:g}" if value == int(value) else str(value)
    return repr(value) if isinstance(value, str) else str(value)
