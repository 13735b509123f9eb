"""TreeBuckets' case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import TreeBuckets


def _trees(spark: SparkSession) -> StageCase:
    # The label of tenant "a" steps at 50, that of "b" has no step; "c" has no label and meets all rows.
    step = [(n, "a", n % 100, str(n % 100 >= 50)) for n in range(200)]
    flat = [(n, "b", n % 100, str(n % 2 == 0)) for n in range(200, 400)]
    rest = [(400, "c", 49, None), (401, "c", 50, None), (402, "c", None, None)]
    frame = spark.createDataFrame([*step, *flat, *rest], "id int, tenant string, hours int, label string")
    stage = TreeBuckets(inputCols=["hours"], tenantCol="tenant", keyCol="id", minInstancesPerNode=10)
    own = ["<50" if n % 100 < 50 else "50+" for n in range(200)]
    return StageCase(stage, frame, {"hours__tree_bucket": [*own, *[None] * 200, "<50", "50+", None]})


CASES = {"TreeBuckets": _trees}
