"""MagnitudeBuckets' case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import MagnitudeBuckets

INF, NAN = float("inf"), float("nan")


def _magnitudes(spark: SparkSession) -> StageCase:
    expected = {
        -INF: "<=-1000000000000",
        -99.5: "-99 to -10",
        -10.0: "-99 to -10",
        -9.99: "-9 to -1",
        -1.0: "-9 to -1",
        -0.5: ">-1 to -0.1",
        -1e-300: ">-1e-06 to <0",
        0.0: "0",
        1e-300: ">0 to <1e-06",
        0.1: "0.1 to <1",
        0.999: "0.1 to <1",
        1.0: "1-9",
        9.99: "1-9",
        10.0: "10-99",
        100.0: "100-999",
        1e12: "1000000000000+",
    }
    values = [*expected, NAN, None]
    frame = spark.createDataFrame(list(enumerate(values)), "id int, margin double")
    return StageCase(
        MagnitudeBuckets(inputCols=["margin"]),
        frame,
        {"margin__magnitude": [*expected.values(), None, None]},
    )


CASES = {"MagnitudeBuckets": _magnitudes}
