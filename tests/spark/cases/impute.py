"""Impute's cases."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import Impute

INF, NAN = float("inf"), float("nan")


def _means(spark: SparkSession) -> StageCase:
    rows = [
        (1, "a", 1.0, None),
        (2, "a", 0.5, None),
        (3, "a", None, None),
        (4, "a", NAN, None),
        (5, "b", -INF, None),
        (6, "b", None, None),
        (7, None, 6.0, None),
    ]
    frame = spark.createDataFrame(rows, "id int, tenant string, `odd name.` double, empty int")
    stage = Impute(inputCols=["odd name.", "empty"], tenantCol="tenant", fillValue=-1, flags=True)
    expected = {
        "odd name.__filled": [1.0, 0.5, 0.75, 0.75, 2.5, 2.5, 6.0],
        "odd name.__was_null": [False, False, True, True, True, True, False],
        "empty__filled": [-1.0] * 7,
        "empty__was_null": [True] * 7,
    }
    return StageCase(stage, frame, expected)


def _categories(spark: SparkSession) -> StageCase:
    rows = [(1, "x", 3), (2, "x", 1), (3, "y", 1), (4, None, None), (5, "y", 3)]
    frame = spark.createDataFrame(rows, "id int, letter string, number int")
    stage = Impute(inputCols=["letter", "number"], outputCols=["a", "b"], strategy="mostFrequent")
    return StageCase(stage, frame, {"a": ["x", "x", "y", "x", "y"], "b": [3.0, 1.0, 1.0, 1.0, 3.0]})


def _constants(spark: SparkSession) -> StageCase:
    frame = spark.createDataFrame([(1, "x"), (2, None)], "id int, letter string")
    stage = Impute(inputCols=["letter"], strategy="constant", fillValue="none")
    return StageCase(stage, frame, {"letter__filled": ["x", "none"]})


CASES = {"Impute": _means, "Impute-mostFrequent": _categories, "Impute-constant": _constants}
