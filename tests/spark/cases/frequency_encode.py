"""FrequencyEncode's case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import FrequencyEncode

NAN = float("nan")


def _frequency(spark: SparkSession) -> StageCase:
    rows = [
        (1, "a", "x"),
        (2, "a", "x"),
        (3, "a", "x"),
        (4, "a", "y"),
        (5, "b", "y"),
        (6, "b", None),
        (7, None, "x"),
    ]
    frame = spark.createDataFrame(rows, "id int, tenant string, `odd name.` string")
    stage = FrequencyEncode(inputCols=["odd name."], outputCols=["share"], tenantCol="tenant")
    return StageCase(stage, frame, {"share": [0.75, 0.75, 0.75, 0.25, 1.0, NAN, 4 / 6]})


CASES = {"FrequencyEncode": _frequency}
