"""FeatureVector's case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import FeatureVector

NAN = float("nan")


def _vector(spark: SparkSession) -> StageCase:
    rows = [(1, [1.0, 7.5]), (2, [0.0, NAN]), (3, [NAN, 0.0]), (4, [9.0, 1.0]), (5, None)]
    frame = spark.createDataFrame(rows, "id int, features array<float>")
    slots = [{"name": "sex", "kind": "categorical", "levels": ["m"]}, {"name": "age", "kind": "numeric"}]
    values = [[1, 0, 0, 7.5, 0], [0, 1, 0, 0, 1], [0, 0, 1, 0, 0], [0, 1, 0, 1, 0], [0, 0, 1, 0, 1]]
    return StageCase(FeatureVector(slots=slots), frame, {"vector": values})


CASES = {"FeatureVector": _vector}
