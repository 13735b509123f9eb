"""DateParts' case."""

from __future__ import annotations

import datetime

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import DateParts

UTC = datetime.UTC


def _date_parts(spark: SparkSession) -> StageCase:
    instants = [
        datetime.datetime(2013, 1, 1, 6, tzinfo=UTC),
        datetime.datetime(2013, 7, 1, 18, tzinfo=UTC),
        None,
    ]
    frame = spark.createDataFrame(list(enumerate(instants)), "id int, at timestamp")
    expected = {"at__hour_sin": [1.0, -1.0, None], "at__month_cos": [1.0, -1.0, None]}
    return StageCase(DateParts(inputCols=["at"]), frame, expected)


CASES = {"DateParts": _date_parts}
