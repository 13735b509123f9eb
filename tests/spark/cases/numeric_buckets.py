"""NumericBuckets' case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import NumericBuckets

NAN = float("nan")


def _buckets(spark: SparkSession) -> StageCase:
    values = [-1.0, 0.0, 9.99, 10.0, 99.0, 100.0, 999.0, 4999.0, 5000.0, 10000.0, float("inf"), NAN, None]
    frame = spark.createDataFrame(list(enumerate(values)), "id int, employees double")
    labels = ["<0", "0-9", "0-9", "10-99", "10-99", "100-499", "500-999", "1000-4999", "5000-9999"]
    stage = NumericBuckets(inputCols=["employees"])
    return StageCase(stage, frame, {"employees__bucket": [*labels, "10000+", "10000+", None, None]})


CASES = {"NumericBuckets": _buckets}
