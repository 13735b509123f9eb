"""TimeSince: how many days before the latest time of its tenant a row's time lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pyspark import keyword_only
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols, HasOutputCols
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.keyed import HasTenantCol, KeyedEstimator, KeyedModel
from tiltyard.params import Range, outputs_of
from tiltyard.slots import NUMERIC, derived, lineage
from tiltyard.transformers._times import DAY, HasTimeZone, time_field, wall_micros


def _iso(value: Any) -> str:
    given = value.isoformat() if isinstance(value, date) else value
    return datetime.fromisoformat(given).isoformat()


class _TimeSinceParams(HasInputCols, HasOutputCols, HasTenantCol, HasTimeZone):
    reference: Param[str] = Param(
        Params._dummy(),
        "reference",
        "the time to count from; unset: each tenant's latest time at fit",
        Range("a date or time such as '2024-01-31' or '2024-01-31T12:00'", _iso),
    )

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(minRows=1)


class TimeSince(_TimeSinceParams, KeyedEstimator):
    """Count the days from a row's dates and times to a reference that is stored with the model.

    The reference is the latest time that the tenant's rows held at fit, over all inputs together, so that
    their ages compare: what an export knew when it was made. It is never the wall clock: a model gives the
    same numbers on every day. A time after the reference, of a row that came later, has a negative number of
    days. Null stays null, and so do the years outside 1 to 9999. Rows of a null, unseen or thin tenant are
    counted from the latest time of all rows.

    `fit` costs one aggregation, whatever the number of columns and tenants; `transform` one left join.

    Parameters
    ----------
    inputCols : columns of timestamps (instants), timestamps without zone, or dates (midnight)
    outputCols : as many names; default `<input>__days_ago`
    tenantCol : column of the tenant; default: one reference for the whole frame
    minRows : tenants with fewer rows are thin
    timeZone : zone in whose wall-clock time instants are read
    reference : date or time to count from instead of the latest ones; without an offset it is the zone's time

    Notes
    -----
    Outputs are doubles, with the hours as a fraction. A placeholder such as 9999-12-31 becomes the reference
    of its tenant like any other time: that shifts the tenant's numbers, but not their order. Set `reference`
    where such tenants share a model with others.

    See Also
    --------
    DaysBetween : days to another time of the same row, which is better where there is one.

    Examples
    --------
    >>> import datetime
    >>> days = [(datetime.date(2024, 1, 1),), (datetime.date(2024, 1, 31),)]
    >>> frame = spark.createDataFrame(days, "created date")
    >>> TimeSince(inputCols=["created"]).fit(frame).transform(frame).orderBy("created").show()
    +----------+-----------------+
    |   created|created__days_ago|
    +----------+-----------------+
    |2024-01-01|             30.0|
    |2024-01-31|              0.0|
    +----------+-----------------+
    """

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCols: list[str] | None = None,
        tenantCol: str | None = None,
        minRows: int = 1,
        timeZone: str = "UTC",
        reference: str | date | None = None,
    ) -> None:
        super().__init__()
        self._set(**self._input_kwargs)

    def _aggregates(self, schema: T.StructType) -> dict[str, Column]:
        zone = self.getOrDefault(self.timeZone)
        times = [
            wall_micros(time_field(schema, name, "TimeSince"), zone) for name in outputs_of(self, "days_ago")
        ]
        return {"latest": F.max(F.array_max(F.array(*times)))}

    def _state(self, schema: T.StructType, columns: Mapping[str, Column]) -> dict[str, Column]:
        return {"latest": columns["latest"]}

    def _model(self) -> TimeSinceModel:
        return TimeSinceModel()


class TimeSinceModel(_TimeSinceParams, KeyedModel):
    """TimeSince's fitted model: the latest time of every tenant, in microseconds on the zone's clocks.

    Examples
    --------
    >>> import datetime
    >>> days = [(datetime.date(2024, 1, 1),), (datetime.date(2024, 1, 31),)]
    >>> frame = spark.createDataFrame(days, "created date")
    >>> model = TimeSince(inputCols=["created"]).fit(frame)
    >>> model.state.select(F.timestamp_micros("state.latest").cast("date")).first()[0]
    datetime.date(2024, 1, 31)
    """

    def _outputs(self, schema: T.StructType, state: Callable[[str], Column]) -> list[Column]:
        zone = self.getOrDefault(self.timeZone)
        given = self.isSet(self.reference)
        reference = F.lit(_micros(self.getOrDefault(self.reference), zone)) if given else state("latest")
        made = []
        for name, output in outputs_of(self, "days_ago").items():
            field = time_field(schema, name, "TimeSinceModel")
            days = (reference - wall_micros(field, zone)) / DAY
            made.append(derived(days, output, lineage(field), NUMERIC))
        return made


def _micros(reference: str, zone: str) -> int:
    """Microseconds from the start of 1970 to a time in ISO 8601, on the zone's clocks."""
    time = datetime.fromisoformat(reference)
    wall = time.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if time.tzinfo else time
    return (wall - datetime(1970, 1, 1)) // timedelta(microseconds=1)
