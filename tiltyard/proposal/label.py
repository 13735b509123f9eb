"""What an app predicts: a yes or no, one of several classes, or a number, by the values of a column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.apps import LABEL, derive
from tiltyard.columns import column, field_of
from tiltyard.config import AppConfig, ProblemName
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
# More classes than an app may have; and whole numbers are a quantity from so many different ones on.
_MOST_CLASSES, _COUNTED_FROM = 100, 11


@dataclass(frozen=True)
class Label:
    """A label expression, why it is this one, the problem it makes, and how the rows' outcomes are spread.

    `positives` and `negatives` are of a binary problem; `spread` says in words how `known` outcomes differ.
    """

    expression: str
    why: str
    positives: int = 0
    negatives: int = 0
    unknown: int = 0
    problem: ProblemName = "binary"
    known: int = 0
    spread: str = ""


def find_label(frame: DataFrame, wanted: str, app: AppConfig, problem: ProblemName | None = None) -> Label:
    """The label expression of a column, or of a SQL expression, and its counts. Two aggregations at most.

    A column of two values is a binary problem, of up to 100 texts or 10 whole numbers one of several classes, of more
    numbers a regression; `problem` wins over that.

    Raises
    ------
    DataContractError : there is no such column, it has too many values, or all rows have the same outcome
    """
    by_lower = {name.lower(): name for name in frame.columns}
    if name := by_lower.get(wanted.strip().lower()):
        label = _of_column(frame, name, app, problem)
    else:
        if re.fullmatch(r"[\w .-]+", wanted):  # no operator: a name
            field_of(frame.schema, wanted, f"{app.app}: --label")
        label = Label(wanted, "the expression given with --label", problem=problem or "binary")
    return _counted(frame, label, wanted, app)


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


def _of_column(frame: DataFrame, name: str, app: AppConfig, problem: ProblemName | None) -> Label:
    kind, spelt = frame.schema[name].dataType, _spelt(frame, name)
    if problem == "regression":
        return Label(spelt, "the column given with --label", problem=problem)
    if isinstance(kind, T.BooleanType):
        return Label(spelt, "a column of true and false", problem=problem or "binary")
    value = column(name)
    grouped = frame.where(value.isNotNull()).groupBy(value.alias("value")).count()
    found = [
        (row["value"], row["count"])
        for row in grouped.orderBy(F.desc("count"), "value")
        .limit(_MOST_CLASSES + len(_UNKNOWN) + 1)
        .collect()
    ]
    known = [pair for pair in found if str(pair[0]).strip().lower() not in _UNKNOWN]
    number = isinstance(kind, T.NumericType)
    if len(known) < 2:
        raise DataContractError(_too_few(name, [value for value, _ in known], app))
    if problem == "multiclass" or (problem is None and len(known) > 2):
        whole = isinstance(kind, T.IntegralType)
        if problem is None and number and (not whole or len(known) >= _COUNTED_FROM):
            return Label(spelt, "a column of numbers", problem="regression")
        return _of_classes(name, spelt, found, known, app)
    if number and {float(number) for number, _ in known} == {0.0, 1.0}:
        return Label(spelt, "a column of 0 and 1")
    if len(known) != 2:
        raise DataContractError(_too_many(name, spelt, [value for value, _ in known], app, "not two"))
    positive, why = positive_of(known)
    condition = f"{spelt} = {_sql(positive)}"
    if len(found) > len(known):  # what is not known must become null, and not a no
        condition = f"IF({spelt} IN ({', '.join(_sql(value) for value, _ in known)}), {condition}, NULL)"
    return Label(condition, why)


def _of_classes(
    name: str, spelt: str, found: Sequence[tuple[Any, int]], known: Sequence[tuple[Any, int]], app: AppConfig
) -> Label:
    if len(known) > _MOST_CLASSES:
        values = [value for value, _ in known]
        raise DataContractError(_too_many(name, spelt, values, app, f"more than {_MOST_CLASSES}"))
    unknown = [_sql(value) for value, _ in found if value not in [one for one, _ in known]]
    expression = f"IF({spelt} IN ({', '.join(unknown)}), NULL, {spelt})" if unknown else spelt
    return Label(expression, f"a column of {len(known)} classes", problem="multiclass")


def _too_few(name: str, values: Sequence[Any], app: AppConfig) -> str:
    only = f"only the value {_shown(values[0])}" if values else "no values"
    return f"{app.app}: --label: '{name}' has {only}; there is nothing to tell apart."


def _too_many(name: str, spelt: str, values: Sequence[Any], app: AppConfig, how_many: str) -> str:
    shown = ", ".join(_shown(value) for value in values[:_SHOWN])
    number = not isinstance(values[0], str)
    example = f"{spelt} > {_shown(values[0])}" if number else f"{spelt} = {_sql(values[0])}"
    more = ", ..." if len(values) > _SHOWN else ""
    return (
        f"{app.app}: --label: '{name}' has {how_many} values ({shown}{more}), but an app predicts a yes or a no, one"
        f' of at most {_MOST_CLASSES} classes, or a number. Give a condition: --label "{example}".'
    )


def _counted(frame: DataFrame, label: Label, wanted: str, app: AppConfig) -> Label:
    """The label with its counts; refused where all outcomes are the same."""
    told = derive(frame, app.model_copy(update={"label": label.expression, "problem": label.problem}))
    outcome = F.col(LABEL)
    if label.problem == "binary":
        asked = [F.count_if(outcome == 1), F.count_if(outcome == 0), F.count_if(outcome.isNull())]
        positives, negatives, unknown = told.agg(*asked).collect()[0]
        if not (positives and negatives):
            spread = f"true in {positives:,} rows, false in {negatives:,}, null in {unknown:,}"
            raise DataContractError(
                f"{app.app}: --label: '{wanted}' is {spread}; there is nothing to tell apart."
            )
        known = positives + negatives
        spread = f"so in {positives:,} of {known:,} rows ({positives / known:.1%})"
        return replace(
            label, positives=positives, negatives=negatives, unknown=unknown, known=known, spread=spread
        )
    ends = [
        F.min(outcome),
        F.max(outcome),
        F.median(outcome) if label.problem == "regression" else F.lit(None),
    ]
    known, unknown, low, high, middle = told.agg(
        F.count(outcome), F.count_if(outcome.isNull()), *ends
    ).collect()[0]
    if low == high:
        raise DataContractError(
            f"{app.app}: --label: '{wanted}' is {'unknown' if low is None else _shown(low)} in all rows; there is"
            " nothing to tell apart."
        )
    spread = f"known of {known:,} rows"
    if label.problem == "regression":
        spread += f", from {low:g} to {high:g}, the median is {middle:g}"
    return replace(label, unknown=unknown, known=known, spread=spread)


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
