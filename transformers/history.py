"""History: what a table of events knew about a row's entity before the row's own time."""

from __future__ import annotations

from typing import Any

from pyspark import keyword_only
from pyspark.errors import AnalysisException
from pyspark.ml import Transformer
from pyspark.ml.param import Param, Params
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import Column, DataFrame, SparkSession, Window, WindowSpec
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import column, field_of
from tiltyard.errors import DataContractError
from tiltyard.params import Ranged, several, text, whole
from tiltyard.slots import NUMERIC, derived, lineage
from tiltyard.transformers._numbers import finite
from tiltyard.transformers._times import DAY, time_field, wall_micros

# Columns of the union of records and events; `_RECORD` holds a record's own columns and is null for an event.
_TENANT, _ENTITY, _TIME, _SPREAD, _RECORD = "tenant", "entity", "time", "spread", "record"
_AMOUNT, _KIND = "amount", "kind"
_KEYS = (_TENANT, _ENTITY, _SPREAD)


class History(Ranged, Transformer, DefaultParamsReadable[Any], DefaultParamsWritable):
    """Sum up the events of each row's entity from before the row's own time: its history as it was then.

    An event counts for a row if it has the same tenant and entity, compared as text, and an earlier time: one
    at exactly the row's time does not count, so that nothing of the row itself or of its future leaks in. All
    outputs are doubles called `<prefix>__...`:

    - `count` and `days_since_last` of the events, `count_30d` of those in the 30 days before the row's time,
      its first moment included, and so for each of `windowDays`;
    - with `eventAmountCol` also `sum`, `mean`, `max` and `last` of the amounts, `sum_30d` and so on, and
      `trend`, the slope of the least-squares line through amounts over time, in amounts per day;
    - with `kinds` also `count_of_<kind>` and, with amounts, `sum_of_<kind>`.

    An entity without earlier events has counts and sums 0 and null for the rest. A row whose tenant, entity
    or time is null has null for all: nobody knows its events. Events with a null tenant, entity or time count
    for no row. An amount that is null, NaN or infinite is left out of sums, mean, max, last and trend, while
    its event counts. Of several events at the same time, the greatest amount is the last.

    `transform` costs one shuffle and one sort of rows and events together, and launches no job. The events of
    an entity are walked through once for each of `windowDays` and never held in memory together: a million
    of one entity is fine.

    Parameters
    ----------
    eventsTable : name of a table or temporary view, or files as "delta.`/a/path`"; it is read, as it is then,
        whenever the stage transforms
    entityCol : column of the frame with the entity the events belong to
    timeCol : column of the frame with the time as of which history counts: timestamp or date; dates are
        midnight, and dates and timestamps without zone are taken as UTC
    tenantCol : column of the frame with the tenant; default: events and rows are of one tenant
    eventEntityCol : the events' column of the entity; default: the name of `entityCol`
    eventTimeCol : the events' column of the time; default: the name of `timeCol`
    eventTenantCol : the events' column of the tenant; default: the name of `tenantCol`
    eventAmountCol : the events' numeric column to sum up; default: events are only counted
    eventKindCol : the events' column of the kind, needed for `kinds`
    kinds : kinds with counts and sums of their own, compared as text
    windowDays : lengths of the recent past, in days of 24 hours
    prefix : first part of the output names

    Notes
    -----
    An event has to be in the table with the time at which it was known. One that is booked later with an
    earlier time changes the history of rows that were trained on without it.

    Sums of `windowDays` are differences of running totals, hence exact to some 15 digits of the entity's
    whole sum. The trend follows Welford's update, which does not lose digits.

    Saved is the name of the table, not its rows: a temporary view has to exist again where a saved pipeline
    is loaded. Spark launches a job of its own to learn the columns of plain Parquet files that are no table.
    A streaming frame has to pass in micro-batches (`foreachBatch`).

    See Also
    --------
    TimeSince : days since a time that stands in the row itself.

    Examples
    --------
    >>> import datetime
    >>> day = lambda month, day: datetime.date(2024, month, day)
    >>> orders = [("ann", day(1, 1), 10.0), ("ann", day(3, 1), 40.0), ("ann", day(3, 20), 60.0)]
    >>> spark.createDataFrame(orders, "who string, at date, paid double").createOrReplaceTempView("orders")
    >>> visits = spark.createDataFrame([("ann", day(3, 11)), ("bob", day(3, 11))], "who string, at date")
    >>> history = History(eventsTable="orders", entityCol="who", timeCol="at", eventAmountCol="paid")
    >>> made = history.transform(visits).orderBy("who")
    >>> made.select("who", "history__count", "history__sum_30d", "history__days_since_last").show()
    +---+--------------+----------------+------------------------+
    |who|history__count|history__sum_30d|history__days_since_last|
    +---+--------------+----------------+------------------------+
    |ann|           2.0|            40.0|                    10.0|
    |bob|           0.0|             0.0|                    NULL|
    +---+--------------+----------------+------------------------+
    """

    eventsTable: Param[str] = Param(
        Params._dummy(),
        "eventsTable",
        "where the events are",
        text("a table, a view, or files as 'delta.`/a/path`'"),
    )
    entityCol: Param[str] = Param(Params._dummy(), "entityCol", "column of the entity", text())
    timeCol: Param[str] = Param(Params._dummy(), "timeCol", "column of the row's own time", text())
    tenantCol: Param[str] = Param(Params._dummy(), "tenantCol", "column of the tenant", text())
    eventEntityCol: Param[str] = Param(
        Params._dummy(), "eventEntityCol", "the events' column of the entity", text()
    )
    eventTimeCol: Param[str] = Param(
        Params._dummy(), "eventTimeCol", "the events' column of the time", text()
    )
    eventTenantCol: Param[str] = Param(
        Params._dummy(), "eventTenantCol", "the events' column of the tenant", text()
    )
    eventAmountCol: Param[str] = Param(
        Params._dummy(), "eventAmountCol", "the events' numeric column to sum up", text()
    )
    eventKindCol: Param[str] = Param(
        Params._dummy(), "eventKindCol", "the events' column of the kind", text()
    )
    kinds: Param[list[str]] = Param(
        Params._dummy(), "kinds", "kinds with outputs of their own", several(text(), "texts")
    )
    windowDays: Param[list[int]] = Param(
        Params._dummy(),
        "windowDays",
        "lengths of the recent past in days",
        several(whole(1), "integers of at least 1"),
    )
    prefix: Param[str] = Param(Params._dummy(), "prefix", "first part of the output names", text("a name"))

    @keyword_only
    def __init__(
        self,
        *,
        eventsTable: str | None = None,
        entityCol: str | None = None,
        timeCol: str | None = None,
        tenantCol: str | None = None,
        eventEntityCol: str | None = None,
        eventTimeCol: str | None = None,
        eventTenantCol: str | None = None,
        eventAmountCol: str | None = None,
        eventKindCol: str | None = None,
        kinds: list[str] | None = None,
        windowDays: list[int] | None = None,
        prefix: str = "history",
    ) -> None:
        super().__init__()
        self._setDefault(windowDays=[30, 90, 365], prefix="history")
        self._set(**self._input_kwargs)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        records, events = self._records(dataset), self._events(dataset.sparkSession)
        both = records.unionByName(events, allowMissingColumns=True)
        # Sorted by amount too, though no window asks for it: amounts of one time are added up in one order.
        arranged = both.repartition(*_KEYS).sortWithinPartitions(*_KEYS, _TIME, _AMOUNT)
        measured = arranged.select(_TENANT, _ENTITY, _TIME, _RECORD, *self._totals())
        kept = [_restored(field) for field in dataset.schema]
        return measured.where(F.col(_RECORD).isNotNull()).select(*kept, *self._outputs(dataset.schema))

    def _records(self, frame: DataFrame) -> DataFrame:
        tenant = self.getOrDefault(self.tenantCol) if self.isSet(self.tenantCol) else None
        keys = _keys(frame.schema, tenant, self._given("entityCol"), self._given("timeCol"), "History")
        # Rows without a key would all be one entity: their times spread them over the partitions.
        spread = F.when(keys[_TENANT].isNull() | keys[_ENTITY].isNull(), keys[_TIME])
        record = F.struct(*[column(name) for name in frame.columns])
        return frame.select(*_aliased({**keys, _SPREAD: spread, _RECORD: record}))

    def _events(self, spark: SparkSession) -> DataFrame:
        table = self._given("eventsTable")
        events, stage = _read(spark, table), f"History's events '{table}'"
        tenant = self._of_events("tenantCol") if self.isSet(self.tenantCol) else None
        keys = _keys(events.schema, tenant, self._of_events("entityCol"), self._of_events("timeCol"), stage)
        amount, kind = F.lit(None).cast("double"), F.lit(None).cast("string")
        if self.isSet(self.eventAmountCol):
            amount = _amount(events.schema, self.getOrDefault(self.eventAmountCol), stage)
        if self.isSet(self.kinds):
            kind = column(field_of(events.schema, self._given("eventKindCol"), stage).name).cast("string")
        rows = events.select(*_aliased({**keys, _AMOUNT: amount, _KIND: kind}))
        return rows.dropna(subset=[_TENANT, _ENTITY, _TIME])

    def _of_events(self, name: str) -> str:
        """The events' name of a column that frame and events both have."""
        own = f"event{name[0].upper()}{name[1:]}"
        return str(self.getOrDefault(own) if self.isSet(own) else self._given(name))

    def _recent(self) -> list[str]:
        """Sums that are taken of the recent past too."""
        return ["count", "sum"] if self.isSet(self.eventAmountCol) else ["count"]

    def _sums(self) -> dict[str, Column]:
        """Counts and sums by name: of nothing they are 0."""
        event, amount = F.col(_RECORD).isNull(), F.col(_AMOUNT)
        kinds = self.getOrDefault(self.kinds) if self.isSet(self.kinds) else []
        groups = {"": event, **{f"_of_{kind}": event & (F.col(_KIND) == kind) for kind in kinds}}
        sums = {f"count{name}": F.count_if(one) for name, one in groups.items()}
        if self.isSet(self.eventAmountCol):
            sums |= {f"sum{name}": F.sum(F.when(one, amount)) for name, one in groups.items()}
        return sums

    def _totals(self) -> list[Column]:
        """Aggregates over the events before each row's time, and before the starts of its recent past.

        Frames that begin at the first event grow with the rows. A frame of the last days would be added up
        anew for each row: a million events of one entity would never end.
        """
        sums, totals = self._sums(), {**self._sums(), **_facts()}
        made = [total.over(_before(0)).alias(name) for name, total in totals.items()]
        for days in self.getOrDefault(self.windowDays):
            made += [sums[name].over(_before(days)).alias(f"{name}_until_{days}d") for name in self._recent()]
        return made

    def _values(self) -> dict[str, Column]:
        """Outputs by name, from the totals."""
        values = {name: _or_zero(name) for name in self._sums()}
        for days in self.getOrDefault(self.windowDays):
            for name in self._recent():
                values[f"{name}_{days}d"] = _or_zero(name) - _or_zero(f"{name}_until_{days}d")
        values["days_since_last"] = (F.col(_TIME) - F.col("last_time")) / DAY
        if self.isSet(self.eventAmountCol):
            values |= {"mean": F.col("mean"), "max": F.col("max"), "trend": F.col("trend") * DAY}
            values["last"] = F.col("last").getField(_AMOUNT)
        return values

    def _outputs(self, schema: T.StructType) -> list[Column]:
        field = field_of(schema, self._given("entityCol"), "History")
        known = F.col(_TENANT).isNotNull() & F.col(_ENTITY).isNotNull() & F.col(_TIME).isNotNull()
        made = []
        for name, value in self._values().items():
            output = f"{self.getOrDefault(self.prefix)}__{name}"
            number = F.when(known, finite(value.cast("double")))
            made.append(derived(number, output, lineage(field), NUMERIC))
        return made


def _read(spark: SparkSession, table: str) -> DataFrame:
    try:
        return spark.read.table(table)
    except AnalysisException as cause:
        raise DataContractError(
            f"History: 'eventsTable' must be a table, a view, or files as 'delta.`/a/path`', got {table!r},"
            f" which Spark cannot read: {cause}"
        ) from cause


def _keys(schema: T.StructType, tenant: str | None, entity: str, time: str, stage: str) -> dict[str, Column]:
    """Tenant, entity and time of records or events, in the types that both have in common."""
    found = time_field(schema, time, stage)
    return {
        _TENANT: F.lit("") if tenant is None else _as_text(schema, tenant, stage),
        _ENTITY: _as_text(schema, entity, stage),
        _TIME: wall_micros(found, "UTC"),
    }


def _as_text(schema: T.StructType, name: str, stage: str) -> Column:
    return column(field_of(schema, name, stage).name).cast("string")


def _amount(schema: T.StructType, name: str, stage: str) -> Column:
    field = field_of(schema, name, stage)
    if not isinstance(field.dataType, T.NumericType):
        kind = field.dataType.simpleString()
        raise DataContractError(f"{stage}: column '{name}' must be numeric, got {kind}.")
    return finite(column(field.name).cast("double"))


def _facts() -> dict[str, Column]:
    """Aggregates that say something of all earlier events only; those no output asks for cost nothing."""
    amount, time = F.col(_AMOUNT), F.col(_TIME)
    return {
        "last_time": F.max(F.when(F.col(_RECORD).isNull(), time)),
        "mean": F.avg(amount),
        "max": F.max(amount),
        "last": F.max(F.when(amount.isNotNull(), F.struct(_TIME, _AMOUNT))),
        "trend": F.regr_slope(amount, time.cast("double")),
    }


def _before(days: int) -> WindowSpec:
    """The events before a time that lies so many days before the row's own."""
    entity = Window.partitionBy(*_KEYS).orderBy(_TIME)
    return entity.rangeBetween(Window.unboundedPreceding, -days * DAY - 1)


def _or_zero(total: str) -> Column:
    return F.coalesce(column(total), F.lit(0))


def _restored(field: T.StructField) -> Column:
    """A record's own column."""
    return F.col(_RECORD).getField(field.name).alias(field.name, metadata=field.metadata)


def _aliased(columns: dict[str, Column]) -> list[Column]:
    return [value.alias(name) for name, value in columns.items()]
