"""Pivot's cases."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import Pivot

NAN = float("nan")


def _pivot(spark: SparkSession) -> StageCase:
    rows = [
        (1, "a", "x"),
        (2, "a", "x"),
        (3, "a", "y"),
        (4, "b", "y"),
        (5, "b", "y"),
        (6, "b", None),
        (7, None, "y"),
    ]
    frame = spark.createDataFrame(rows, "id int, tenant string, `odd name.` string")
    stage = Pivot(inputCols=["odd name."], outputCols=["code"], tenantCol="tenant", minSupport=2)
    return StageCase(stage, frame, {"code": [1.0, 1.0, 0.0, 1.0, 1.0, NAN, 1.0]})


def _one_hot(spark: SparkSession) -> StageCase:
    frame = spark.createDataFrame([(1, 2.0), (2, 2.0), (3, 3.0), (4, NAN)], "id int, rooms double")
    stage = Pivot(inputCols=["rooms"], mode="oneHot", topK=2, minSupport=2)
    hot = {"other": [0.0, 0.0, 1.0, 0.0], "null": [0.0, 0.0, 0.0, 1.0], "two": [1.0, 0.0, 0.0, 0.0]}
    return StageCase(stage, frame, {"rooms__pivot": [hot["two"], hot["two"], hot["other"], hot["null"]]})


CASES = {"Pivot": _pivot, "Pivot-oneHot": _one_hot}
