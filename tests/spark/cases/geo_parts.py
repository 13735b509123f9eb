"""GeoParts' cases."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import GeoParts

NAN = float("nan")


def _numbers(spark: SparkSession) -> StageCase:
    rows = [
        (1, 0.0, 0),
        (2, 0.0, 90),
        (3, 90.0, 17),
        (4, -90.0, 0),
        (5, NAN, 0),
        (6, 90.5, 0),
        (7, 1.0, None),
    ]
    frame = spark.createDataFrame(rows, "id int, lat double, lon int")
    stage = GeoParts(latCol="lat", lonCol="lon", cellDegrees=10.0, reference=[0, 0])
    nowhere = [None, None, None]
    quarter = 10_007.557
    expected = {
        "lat__x": [1.0, 0.0, 0.0, 0.0, *nowhere],
        "lat__y": [0.0, 1.0, 0.0, 0.0, *nowhere],
        "lat__z": [0.0, 0.0, 1.0, -1.0, *nowhere],
        "lat__cell": ["5.0,5.0", "5.0,95.0", "85.0,0.0", "-85.0,0.0", *nowhere],
        "lat__km": [0.0, quarter, quarter, quarter, *nowhere],
    }
    return StageCase(stage, frame, expected)


def _texts(spark: SparkSession) -> StageCase:
    texts = ["0.0, 180.0", "( 0 ; -180 )", "+45.5,-0.5", "100, 0", "0, 181", "1 2", "a, b", "", None]
    frame = spark.createDataFrame(list(enumerate(texts)), "id int, `a place.` string")
    nowhere = [None] * 6
    expected = {
        "a place.__x": [-1.0, -1.0, 0.7008825, *nowhere],
        "a place.__cell": ["0.5,-179.5", "0.5,-179.5", "45.5,-0.714", *nowhere],
    }
    return StageCase(GeoParts(inputCols=["a place."]), frame, expected)


CASES = {"GeoParts": _numbers, "GeoParts-texts": _texts}
