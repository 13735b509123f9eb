"""Dates and times of any type as microseconds on the clock of one zone."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from pyspark.ml.param import Param, Params
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import column, field_of
from tiltyard.errors import DataContractError
from tiltyard.params import Range, Ranged

# A day in microseconds.
DAY = 86_400_000_000

# The days since 1970 that SQL and Python know as dates, years 1 to 9999: beyond them sums would overflow.
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896


def _zone(value: Any) -> str:
    return ZoneInfo(value).key


class HasTimeZone(Ranged):
    """Param `timeZone`, UTC unless given."""

    timeZone: Param[str] = Param(
        Params._dummy(),
        "timeZone",
        "zone in which instants are read",
        Range("a time zone such as 'Europe/Berlin'", _zone),
    )

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(timeZone="UTC")


def time_field(schema: T.StructType, name: str, stage: str) -> T.StructField:
    """The schema's field of this name, which must hold dates or times."""
    field = field_of(schema, name, stage)
    if not isinstance(field.dataType, T.DateType | T.TimestampType | T.TimestampNTZType):
        kind = field.dataType.simpleString()
        raise DataContractError(f"{stage}: column '{name}' must be a timestamp or a date, got {kind}.")
    return field


def wall_micros(field: T.StructField, zone: str) -> Column:
    """Microseconds since the start of 1970 on the zone's clocks, whatever the session's zone.

    A date is its midnight; a timestamp without zone is taken as it stands. Null outside the years 1 to 9999.
    """
    value = column(field.name)
    if isinstance(field.dataType, T.DateType):
        return _midnight(value)
    if isinstance(field.dataType, T.TimestampNTZType):
        seconds = F.hour(value) * 3600 + F.minute(value) * 60 + F.extract(F.lit("SECOND"), value)
        return _midnight(value.cast("date")) + (seconds * 1_000_000).cast("long")
    # Plain arithmetic on the shifted instant: hour() and its like would follow the session's time zone.
    known = F.unix_micros(value).between(_FIRST_DAY * DAY, (_LAST_DAY + 1) * DAY - 1)
    return F.unix_micros(F.from_utc_timestamp(F.when(known, value), zone))


def date_of(micros: Column) -> Column:
    """The date of a clock's microseconds."""
    return F.date_from_unix_date(((micros - F.pmod(micros, F.lit(DAY))) / DAY).cast("int"))


def _midnight(date: Column) -> Column:
    days = F.unix_date(date)
    return F.when(days.between(_FIRST_DAY, _LAST_DAY), days.cast("long") * DAY)
