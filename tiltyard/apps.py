"""An app's rows as every stage sees them: tenant, key, time and label beside the source's own columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard._problems import nearest
from tiltyard.columns import column
from tiltyard.config import AppConfig
from tiltyard.errors import DataContractError

# The underscore keeps derived columns apart from a source's own.
TENANT = "_tenant"
KEY = "_key"
TIME = "_time"
LABEL = "_label"
FOLD = "_fold"
FEATURES = "_features"
PART = "_part"  # what a model of all tenants must not have learnt from, to answer for the row
RATES = "_rates"  # mean labels of the row's categories over all tenants
MARGIN = "_margin"  # log odds of a model of all tenants
SEGMENT = "_segment"  # what the row's tenant belongs to
DERIVED = (TENANT, KEY, TIME, LABEL, FOLD, FEATURES, PART, RATES, MARGIN, SEGMENT)

ALL_ROWS = "all"  # the tenant of every row of an app that declares no tenant columns

_LITERAL = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"")
_IDENTIFIER = re.compile(r"`((?:[^`]|``)+)`|(?<![\w.])([^\W\d]\w*)(?!\w|\s*\()")


def joined(columns: Sequence[str]) -> Column:
    r"""One string from several columns, reversible: parts escaped with a backslash and joined with "|".

    A null part makes the whole null.

    Examples
    --------
    >>> rows = [("UA", "IAH"), ("a|b", "c\\d"), ("UA", None)]
    >>> frame = spark.createDataFrame(rows, "carrier string, dest string")
    >>> for row in frame.select(joined(["carrier", "dest"]).alias("tenant")).collect(): print(row.tenant)
    UA|IAH
    a\|b|c\\d
    None
    """
    parts = [_escaped(column(name)) for name in columns]
    between = [piece for part in parts for piece in (F.lit("|"), part)]
    return F.concat(*between[1:])


def derive(frame: DataFrame, app: AppConfig) -> DataFrame:
    """Add `_tenant`, `_key`, `_time` and `_label` to the source's columns. One `select`, no job.

    `_label` is null while the outcome is not known (a null or NaN label expression). Of a binary problem it is 1.0 or
    0.0, and a numeric label other than 0 and 1 stops the job that computes it; of a regression it is a number, and
    null where it is infinite; of several classes it is the class's name, null where that is empty.

    `_time` is null for an app without `time`; a date, a string or a timestamp without zone is wall-clock time of the
    app's `time_zone`, an instant stays.

    Raises
    ------
    DataContractError : columns the app names are missing, or the label is of a type that the problem cannot have

    Examples
    --------
    >>> app = AppConfig(app="late", source="flights", tenant=("carrier", "dest"), key=("id",),
    ...                 label="delay > 15")
    >>> frame = spark.createDataFrame([("UA", "IAH", 1, 20.0), ("UA", "IAH", 2, None)],
    ...                               "carrier string, dest string, id int, delay double")
    >>> for row in derive(frame, app).select("_tenant", "_key", "_label").collect(): print(tuple(row))
    ('UA|IAH', '1', 1.0)
    ('UA|IAH', '2', None)
    """
    check_columns(frame.columns, app)
    tenant = joined(app.tenant) if app.tenant else F.lit(ALL_ROWS)
    return frame.select(
        "*",
        tenant.alias(TENANT),
        joined(app.key).alias(KEY),
        _time(frame, app).alias(TIME),
        _label(frame, app).alias(LABEL),
    )


def input_fields(frame_columns: Sequence[str], app: AppConfig) -> list[str]:
    """The columns that may become features: all but tenant, key, excluded and those the label is made of.

    Names match as in Spark, without regard to case. The time column stays: its parts may be features.

    Examples
    --------
    >>> app = AppConfig(app="late", source="flights", tenant=("carrier",), key=("id",),
    ...                 label="arr_delay > 15", exclude=("air_time",))
    >>> input_fields(["id", "carrier", "distance", "air_time", "arr_delay", "_tenant"], app)
    ['distance']
    """
    taken = {*app.tenant, *app.key, *app.exclude, *label_columns(app.label, frame_columns), *DERIVED}
    hidden = {name.lower() for name in taken}
    return [name for name in frame_columns if name.lower() not in hidden]


def label_columns(expression: str, frame_columns: Iterable[str]) -> list[str]:
    """The columns a SQL label expression mentions, outside of string literals and function names.

    Examples
    --------
    >>> label_columns("arr_delay > 15 AND `Lead Source` <> 'dest'", ["arr_delay", "dest", "Lead Source"])
    ['arr_delay', 'Lead Source']
    """
    words = _IDENTIFIER.findall(_LITERAL.sub(" ", expression))
    mentioned = {(ticked.replace("``", "`") or plain).lower() for ticked, plain in words}
    return [name for name in frame_columns if name.lower() in mentioned]


def check_columns(frame_columns: Sequence[str], app: AppConfig) -> None:
    """Refuse a source without the columns the app names, all of them at once.

    Raises
    ------
    DataContractError : one line a missing column, with where the app names it and the nearest match
    """
    present = {name.lower() for name in frame_columns}
    named = {
        "tenant": app.tenant,
        "key": app.key,
        "time": (app.time,) if app.time else (),
        "exclude": app.exclude,
        "fields": tuple(app.fields),
        "folds.group": app.folds.group,
    }
    missing = [
        f"  {where}: '{name}'{nearest(name, frame_columns)}"
        for where, names in named.items()
        for name in names
        if name.lower() not in present
    ]
    if missing:
        lines = "\n".join(missing)
        raise DataContractError(f"{app.app}: the source '{app.source}' has no such columns:\n{lines}")


def _escaped(part: Column) -> Column:
    text = part.cast("string")
    return F.replace(F.replace(text, F.lit("\\"), F.lit("\\\\")), F.lit("|"), F.lit("\\|"))


def _time(frame: DataFrame, app: AppConfig) -> Column:
    if app.time is None:
        return F.lit(None).cast("timestamp")
    time = column(app.time)
    if isinstance(frame.select(time).schema[0].dataType, T.TimestampType):
        return time
    return F.to_utc_timestamp(time.cast("timestamp"), app.time_zone)


def _label(frame: DataFrame, app: AppConfig) -> Column:
    value = F.expr(app.label)
    kind = _label_type(frame, app)
    if app.problem == "multiclass":
        return _class(value, kind, app)
    if app.problem == "regression":
        return _number(value, kind, app)
    if isinstance(kind, T.BooleanType):
        return value.cast("double")
    if not isinstance(kind, T.NumericType):
        raise DataContractError(
            f"{app.app}: label '{app.label}' must be a boolean or 0 and 1, got {kind.simpleString()}. "
            "Write a comparison, such as \"status = 'won'\"."
        )
    # A label such as "amount" would otherwise pass for a class.
    number = value.cast("double")
    message = F.concat(F.lit(f"{app.app}: label '{app.label}' must be 0 or 1, got "), value.cast("string"))
    return (
        F.when(number.isNull() | F.isnan(number), F.lit(None).cast("double"))
        .when(number.isin(0.0, 1.0), number)
        .otherwise(F.raise_error(message).cast("double"))
    )


def _number(value: Column, kind: T.DataType, app: AppConfig) -> Column:
    if not isinstance(kind, T.NumericType):
        raise DataContractError(
            f"{app.app}: label '{app.label}' must be a number for regression, got {kind.simpleString()}."
        )
    number = value.cast("double")
    return F.when(F.abs(number) < float("inf"), number)  # NaN is above it


def _class(value: Column, kind: T.DataType, app: AppConfig) -> Column:
    if not isinstance(kind, T.StringType | T.IntegralType | T.BooleanType):
        raise DataContractError(
            f"{app.app}: label '{app.label}' must be a text or a whole number for several classes, got"
            f" {kind.simpleString()}. Cast it, or write a CASE WHEN that names the classes."
        )
    return F.nullif(F.trim(value.cast("string")), F.lit(""))


def _label_type(frame: DataFrame, app: AppConfig) -> T.DataType:
    try:
        return frame.select(F.expr(app.label)).schema[0].dataType
    except AnalysisException as error:  # a ParseException is one too
        reason = str(error).strip().partition("\n")[0].partition(" SQLSTATE")[0]
        raise DataContractError(
            f"{app.app}: label '{app.label}' does not fit the source: {reason}"
        ) from error
