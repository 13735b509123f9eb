"""FeaturePacker's case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import FeaturePacker

NAN = float("nan")


def _packer(spark: SparkSession) -> StageCase:
    rows = [(1, 2.5, True), (2, float("inf"), False), (3, NAN, None), (4, 1e300, True)]
    frame = spark.createDataFrame(rows, "id int, price double, sold boolean")
    expected = {"features": [[2.5, 1.0], [NAN, 0.0], [NAN, NAN], [NAN, 1.0]]}
    return StageCase(FeaturePacker(inputCols=["price", "sold"]), frame, expected)


CASES = {"FeaturePacker": _packer}
