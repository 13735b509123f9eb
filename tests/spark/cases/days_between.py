"""DaysBetween's case."""

from __future__ import annotations

import datetime

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import DaysBetween


def _days_between(spark: SparkSession) -> StageCase:
    day, noon = datetime.date(2024, 2, 28), datetime.datetime(2024, 3, 1, 12, tzinfo=datetime.UTC)
    rows = [(1, day, noon, day), (2, datetime.date(2024, 3, 2), noon, None), (3, None, noon, day)]
    frame = spark.createDataFrame(rows, "id int, created date, opened timestamp, `odd one.` date")
    expected = {
        "opened__days_since_created": [2.5, -0.5, None],
        "odd one.__days_since_created": [0.0, None, None],
        "odd one.__days_since_opened": [-2.5, None, -2.5],
    }
    return StageCase(DaysBetween(inputCols=["created", "opened", "odd one."]), frame, expected)


CASES = {"DaysBetween": _days_between}
