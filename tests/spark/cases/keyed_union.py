"""KeyedUnion's case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.keyed_union import KeyedUnion
from tiltyard.testing import StageCase
from tiltyard.transformers import Pivot

NAN = float("nan")


def _union(spark: SparkSession) -> StageCase:
    rows = [(1, "a", "x", 3), (2, "a", "y", None), (3, "b", "y", 4), (4, None, "x", 4)]
    frame = spark.createDataFrame(rows, "id int, tenant string, letter string, number int")
    stages = [Pivot(inputCols=[name], tenantCol="tenant", minSupport=1) for name in ("letter", "number")]
    expected = {"letter__pivot": [1.0, 2.0, 1.0, 1.0], "number__pivot": [1.0, NAN, 1.0, 1.0]}
    return StageCase(KeyedUnion(stages=stages), frame, expected)


CASES = {"KeyedUnion": _union}
