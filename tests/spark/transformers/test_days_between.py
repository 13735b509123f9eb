"""DaysBetween against Python's own calendar, over daylight saving time and odd years."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pyspark.sql import SparkSession

from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.slots import Slot, slot_of
from tiltyard.transformers import DaysBetween

BERLIN = ZoneInfo("Europe/Berlin")


def _seconds(wall: datetime) -> int:
    return int(wall.timestamp())


def test_days_are_those_of_the_wall_clock(spark: SparkSession) -> None:
    # Clocks go forward on 31 March 2024 and back on 27 October.
    walls = [
        datetime(2024, 3, 30, 12),
        datetime(2024, 3, 31, 12),
        datetime(2024, 10, 27, 18),
        datetime(1950, 1, 1),
    ]
    pairs = [(one, other) for one in walls for other in walls]
    rows = [(n, *(_seconds(wall.replace(tzinfo=BERLIN)) for wall in pair)) for n, pair in enumerate(pairs)]
    frame = spark.createDataFrame(rows, "id int, a long, b long")
    frame = frame.selectExpr("id", "timestamp_seconds(a) AS a", "timestamp_seconds(b) AS b")
    output = DaysBetween(inputCols=["a", "b"], timeZone="Europe/Berlin").transform(frame)
    found = [row.b__days_since_a for row in output.orderBy("id").collect()]
    assert found == [(other - one).total_seconds() / 86_400 for one, other in pairs]
    assert slot_of(output.schema["b__days_since_a"]) == Slot("b__days_since_a", "b", "Timestamp", "numeric")


def test_kinds_of_time_mix_and_years_beyond_9999_are_null(spark: SparkSession) -> None:
    frame = spark.sql(
        "SELECT date'2024-01-01' AS day, timestamp_ntz'2024-01-02 06:00:00.000001' AS wall,"
        " timestamp_seconds(1704067200) AS instant, date_add(date'9999-12-31', 1) AS beyond,"
        " date'9999-12-31' AS sentinel, timestamp_micros(9223372036854775807) AS last"
    )
    row = DaysBetween(inputCols=frame.columns).transform(frame).drop(*frame.columns).first()
    assert row.wall__days_since_day == pytest.approx(1.25 + 1e-6 / 86_400, abs=1e-15)
    assert row.instant__days_since_wall == -row.wall__days_since_day
    assert row.sentinel__days_since_day == (datetime(9999, 12, 31) - datetime(2024, 1, 1)).days
    assert row.beyond__days_since_day is None
    assert row.last__days_since_day is None


def test_fewer_than_two_columns_and_other_types_are_refused(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(datetime(2024, 1, 1, tzinfo=UTC), "x")], "at timestamp, note string")
    with pytest.raises(
        TiltyardError, match=r"DaysBetween: 'inputCols' must be two or more columns, got \['at'\]"
    ):
        DaysBetween(inputCols=["at"]).transform(frame)
    with pytest.raises(
        TiltyardError, match="DaysBetween: 'inputCols' must be a list of column names, got nothing"
    ):
        DaysBetween().transform(frame)
    with pytest.raises(DataContractError, match="DaysBetween: column 'note' must be a timestamp or a date"):
        DaysBetween(inputCols=["at", "note"]).transform(frame)
