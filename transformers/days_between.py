"""DaysBetween: the days from one time of a row to another."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from pyspark import keyword_only
from pyspark.ml import Transformer
from pyspark.ml.param.shared import HasInputCols
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import Column, DataFrame
from pyspark.sql import types as T

from tiltyard.errors import TiltyardError
from tiltyard.slots import NUMERIC, derived, lineage
from tiltyard.transformers._times import DAY, HasTimeZone, time_field, wall_micros


class DaysBetween(HasTimeZone, Transformer, HasInputCols, DefaultParamsReadable[Any], DefaultParamsWritable):
    """Count the days from one date or time of a row to another: from a trial's start to its end.

    Each input is measured from every one that stands before it in `inputCols`: three inputs give three
    outputs. A number is negative where the later named time is the earlier one. Null where either is null or
    outside the years 1 to 9999. No job, no shuffle.

    Parameters
    ----------
    inputCols : two or more columns of timestamps (instants), timestamps without zone, or dates (midnight)
    timeZone : zone in whose wall-clock time instants are read

    Notes
    -----
    Output columns are doubles called `<later>__days_since_<earlier>`, with the hours as a fraction. Days are
    those of the wall clock: from noon to noon is a whole day, also when the clocks change in between.

    A time that is only known after what is to be predicted (a contract's end) tells the answer away.

    See Also
    --------
    TimeSince : days to one reference for all rows, where a row has no second time.

    Examples
    --------
    >>> import datetime
    >>> row = (datetime.date(2024, 2, 28), datetime.datetime(2024, 3, 1, 12))
    >>> frame = spark.createDataFrame([row], "created date, opened timestamp_ntz")
    >>> DaysBetween(inputCols=["created", "opened"]).transform(frame).first().opened__days_since_created
    2.5
    """

    @keyword_only
    def __init__(self, *, inputCols: list[str] | None = None, timeZone: str = "UTC") -> None:
        super().__init__()
        self._set(**self._input_kwargs)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        names = self._given("inputCols")
        if len(names) < 2:
            raise TiltyardError(f"DaysBetween: 'inputCols' must be two or more columns, got {names!r}.")
        fields = [time_field(dataset.schema, name, "DaysBetween") for name in names]
        return dataset.select("*", *[self._days(*pair) for pair in combinations(fields, 2)])

    def _days(self, earlier: T.StructField, later: T.StructField) -> Column:
        zone = self.getOrDefault(self.timeZone)
        output = f"{later.name}__days_since_{earlier.name}"
        days = (wall_micros(later, zone) - wall_micros(earlier, zone)) / DAY
        return derived(days, output, lineage(later), NUMERIC)
