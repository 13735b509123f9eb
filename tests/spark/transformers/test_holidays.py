"""Holidays on frames: zones, odd dates and what has to be given."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.slots import Slot, slot_of
from tiltyard.transformers import Holidays


def test_an_instants_day_is_that_of_the_zone_and_odd_years_are_null(spark: SparkSession) -> None:
    # 27 December 2024 in UTC, still 26 December in New York; then the first and the last second, and one beyond.
    seconds = [1_735_268_400, -62_135_596_800, 253_402_300_799, 6_000_000_000_000]
    frame = spark.createDataFrame(list(enumerate(seconds)), "id int, at long")
    frame = frame.selectExpr("id", "timestamp_seconds(at) AS at")
    found = {}
    for zone in ("UTC", "America/New_York"):
        output = Holidays(inputCols=["at"], country="DE", timeZone=zone, horizon=5).transform(frame)
        found[zone] = [tuple(row) for row in output.orderBy("id").drop("id", "at").collect()]
        assert slot_of(output.schema["at__holiday"]) == Slot("at__holiday", "at", "Timestamp", "numeric")
    unknown = [(None, None)] * 3
    assert found == {"UTC": [(0.0, 5.0), *unknown], "America/New_York": [(1.0, 0.0), *unknown]}


def test_what_has_to_be_given(spark: SparkSession) -> None:
    frame = spark.sql("SELECT date'2024-01-01' AS day, 49 AS country, 'noon' AS time")
    with pytest.raises(TiltyardError, match="Holidays: 'country' or 'countryCol' must be given, got neither"):
        Holidays(inputCols=["day"]).transform(frame)
    with pytest.raises(
        TiltyardError, match="Holidays: 'inputCols' must be a list of column names, got nothing"
    ):
        Holidays(country="DE").transform(frame)
    with pytest.raises(DataContractError, match="Holidays: column 'country' must be text, got int"):
        Holidays(inputCols=["day"], countryCol="country").transform(frame)
    with pytest.raises(DataContractError, match="Holidays: column 'time' must be a timestamp or a date"):
        Holidays(inputCols=["time"], country="DE").transform(frame)
