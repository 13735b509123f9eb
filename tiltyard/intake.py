"""What a file must be to enter an app's source table, and which of its rows are refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.apps import DERIVED
from tiltyard.columns import column, nearest
from tiltyard.config import AppConfig
from tiltyard.csv_types import ZONE_FORM, infer_types
from tiltyard.errors import DataContractError
from tiltyard.inputs import CORRUPT

REASON = "_reason"
ROW = "_row"
DUPLICATE = "duplicate key"
MALFORMED = "malformed row"

_NUMBER, _KEYS = "_number", "_keys"
_RESERVED = (*DERIVED, CORRUPT, REASON, ROW, _NUMBER, _KEYS)
_TIMES = T.DateType | T.TimestampType | T.TimestampNTZType


@dataclass(frozen=True)
class Incoming:
    """One column of a file and what it becomes in the table.

    Parameters
    ----------
    given : its name in the file
    name : its name in the table; names match without regard to case, and the table's spelling stays
    source : its type in the file
    kind : its type in the table; None for a new column without any value, which has no type yet
    new : whether the table has no such column
    """

    given: str
    name: str
    source: T.DataType
    kind: T.DataType | None
    new: bool

    @property
    def as_is(self) -> bool:
        """Return whether values are taken as they are."""
        return self.kind is None or _same(self.source, self.kind)

    @property
    def is_present(self) -> Column:
        """Return whether there is a value; a blank text is none where the table has another type."""
        value = column(self.given)
        if self.as_is:
            return value.isNotNull()
        if isinstance(self.source, T.StringType):
            return F.trim(value) != ""
        fractional = isinstance(self.source, T.FractionalType) and not isinstance(self.source, T.DecimalType)
        return value.isNotNull() & ~F.isnan(value) if fractional else value.isNotNull()

    @property
    def value(self) -> Column:
        """Return the value as the table's type; null where it cannot be that."""
        value = column(self.given)
        if self.as_is:
            return value
        assert self.kind is not None
        text = isinstance(self.source, T.StringType)
        cast = (F.trim(value) if text else value).try_cast(self.kind)
        exact = isinstance(self.kind, T.IntegralType | T.DecimalType) and not text
        cast = F.when(cast == value, cast) if exact else cast
        if text and isinstance(self.kind, T.TimestampNTZType):  # the cast would forget the zone
            cast = F.when(~F.trim(value).rlike(ZONE_FORM), cast)
        return F.when(self.is_present, cast)


def incoming(raw: DataFrame, known: T.StructType | None, app: AppConfig, origin: str) -> list[Incoming]:
    """Match a file's columns with the table's; one aggregation if text columns are new, else no job.

    Parameters
    ----------
    raw : the file, as `tiltyard.inputs.read_input` gives it
    known : the table's schema; None before the first file, which brings all columns the app needs. A later
        one needs the tenant and key columns only.
    origin : the file's name for messages

    Raises
    ------
    DataContractError : missing columns and types that do not go together, a line each
    """
    columns = [_match(field, known) for field in raw.schema if field.name != CORRUPT]
    problems = [*_repeated(columns), *_reserved(columns), *_missing(columns, known, app)]
    problems += _incompatible(columns)
    problems += _no_time(columns, app) if CORRUPT not in raw.columns else []
    _refuse(problems, app, origin)
    if CORRUPT in raw.columns:
        columns = _inferred(raw, columns, app)
        _refuse(list(_no_time(columns, app)), app, origin)
    return columns


def count_reasons(raw: DataFrame, columns: Sequence[Incoming], app: AppConfig) -> dict[str | None, int]:
    """Return how many rows are refused for which reason, and under None how many are good. One Spark job.

    Only the keys are shuffled, not the rows: most files have no duplicate, and `judge` need not look for one.
    """
    marked = raw.select(_reason(raw, columns, app).alias(REASON), _keys(columns, app).alias(_KEYS))
    own = F.when(F.col(REASON).isNull(), F.col(_KEYS)).alias(_KEYS)
    per_key = marked.groupBy(REASON, own).count()
    totals = per_key.groupBy(REASON).agg(F.sum("count").alias("rows"), F.count("*").alias("keys")).collect()
    counts: dict[str | None, int] = {row[REASON]: row["rows"] for row in totals}
    distinct = sum(row["keys"] for row in totals if row[REASON] is None)
    if counts.get(None, 0) > distinct:
        counts |= {DUPLICATE: counts[None] - distinct, None: distinct}
    return counts


def judge(raw: DataFrame, columns: Sequence[Incoming], app: AppConfig, unique: bool = False) -> DataFrame:
    """Return the file's rows as the table's types, with `REASON` and `ROW` (as JSON) for those refused.

    A row is refused because it is malformed, lacks a tenant or key part, has a value its column's type does
    not allow, or has the key of another row that is kept: of equal keys the latest by the app's time, then
    the smallest hash of the row, whatever the order in the file. One shuffle of the rows by key.

    Parameters
    ----------
    unique : the good rows' keys are known to be unique; saves the shuffle
    """
    given = [column(name) for name in raw.columns]
    marked = raw.select("*", _reason(raw, columns, app).alias(REASON))
    reason = F.col(REASON)
    if not unique:
        latest = [one.value.desc_nulls_last() for one in columns if _is_time(one, app)]
        marked = marked.withColumn(_KEYS, _keys(columns, app))
        window = Window.partitionBy(_KEYS).orderBy(reason.isNotNull(), *latest, F.xxhash64(*given))
        marked = marked.withColumn(_NUMBER, F.row_number().over(window))
        reason = F.coalesce(reason, F.when(F.col(_NUMBER) > 1, DUPLICATE))
    return marked.select(
        *(one.value.alias(one.name) for one in columns if one.kind is not None),
        reason.alias(REASON),
        F.when(reason.isNotNull(), F.to_json(F.struct(*given))).alias(ROW),
    )


def _keys(columns: Sequence[Incoming], app: AppConfig) -> Column:
    by_name = {one.name.lower(): one for one in columns}
    return F.struct(*(by_name[name.lower()].value for name in identity(app)))


def _is_time(one: Incoming, app: AppConfig) -> bool:
    return app.time is not None and one.name.lower() == app.time.lower()


def identity(app: AppConfig) -> list[str]:
    """Return the columns that make a row the same: tenant and key."""
    return list(dict.fromkeys([*app.tenant, *app.key]))


def _match(field: T.StructField, known: T.StructType | None) -> Incoming:
    for one in known or ():
        if one.name.lower() == field.name.lower():
            return Incoming(field.name, one.name, field.dataType, one.dataType, new=False)
    kind = None if isinstance(field.dataType, T.NullType) else field.dataType
    return Incoming(field.name, field.name, field.dataType, kind, new=True)


def _inferred(raw: DataFrame, columns: list[Incoming], app: AppConfig) -> list[Incoming]:
    """Give the new text columns types; an empty column the rows are told apart by is text."""
    time = [one.given for one in columns if _is_time(one, app)]
    kinds = infer_types(raw, [one.given for one in columns if one.new], forgiving=time)
    named = {name.lower() for name in (*identity(app), *((app.time,) if app.time else ()))}
    texts = {one.given: T.StringType() if one.name.lower() in named else None for one in columns}
    return [
        Incoming(one.given, one.name, one.source, kinds[one.given] or texts[one.given], new=True)
        if one.new
        else one
        for one in columns
    ]


def _refuse(problems: list[str], app: AppConfig, origin: str) -> None:
    if problems:
        lines = "\n".join(f"  {line}" for line in problems)
        raise DataContractError(f"{app.app}: '{origin}' does not fit the source '{app.source}':\n{lines}")


def _missing(columns: Sequence[Incoming], known: T.StructType | None, app: AppConfig) -> Iterator[str]:
    names = [one.given for one in columns]
    there = {one.name.lower() for one in columns}
    old = {name.lower() for name in known.names} if known else set()
    named = [("tenant", name) for name in app.tenant] + [("key", name) for name in app.key]
    if app.time and app.time.lower() not in old:
        named.append(("time", app.time))
    for role, name in named:
        if name.lower() not in there:
            yield f"{role}: there is no column '{name}'{nearest(name, names)}"


def _repeated(columns: Sequence[Incoming]) -> Iterator[str]:
    times = Counter(one.given.lower() for one in columns)
    for name, count in times.items():
        if count > 1:
            yield f"'{name}' is there {count} times: names match without regard to case."


def _reserved(columns: Sequence[Incoming]) -> Iterator[str]:
    for one in columns:
        if one.given.lower() in _RESERVED:
            yield f"'{one.given}' is a name Tiltyard uses itself: rename the column."


def _incompatible(columns: Sequence[Incoming]) -> Iterator[str]:
    for one in columns:
        if "map<" in one.source.simpleString():
            yield f"'{one.given}' is a map, which cannot be compared: take its values as columns."
        elif one.kind is not None and not _fits(one.source, one.kind):
            here, there = one.source.simpleString(), one.kind.simpleString()
            yield f"'{one.given}' is {here}, but {there} in the table: convert it first."


def _no_time(columns: Sequence[Incoming], app: AppConfig) -> Iterator[str]:
    for one in columns:
        kind = one.kind
        if _is_time(one, app) and not isinstance(kind, _TIMES | T.StringType):
            found = kind.simpleString() if kind is not None else "empty"
            yield f"time: '{one.given}' must be a date, a timestamp or text that is one, got {found}."


def _same(source: T.DataType, target: T.DataType) -> bool:
    return source.simpleString() == target.simpleString()


def _fits(source: T.DataType, target: T.DataType) -> bool:
    """Return whether values may be of the target type; each is checked then."""
    if _same(source, target) or isinstance(source, T.NullType):
        return True
    if isinstance(source, T.StringType):
        return isinstance(target, T.NumericType | T.BooleanType | _TIMES)
    if isinstance(target, T.StringType):
        return isinstance(source, T.NumericType | T.BooleanType | _TIMES)
    if isinstance(source, T.NumericType):
        return isinstance(target, T.NumericType)
    return isinstance(source, T.DateType) and isinstance(target, T.TimestampNTZType)


def _reason(raw: DataFrame, columns: Sequence[Incoming], app: AppConfig) -> Column:
    """Return why a row is refused, null for a good one; the first reason counts."""
    reasons = [F.when(column(CORRUPT).isNotNull(), MALFORMED)] if CORRUPT in raw.columns else []
    by_name = {one.name.lower(): one for one in columns}
    for role, names in (("tenant", app.tenant), ("key", app.key)):
        parts = [by_name[name.lower()] for name in names]
        reasons += [F.when(~_is_said(one), f"null {role} {one.name}") for one in parts]
    reasons += [F.when(bad, f"unparsable {name}") for name, bad in _unparsable(columns, app)]
    return F.coalesce(*reasons, F.lit(None).cast("string"))


def _is_said(one: Incoming) -> Column:
    value = column(one.given)
    return F.coalesce(F.trim(value) != "", F.lit(False)) if _is_text(one.source) else value.isNotNull()


def _is_text(kind: T.DataType | None) -> bool:
    return isinstance(kind, T.StringType)


def _unparsable(columns: Sequence[Incoming], app: AppConfig) -> Iterator[tuple[str, Column]]:
    for one in columns:
        if not one.as_is:
            yield one.name, one.is_present & one.value.isNull()
        elif _is_time(one, app) and _is_text(one.kind):
            text = F.trim(column(one.given))
            yield one.name, (text != "") & text.try_cast("timestamp").isNull()
