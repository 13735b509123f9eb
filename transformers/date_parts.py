"""DateParts: where in the day, week, month and year an instant lies, on circles."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from pyspark import keyword_only
from pyspark.ml import Transformer
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import column, field_of
from tiltyard.errors import DataContractError
from tiltyard.params import Range, Ranged, some_of
from tiltyard.slots import NUMERIC, Slot, lineage, slot_metadata

PARTS = ("hour", "weekday", "day", "month")

_MICROS_A_DAY = 86_400_000_000


def _zone(value: Any) -> str:
    return ZoneInfo(value).key


class DateParts(Ranged, Transformer, HasInputCols, DefaultParamsReadable[Any], DefaultParamsWritable):
    """Take hour, weekday, day of month and month of instants as points on circles: a sine and a cosine each.

    Each part is a fraction of its period, so that its end meets its start: 23:59 is near 00:00, December near
    January. Midnight, Monday, the first of a month and January are at angle 0 (sine 0, cosine 1). The hour
    runs with the minutes; a day is a fraction of its own month's length. Null stays null. No job, no shuffle.

    Parameters
    ----------
    inputCols : columns of timestamps (instants), timestamps without zone (taken as wall-clock time), or dates
        (which have no hour: that part is left out)
    timeZone : zone in which instants are read, such as "America/New_York", with its daylight saving time; the
        session's zone has no influence
    parts : some of "hour", "weekday", "day", "month"

    Notes
    -----
    Output columns are doubles in [-1, 1] called `<input>__hour_sin`, `<input>__hour_cos` and so on.

    Examples
    --------
    >>> import datetime
    >>> noon = datetime.datetime(2013, 7, 1, 12, tzinfo=datetime.timezone.utc)
    >>> frame = spark.createDataFrame([(noon,)], "departure timestamp")
    >>> parts = DateParts(inputCols=["departure"], timeZone="America/New_York", parts=["hour"])
    >>> [round(value, 3) for value in parts.transform(frame).drop("departure").first()]  # 8 o'clock there
    [0.866, -0.5]
    """

    timeZone: Param[str] = Param(
        Params._dummy(),
        "timeZone",
        "zone in which instants are read",
        Range("a time zone such as 'Europe/Berlin'", _zone),
    )
    parts: Param[list[str]] = Param(Params._dummy(), "parts", "which parts to take", some_of(*PARTS))

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        timeZone: str = "UTC",
        parts: list[str] | None = None,
    ) -> None:
        super().__init__()
        self._setDefault(timeZone="UTC", parts=list(PARTS))
        self._set(**self._input_kwargs)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        fields = [field_of(dataset.schema, name, "DateParts") for name in self.getInputCols()]
        return dataset.select("*", *[made for field in fields for made in self._columns(field)])

    def _columns(self, field: T.StructField) -> Iterator[Column]:
        turns = _turns(field, self.getOrDefault(self.timeZone))
        source, kind = lineage(field)
        for part in self.getOrDefault(self.parts):
            if part in turns:
                for name, function in (("sin", F.sin), ("cos", F.cos)):
                    output = f"{field.name}__{part}_{name}"
                    metadata = slot_metadata(Slot(output, source, kind, NUMERIC))
                    yield function(turns[part] * 2 * math.pi).alias(output, metadata=metadata)


def part_columns(name: str, parts: tuple[str, ...] = PARTS) -> list[str]:
    """The output columns DateParts makes of an input column.

    Examples
    --------
    >>> part_columns("sold", ("month",))
    ['sold__month_sin', 'sold__month_cos']
    """
    return [f"{name}__{part}_{function}" for part in parts for function in ("sin", "cos")]


def _turns(field: T.StructField, zone: str) -> dict[str, Column]:
    """Fractions of a turn by part; without "hour" for dates."""
    value = column(field.name)
    if isinstance(field.dataType, T.DateType):
        return _date_turns(value)
    if isinstance(field.dataType, T.TimestampNTZType):
        seconds = F.hour(value) * 3600 + F.minute(value) * 60 + F.second(value)
        return {"hour": seconds / 86_400, **_date_turns(value.cast("date"))}
    if isinstance(field.dataType, T.TimestampType):
        # Plain arithmetic on the shifted instant: hour() and its like would follow the session's time zone.
        wall = F.unix_micros(F.from_utc_timestamp(value, zone))
        days = F.floor(wall / F.lit(_MICROS_A_DAY)).cast("int")
        return {
            "hour": F.pmod(wall, F.lit(_MICROS_A_DAY)) / _MICROS_A_DAY,
            **_date_turns(F.date_add(F.lit("1970-01-01").cast("date"), days)),
        }
    kind = field.dataType.simpleString()
    raise DataContractError(f"DateParts: column '{field.name}' must be a timestamp or a date, got {kind}.")


def _date_turns(date: Column) -> dict[str, Column]:
    return {
        "weekday": F.weekday(date) / 7,
        "day": (F.dayofmonth(date) - 1) / F.dayofmonth(F.last_day(date)),
        "month": (F.month(date) - 1) / 12,
    }
