"""Calculate's case."""

from __future__ import annotations

from math import log

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import Calculate

INF, NAN = float("inf"), float("nan")


def _calculated(spark: SparkSession) -> StageCase:
    rows = [
        (1, 6.0, 2),
        (2, -6.0, 0),
        (3, None, 2),
        (4, None, None),
        (5, NAN, 3),
        (6, INF, 3),
        (7, 1e308, 20),
    ]
    frame = spark.createDataFrame(rows, "id int, `odd name.` double, cost int")
    both = ["odd name.", "cost"]
    operations = ("sum", "total", "difference", "product", "ratio")
    single = {name: [name, "odd name."] for name in ("log", "abs")}
    stage = Calculate(expressions={**{name: [name, *both] for name in operations}, **single})
    gaps = [None, None, None, None]
    expected = {
        "sum": [8.0, -6.0, *gaps, 1e308],
        "total": [8.0, -6.0, 2.0, None, 3.0, 3.0, 1e308],
        "difference": [4.0, -6.0, *gaps, 1e308],
        "product": [12.0, 0.0, *gaps, None],
        "ratio": [3.0, None, *gaps, 5e306],
        "log": [log(7), -log(7), *gaps, log(1e308)],
        "abs": [6.0, 6.0, *gaps, 1e308],
    }
    return StageCase(stage, frame, expected)


CASES = {"Calculate": _calculated}
