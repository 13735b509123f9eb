"""TimeSince's cases."""

from __future__ import annotations

import datetime

from pyspark.sql import DataFrame, SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import TimeSince


def _frame(spark: SparkSession) -> DataFrame:
    first, last = datetime.date(2024, 1, 1), datetime.date(2024, 1, 31)
    noon = datetime.datetime(2024, 1, 10, 12, tzinfo=datetime.UTC)
    rows = [(1, "a", first, noon), (2, "a", None, None), (3, "b", last, noon), (4, None, first, None)]
    return spark.createDataFrame(rows, "id int, tenant string, created date, seen timestamp")


def _time_since(spark: SparkSession) -> StageCase:
    stage = TimeSince(inputCols=["created", "seen"], tenantCol="tenant")
    expected = {"created__days_ago": [9.5, None, 0.0, 30.0], "seen__days_ago": [0.0, None, 20.5, None]}
    return StageCase(stage, _frame(spark), expected)


def _given(spark: SparkSession) -> StageCase:
    stage = TimeSince(inputCols=["created"], outputCols=["age"], reference="2024-01-02T06:00+06:00")
    return StageCase(stage, _frame(spark), {"age": [1.0, None, -29.0, 1.0]})


CASES = {"TimeSince": _time_since, "TimeSince-given": _given}
