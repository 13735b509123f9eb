"""History against a plain Python oracle: what came strictly before, and nothing of the future."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tiltyard.columns import column
from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.slots import Slot, slot_of
from tiltyard.transformers import History

DAY = 86_400_000_000
WINDOWS = (7, 30)
KINDS = ("mail", "a `call`.")

Record = tuple[str | None, int | None, int | None]
Event = tuple[str | None, int | None, int | None, float | None, str | None]

# Days and the microseconds around them: many pairs are equal, or exactly one of the windows apart.
_TIMES = (
    st.builds(lambda day, micros: day * DAY + micros, st.integers(-9, 60), st.integers(-1, 1)) | st.none()
)
_KEYS = (st.sampled_from(["a", "a", "b", None]), st.sampled_from([1, 1, 2, 3, None]), _TIMES)
_AMOUNTS = st.none() | st.sampled_from([math.nan, math.inf, -math.inf, 0.1]) | st.floats(-1e6, 1e6, width=32)
RECORDS = st.lists(st.tuples(*_KEYS), min_size=60, max_size=100)
EVENTS = st.lists(
    st.tuples(*_KEYS, _AMOUNTS, st.sampled_from([*KINDS, "visit", None])), min_size=150, max_size=250
)


def _slope(points: list[tuple[int, float]]) -> float | None:
    """Amounts per day; None where the times are too near for a slope in floats."""
    times = [time / DAY for time, _ in points]
    if not times or max(times) - min(times) < 0.5:
        return None
    middle = math.fsum(times) / len(times)
    mean = math.fsum(amount for _, amount in points) / len(points)
    across = math.fsum(
        (time - middle) * (amount - mean) for time, (_, amount) in zip(times, points, strict=True)
    )
    return across / math.fsum((time - middle) ** 2 for time in times)


def _expected(record: Record, events: list[Event]) -> dict[str, float | None] | None:
    """Features by hand; None for a record that nobody knows the events of."""
    tenant, entity, now = record
    if tenant is None or entity is None or now is None:
        return None
    own = [event for event in events if event[:2] == (tenant, entity) and event[2] is not None]
    past = [event for event in own if event[2] < now]
    paid = [(time, amount) for _, _, time, amount, _ in past if amount is not None and math.isfinite(amount)]
    amounts = [amount for _, amount in paid]
    features: dict[str, float | None] = {
        "count": len(past),
        "sum": math.fsum(amounts),
        "mean": math.fsum(amounts) / len(amounts) if amounts else None,
        "max": max(amounts, default=None),
        "last": max(paid)[1] if paid else None,
        "days_since_last": (now - max(event[2] for event in past)) / DAY if past else None,
        "trend": _slope(paid),
    }
    for days in WINDOWS:
        features[f"count_{days}d"] = sum(event[2] >= now - days * DAY for event in past)
        features[f"sum_{days}d"] = math.fsum(amount for time, amount in paid if time >= now - days * DAY)
    for kind in KINDS:
        of_kind = [event for event in past if event[4] == kind]
        features[f"count_of_{kind}"] = len(of_kind)
        sums = [event[3] for event in of_kind if event[3] is not None and math.isfinite(event[3])]
        features[f"sum_of_{kind}"] = math.fsum(sums)
    return features


def _view(spark: SparkSession, events: list[Event]) -> str:
    frame = spark.createDataFrame(events, "tenant string, entity int, micros long, paid double, kind string")
    frame.withColumn("at", F.timestamp_micros("micros")).createOrReplaceTempView("events_of_history")
    return "events_of_history"


def _frame(spark: SparkSession, records: list[Record]) -> DataFrame:
    rows = [(n, *record) for n, record in enumerate(records)]
    frame = spark.createDataFrame(rows, "id int, tenant string, entity int, micros long")
    return frame.withColumn("at", F.timestamp_micros("micros"))


def _history(table: str, **params: Any) -> History:
    return History(
        eventsTable=table,
        tenantCol="tenant",
        entityCol="entity",
        timeCol="at",
        eventAmountCol="paid",
        eventKindCol="kind",
        kinds=list(KINDS),
        windowDays=list(WINDOWS),
        **params,
    )


def _features(frame: DataFrame) -> list[dict[str, float | None]]:
    names = [name for name in frame.columns if name.startswith("history__")]
    rows = frame.orderBy("id").select([column(name) for name in names]).collect()
    return [{name.removeprefix("history__"): row[name] for name in names} for row in rows]


@settings(
    max_examples=3,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],  # to shrink an example would take a Spark job for each trial
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.large_base_example],
)
@given(records=RECORDS, events=EVENTS)
def test_every_feature_is_that_of_the_events_before(
    spark: SparkSession, records: list[Record], events: list[Event]
) -> None:
    found = _features(_history(_view(spark, events)).transform(_frame(spark, records)))
    for record, features in zip(records, found, strict=True):
        expected = _expected(record, events)
        if expected is None:
            assert set(features.values()) == {None}
            continue
        assert features.keys() == expected.keys()
        for name, value in expected.items():
            if name != "trend" or value is not None:
                wanted = None if value is None else pytest.approx(value, rel=1e-6, abs=1e-3)
                assert features[name] == wanted, (record, name)


def test_the_windows_are_30_90_and_365_days_by_default(spark: SparkSession) -> None:
    days = {-1: 1.0, -30: 2.0, -31: 4.0, -90: 8.0, -91: 16.0, -365: 32.0, -366: 64.0, 0: 128.0}
    events: list[Event] = [("a", 1, day * DAY, paid, "mail") for day, paid in days.items()]
    stage = History(
        eventsTable=_view(spark, events), tenantCol="tenant", entityCol="entity", timeCol="at", eventAmountCol="paid"
    )  # fmt: skip
    (found,) = _features(stage.transform(_frame(spark, [("a", 1, 0)])))
    assert {name: value for name, value in found.items() if name.startswith("sum")} == {
        "sum": 127.0, "sum_30d": 3.0, "sum_90d": 15.0, "sum_365d": 63.0
    }  # fmt: skip
    assert [found[f"count_{window}d"] for window in (30, 90, 365)] == [2, 4, 6]


def test_sums_of_equal_times_have_the_same_bits_in_any_order(spark: SparkSession) -> None:
    amounts = [10.0**power / 3 for power in range(-8, 9)]
    events: list[Event] = [("a", 1, n // 9 * DAY, amounts[n % 17], "mail") for n in range(300)]
    frame = _frame(spark, [("a", 1, day * DAY) for day in range(40)])
    found = []
    for arranged in (events, events[::-1], events[1::2] + events[::2]):
        found.append(_features(_history(_view(spark, arranged)).transform(frame.repartition(3))))
    assert found[1] == found[0]
    assert found[2] == found[0]


def test_one_shuffle_one_sort_and_frames_that_only_grow(spark: SparkSession) -> None:
    frame = _frame(spark, [("a", 1, 0)])
    output = _history(_view(spark, [("a", 1, 0, 1.0, "mail")])).transform(frame)
    plan = output._jdf.queryExecution().executedPlan().toString()
    assert plan.count("Exchange hashpartitioning") == plan.count("Exchange") == 1
    assert plan.count("Sort [") == 1
    assert plan.count("specifiedwindowframe(RangeFrame, unboundedpreceding") == plan.count(
        "specifiedwindowframe"
    )


def test_rows_without_an_entity_are_spread_over_the_partitions(spark: SparkSession) -> None:
    frame = _frame(spark, [("a", None, n) for n in range(50)])
    output = _history(_view(spark, [("a", 1, 0, 1.0, "mail")])).transform(frame)
    assert output.select(F.spark_partition_id()).distinct().count() > 1


def test_a_log_without_amounts_tenants_or_hours(spark: SparkSession) -> None:
    visits = [("7", date(2024, 1, 1)), ("7", date(2024, 1, 3)), ("8", date(2024, 1, 3))]
    spark.createDataFrame(visits, "who string, day date").createOrReplaceTempView("visits")
    frame = spark.createDataFrame([(1, 7), (2, 8)], "id int, `who?` int").selectExpr(
        "*", "timestamp_ntz'2024-01-03 12:00:00' AS `now.`"
    )
    frame = frame.withMetadata("id", {"kept": 1})
    stage = History(
        eventsTable="visits", entityCol="who?", timeCol="now.", eventEntityCol="who", eventTimeCol="day",
        windowDays=[1], prefix="visits",
    )  # fmt: skip
    output = stage.transform(frame)
    assert output.columns == [
        "id", "who?", "now.", "visits__count", "visits__count_1d", "visits__days_since_last",
    ]  # fmt: skip
    assert output.schema["id"].metadata == {"kept": 1}
    # Nothing is computed that no output asks for.
    assert "regr_slope" not in output._jdf.queryExecution().optimizedPlan().toString()
    assert slot_of(output.schema["visits__count"]) == Slot("visits__count", "who?", "Integral", "numeric")
    assert [list(row)[3:] for row in output.orderBy("id").collect()] == [[2.0, 1.0, 0.5], [1.0, 1.0, 0.5]]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"eventsTable": "nowhere"}, "History: 'eventsTable' must be a table, .* got 'nowhere'"),
        ({"eventsTable": "not a table"}, "History: 'eventsTable' must be a table, .* got 'not a table'"),
        (
            {"eventTimeCol": "att"},
            "History's events 'logged': the frame has no column 'att', did you mean 'at'",
        ),
        ({"eventTimeCol": "who"}, "History's events 'logged': column 'who' must be a timestamp or a date"),
        ({"eventAmountCol": "who"}, "History's events 'logged': column 'who' must be numeric, got string"),
        ({"entityCol": "whom"}, "History: the frame has no column 'whom', did you mean 'who'"),
        ({"kinds": ["x"]}, "History: 'eventKindCol' must be a column name, got nothing"),
        ({"kinds": []}, "History: 'kinds' must be a list of one or more different texts, got \\[\\]"),
        ({"windowDays": [30, 30]}, "must be a list of one or more different integers of at least 1, got"),
    ],
)
def test_errors_name_what_to_change(spark: SparkSession, params: Mapping[str, Any], message: str) -> None:
    frame = spark.sql("SELECT 'ann' AS who, date'2024-01-01' AS at")
    frame.createOrReplaceTempView("logged")
    usual = {"eventsTable": "logged", "entityCol": "who", "timeCol": "at"}
    act: Callable[[], Any] = lambda: History(**{**usual, **params}).transform(frame)  # noqa: E731
    with pytest.raises((DataContractError, TiltyardError), match=message):
        act()


def test_params_that_have_to_be_given(spark: SparkSession) -> None:
    frame = spark.sql("SELECT 'ann' AS who, date'2024-01-01' AS at")
    with pytest.raises(TiltyardError, match="History: 'entityCol' must be a column name, got nothing"):
        History(eventsTable="logged").transform(frame)
