"""TimeSince: the reference is learnt once, of each tenant, and moves with nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from tiltyard.errors import TiltyardError
from tiltyard.slots import Slot, slot_of
from tiltyard.transformers import TimeSince


def _frame(spark: SparkSession, rows: list[tuple[Any, ...]]) -> DataFrame:
    return spark.createDataFrame(rows, "tenant string, day date")


def _ages(frame: DataFrame) -> list[float]:
    return [row.day__days_ago for row in frame.orderBy("tenant", "day").collect()]


def test_rows_that_come_later_have_their_tenants_old_reference(spark: SparkSession) -> None:
    seen = _frame(spark, [("a", date(2024, 1, 10)), ("a", date(2024, 1, 1)), ("b", date(2023, 1, 1))])
    later = [("a", date(2024, 2, 10)), ("b", date(2022, 12, 30)), ("c", date(2024, 1, 9)), ("c", None)]
    stage = TimeSince(inputCols=["day"], tenantCol="tenant")
    output = stage.fit(seen).transform(_frame(spark, later))
    assert _ages(output) == [-31.0, 2.0, None, 1.0]
    assert slot_of(output.schema["day__days_ago"]) == Slot("day__days_ago", "day", "Date", "numeric")
    # Tenant b is thin: the latest time of all rows serves it too.
    thin = TimeSince(inputCols=["day"], tenantCol="tenant", minRows=2).fit(seen)
    assert _ages(thin.transform(_frame(spark, later[1:2]))) == [376.0]


def test_a_given_reference_needs_no_rows_and_is_read_in_the_zone(spark: SparkSession) -> None:
    frame = spark.sql(
        "SELECT timestamp_seconds(1704067200) AS at"
    )  # 2024-01-01T00:00Z, 19:00 before in New York
    for reference, days in {
        "2024-01-01T19:00": 1.0,
        "2024-01-01T19:00-05:00": 1.0,
        date(2024, 1, 1): 5 / 24,
        datetime(2024, 1, 2, tzinfo=UTC): 1.0,
        datetime(2024, 1, 2, 2, tzinfo=timezone(timedelta(hours=2))): 1.0,
    }.items():
        stage = TimeSince(inputCols=["at"], timeZone="America/New_York", reference=reference)
        assert stage.fit(frame.limit(0)).transform(frame).first().at__days_ago == pytest.approx(
            days, abs=1e-12
        )


@pytest.mark.parametrize("reference", ["yesterday", "", 2024, "2024-13-01"])
def test_a_reference_that_is_no_time_is_refused(reference: object) -> None:
    with pytest.raises(
        TiltyardError, match="TimeSince: 'reference' must be a date or time such as '2024-01-31'"
    ):
        TimeSince(reference=reference)
