"""Scale's cases."""

from __future__ import annotations

from math import sqrt

from pyspark.sql import DataFrame, SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import Scale


def tenants(spark: SparkSession) -> DataFrame:
    """Tenant "a" has 1, 2 and 6, "b" one value, "c" none: that meets all rows."""
    values = [("a", 1.0), ("a", 2.0), ("a", 6.0), ("b", 7.0), ("b", 7.0), ("c", None), (None, 13.0)]
    noise = [("a", float("nan")), ("a", float("-inf")), ("new", None)]
    rows = [(at, *row) for at, row in enumerate([*values, *noise])]
    return spark.createDataFrame(rows, "id int, tenant string, `odd name.` double")


def _standard(spark: SparkSession) -> StageCase:
    stage = Scale(inputCols=["odd name."], outputCols=["scaled"], tenantCol="tenant")
    own = [number / sqrt(14 / 3) for number in (-2, -1, 3)]
    # All rows: 1, 2, 6, 7, 7, 13 have the mean 6 and a variance of 15.333.
    others = [0.0, 0.0, None, 7 / sqrt(92 / 6), None, None, None]
    return StageCase(stage, tenants(spark), {"scaled": [*own, *others]})


def _min_max(spark: SparkSession) -> StageCase:
    stage = Scale(inputCols=["odd name."], outputCols=["scaled"], tenantCol="tenant", method="minMax")
    return StageCase(
        stage, tenants(spark), {"scaled": [0.0, 0.2, 1.0, 0.0, 0.0, None, 1.0, None, None, None]}
    )


CASES = {"Scale": _standard, "Scale-minMax": _min_max}
