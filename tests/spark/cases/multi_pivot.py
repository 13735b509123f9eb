"""MultiPivot's cases."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import MultiPivot

NAN = float("nan")


def _lists(spark: SparkSession) -> StageCase:
    rows = [
        (1, "a", ["x", "y", "x"]),
        (2, "a", ["x"]),
        (3, "a", [None, "z"]),
        (4, "b", ["y", "z"]),
        (5, "b", ["y"]),
        (6, "b", None),
        (7, None, []),
    ]
    frame = spark.createDataFrame(rows, "id int, tenant string, `odd tags.` array<string>")
    stage = MultiPivot(inputCols=["odd tags."], tenantCol="tenant", topK=2, minSupport=2)
    expected = {
        "odd tags.__1": [1.0, 1.0, 0.0, 1.0, 1.0, NAN, 0.0],
        "odd tags.__2": [0.0, 0.0, 0.0, 0.0, 0.0, NAN, 0.0],
        "odd tags.__other": [1.0, 0.0, 1.0, 1.0, 0.0, NAN, 0.0],
        "odd tags.__size": [2.0, 1.0, 1.0, 2.0, 1.0, NAN, 0.0],
    }
    return StageCase(stage, frame, expected)


def _texts(spark: SparkSession) -> StageCase:
    rows = [(1, "x| y"), (2, "y |"), (3, ""), (4, None)]
    frame = spark.createDataFrame(rows, "id int, tags string")
    stage = MultiPivot(inputCols=["tags"], separator="|", topK=2, minSupport=1)
    return StageCase(stage, frame, {"tags__1": [1.0, 1.0, 0.0, NAN], "tags__2": [1.0, 0.0, 0.0, NAN]})


CASES = {"MultiPivot": _lists, "MultiPivot-texts": _texts}
