"""DateParts against Python's own calendar, over daylight saving time and before 1970."""

from __future__ import annotations

import calendar
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pyspark.sql import SparkSession

from tiltyard.errors import DataContractError
from tiltyard.transformers import DateParts
from tiltyard.transformers.date_parts import part_columns

NEW_YORK = ZoneInfo("America/New_York")


def _expected(local: datetime) -> list[float]:
    turns = [
        (local.hour * 3600 + local.minute * 60 + local.second) / 86_400,
        local.weekday() / 7,
        (local.day - 1) / calendar.monthrange(local.year, local.month)[1],
        (local.month - 1) / 12,
    ]
    return [function(2 * math.pi * turn) for turn in turns for function in (math.sin, math.cos)]


@contextmanager
def _session_zone(spark: SparkSession, zone: str) -> Iterator[None]:
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", zone)
    try:
        yield
    finally:
        spark.conf.set("spark.sql.session.timeZone", before)


@pytest.mark.parametrize("session", ["UTC", "Asia/Kolkata"])
def test_instants_are_read_in_the_given_zone_whatever_the_session(spark: SparkSession, session: str) -> None:
    starts = [datetime(2013, 3, 10, 5, 30, tzinfo=UTC), datetime(2013, 11, 3, 4, 45, tzinfo=UTC)]
    starts += [datetime(1968, 2, 29, 3, 59, 59, tzinfo=UTC), datetime(2024, 12, 31, 23, 0, tzinfo=UTC)]
    instants = [start + timedelta(hours=hour) for start in starts for hour in range(5)]
    seconds = [(n, int(instant.timestamp())) for n, instant in enumerate(instants)]
    frame = spark.createDataFrame(seconds, "id int, at long").selectExpr("id", "timestamp_seconds(at) AS at")
    with _session_zone(spark, session):
        output = DateParts(inputCols=["at"], timeZone="America/New_York").transform(frame)
        rows = output.orderBy("id").select(part_columns("at")).collect()
    for instant, row in zip(instants, rows, strict=True):
        assert list(row) == pytest.approx(_expected(instant.astimezone(NEW_YORK)), abs=1e-9)


def test_wall_clock_time_has_no_zone(spark: SparkSession) -> None:
    local = datetime(2013, 7, 4, 18, 30)
    frame = spark.createDataFrame([(local,)], "at timestamp_ntz")
    row = (
        DateParts(inputCols=["at"], timeZone="America/New_York")
        .transform(frame)
        .select(part_columns("at"))
        .first()
    )
    assert list(row) == pytest.approx(_expected(local), abs=1e-9)


def test_a_date_has_no_hour(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(date(2024, 2, 29),), (None,)], "day date")
    output = DateParts(inputCols=["day"]).transform(frame)
    assert output.columns[1:] == part_columns("day", ("weekday", "day", "month"))
    first, second = output.collect()
    assert list(first)[1:] == pytest.approx(_expected(datetime(2024, 2, 29))[2:], abs=1e-9)
    assert list(second)[1:] == [None] * 6


def test_december_is_near_january(spark: SparkSession) -> None:
    days = [(date(2023, 12, 31),), (date(2024, 1, 1),), (date(2024, 6, 1),)]
    frame = spark.createDataFrame(days, "day date")
    points = DateParts(inputCols=["day"], parts=["month"]).transform(frame).drop("day").collect()
    assert math.dist(points[0], points[1]) < 0.6 < math.dist(points[1], points[2])


def test_text_is_refused(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("2024-01-01",)], "day string")
    with pytest.raises(
        DataContractError, match="DateParts: column 'day' must be a timestamp or a date, got string"
    ):
        DateParts(inputCols=["day"]).transform(frame)


def test_parts_of_a_second_count_and_years_beyond_9999_are_null(spark: SparkSession) -> None:
    frame = spark.sql(
        "SELECT timestamp_ntz'2024-01-01 00:00:00.5' AS wall, timestamp_millis(1704067200500) AS instant,"
        " timestamp_micros(9223372036854775807) AS last"
    )
    output = DateParts(inputCols=frame.columns, parts=["hour", "month"]).transform(frame)
    row = output.drop(*frame.columns).first()
    half = math.sin(2 * math.pi * 0.5 / 86_400)
    assert [row.wall__hour_sin, row.instant__hour_sin] == pytest.approx([half, half], rel=1e-9)
    assert [row.last__hour_sin, row.last__month_cos] == [None, None]
