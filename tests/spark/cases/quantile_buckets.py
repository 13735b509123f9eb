"""QuantileBuckets' case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import QuantileBuckets

INF, NAN = float("inf"), float("nan")


def _quantiles(spark: SparkSession) -> StageCase:
    # Tenant "a" has 1 to 6 and what is no number, "b" one value, "c" none: that meets all rows.
    values = [*[("a", float(n)) for n in range(1, 7)], ("a", INF), ("a", NAN), ("b", 7.0), ("b", 7.0)]
    rows = [(at, *row) for at, row in enumerate([*values, ("c", None), (None, 100.0)])]
    frame = spark.createDataFrame(rows, "id int, tenant string, `odd name.` double")
    stage = QuantileBuckets(inputCols=["odd name."], outputCols=["size"], tenantCol="tenant", buckets=3)
    own = ["<3", "<3", "3-4", "3-4", "5+", "5+", "5+", None]
    return StageCase(stage, frame, {"size": [*own, None, None, None, "7+"]})


CASES = {"QuantileBuckets": _quantiles}
