"""Holidays: whether a day is a public holiday of its row's country, and how near the next one is."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from functools import lru_cache, partial
from typing import Any

from holidays import country_holidays, list_supported_countries
from pyspark import keyword_only
from pyspark.ml import Transformer
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.errors import TiltyardError
from tiltyard.params import Range, text, whole
from tiltyard.slots import NUMERIC, derived, lineage
from tiltyard.transformers._countries import iso_code
from tiltyard.transformers._texts import once_each, text_column
from tiltyard.transformers._times import HasTimeZone, date_of, time_field, wall_micros

_PARTS = T.StructType([T.StructField(name, T.DoubleType()) for name in ("holiday", "days_to_holiday")])

# Years of a country that a worker keeps: about a kilobyte each, a tenth of a second to make a hundred.
_KEPT = 4096


def _known(value: Any) -> str:
    code = iso_code(str(value))
    if code is None or code not in list_supported_countries():
        raise ValueError(value)
    return code


class Holidays(HasTimeZone, Transformer, HasInputCols, DefaultParamsReadable[Any], DefaultParamsWritable):
    """Tell public holidays from other days, and how many days it takes to the next one.

    Of each input: `<input>__holiday` is 1 on a public holiday of the whole country and 0 on other days,
    weekends included; `<input>__days_to_holiday` counts the days to the next one, 0 on the day itself,
    `horizon` where it is that far or farther. Both are doubles, and null where the date or the country is
    null, and for countries and years that the library does not know: unknown is not the same as no holiday.

    No job, no shuffle. A Python function reads each distinct day and country of a batch of rows once.

    Parameters
    ----------
    inputCols : columns of timestamps (instants), timestamps without zone, or dates
    country : country by ISO code or English name, of all rows or of those whose `countryCol` is null
    countryCol : text column of the row's country, by ISO code or English name
    timeZone : zone in which an instant's day is read
    horizon : days to the next holiday are counted up to this number

    Notes
    -----
    The days are those of the library `holidays`, which needs no network; another version of it may know other
    days. Holidays of single states or provinces do not count; a day off for a holiday on a weekend does.

    See Also
    --------
    DateParts : weekday and time of the year.

    Examples
    --------
    >>> import datetime
    >>> rows = [(datetime.date(2024, 12, 24), "DE"), (datetime.date(2024, 12, 25), "DE")]
    >>> frame = spark.createDataFrame(rows, "sold date, country string")
    >>> Holidays(inputCols=["sold"], countryCol="country").transform(frame).show()
    +----------+-------+-------------+---------------------+
    |      sold|country|sold__holiday|sold__days_to_holiday|
    +----------+-------+-------------+---------------------+
    |2024-12-24|     DE|          0.0|                  1.0|
    |2024-12-25|     DE|          1.0|                  0.0|
    +----------+-------+-------------+---------------------+
    """

    country: Param[str] = Param(
        Params._dummy(),
        "country",
        "country of the rows that name none",
        Range("a country that the library 'holidays' knows, by ISO code or English name", _known),
    )
    countryCol: Param[str] = Param(Params._dummy(), "countryCol", "column of the country", text())
    horizon: Param[int] = Param(Params._dummy(), "horizon", "most days counted to the next holiday", whole(1))

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        country: str | None = None,
        countryCol: str | None = None,
        timeZone: str = "UTC",
        horizon: int = 30,
    ) -> None:
        super().__init__()
        self._setDefault(horizon=30)
        self._set(**self._input_kwargs)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        country = self._country(dataset.schema)
        fields = [time_field(dataset.schema, name, "Holidays") for name in self._given("inputCols")]
        return dataset.select("*", *[made for field in fields for made in self._parts(field, country)])

    def _country(self, schema: T.StructType) -> Column:
        """The country that a row names, or else the given one."""
        named = []
        if self.isSet(self.countryCol):
            named.append(text_column(schema, self.getOrDefault(self.countryCol), "Holidays"))
        if self.isSet(self.country):
            named.append(F.lit(self.getOrDefault(self.country)))
        if not named:
            raise TiltyardError("Holidays: 'country' or 'countryCol' must be given, got neither.")
        return F.coalesce(*named)

    def _parts(self, field: T.StructField, country: Column) -> list[Column]:
        day = date_of(wall_micros(field, self.getOrDefault(self.timeZone)))
        # On the clocks of a zone the first and the last day that Python knows may belong to the years beyond.
        day = F.when(F.year(day).between(1, 9999), day)
        # Python, because the calendars are: Easter, moons and decrees in a library of 250 countries.
        made = once_each(partial(day_parts, self.getOrDefault(self.horizon)), _PARTS)(day, country)
        outputs = {name: f"{field.name}__{name}" for name in _PARTS.names}
        return [
            derived(made.getField(name), output, lineage(field), NUMERIC) for name, output in outputs.items()
        ]


def day_parts(
    horizon: int, days: Sequence[date | None], countries: Sequence[str | None]
) -> list[tuple[float, float] | None]:
    """Whether each day is a holiday of its country, and the days to the next one; None where unknown.

    Examples
    --------
    >>> day_parts(30, [date(2024, 12, 24), date(2024, 7, 4), None], ["DE", "US", "US"])
    [(0.0, 1.0), (1.0, 0.0), None]
    """
    codes = {country: iso_code(country) for country in set(countries)}
    return [_day(horizon, day, codes[country]) for day, country in zip(days, countries, strict=True)]


def _day(horizon: int, day: date | None, code: str | None) -> tuple[float, float] | None:
    if day is None or code is None or (this_year := _holidays(code, day.year)) is None:
        return None
    coming = [*this_year[bisect_left(this_year, day) :], *(_holidays(code, day.year + 1) or ())]
    ahead = (coming[0] - day).days if coming else horizon
    return float(ahead == 0), float(min(ahead, horizon))


@lru_cache(_KEPT)
def _holidays(code: str, year: int) -> tuple[date, ...] | None:
    """The public holidays of a country and year in order; None for countries and years that are unknown."""
    if code not in list_supported_countries():
        return None
    country = country_holidays(code)
    if not country.start_year <= year <= country.end_year:
        return None
    return tuple(sorted(country_holidays(code, years=year)))
