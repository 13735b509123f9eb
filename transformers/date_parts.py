"""DateParts: where in the day, week, month and year an instant lies, on circles."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from pyspark import keyword_only
from pyspark.ml import Transformer
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.params import some_of
from tiltyard.slots import NUMERIC, derived, lineage
from tiltyard.transformers._times import DAY, HasTimeZone, date_of, time_field, wall_micros

PARTS = ("hour", "weekday", "day", "month")


class DateParts(HasTimeZone, Transformer, HasInputCols, DefaultParamsReadable[Any], DefaultParamsWritable):
    """Take hour, weekday, day of month and month of instants as points on circles: a sine and a cosine each.

    Each part is a fraction of its period, so that its end meets its start: 23:59 is near 00:00, December near
    January. Midnight, Monday, the first of a month and January are at angle 0 (sine 0, cosine 1). The hour
    runs with the minutes; a day is a fraction of its own month's length. Null stays null, and so do the years
    outside 1 to 9999. No job, no shuffle.

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

    See Also
    --------
    Holidays : whether a day is a public holiday, and how far the next one is.
    DaysBetween : from one time of a row to another.
    TimeSince : from a time of a row to one reference for all rows.

    Examples
    --------
    >>> import datetime
    >>> noon = datetime.datetime(2013, 7, 1, 12, tzinfo=datetime.timezone.utc)
    >>> frame = spark.createDataFrame([(noon,)], "departure timestamp")
    >>> parts = DateParts(inputCols=["departure"], timeZone="America/New_York", parts=["hour"])
    >>> [round(value, 3) for value in parts.transform(frame).drop("departure").first()]  # 8 o'clock there
    [0.866, -0.5]
    """

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
        self._setDefault(parts=list(PARTS))
        self._set(**self._input_kwargs)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        fields = [time_field(dataset.schema, name, "DateParts") for name in self._given("inputCols")]
        return dataset.select("*", *[made for field in fields for made in self._columns(field)])

    def _columns(self, field: T.StructField) -> Iterator[Column]:
        turns = _turns(field, self.getOrDefault(self.timeZone))
        for part in self.getOrDefault(self.parts):
            if part in turns:
                for name, function in (("sin", F.sin), ("cos", F.cos)):
                    output = f"{field.name}__{part}_{name}"
                    yield derived(function(turns[part] * 2 * math.pi), output, lineage(field), NUMERIC)


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
    wall = wall_micros(field, zone)
    date = date_of(wall)
    turns = {
        "hour": F.pmod(wall, F.lit(DAY)) / DAY,
        "weekday": F.weekday(date) / 7,
        "day": (F.dayofmonth(date) - 1) / F.dayofmonth(F.last_day(date)),
        "month": (F.month(date) - 1) / 12,
    }
    if isinstance(field.dataType, T.DateType):
        del turns["hour"]
    return turns
