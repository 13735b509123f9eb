"""Terms' case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import Terms

NAN = float("nan")


def _terms(spark: SparkSession) -> StageCase:
    rows = [
        (1, "a", "Late arrival", 1.0),
        (2, "a", "LATE; again", 1.0),
        (3, "a", "on time", 0.0),
        (4, "a", "On time!", None),
        (5, "b", "none", 0.0),
        (6, "b", None, 0.0),
        (7, None, "", 0.0),
    ]
    frame = spark.createDataFrame(rows, "id int, tenant string, `odd note.` string, late double")
    stage = Terms(inputCols=["odd note."], tenantCol="tenant", topK=2, minSupport=2, labelCol="late")
    # "late" and "on" are in two texts each; "time" is where "on" is.
    expected = {
        "odd note.__term_1": [1.0, 1.0, 0.0, 0.0, 0.0, NAN, 0.0],
        "odd note.__term_2": [0.0, 0.0, 1.0, 1.0, 0.0, NAN, 0.0],
    }
    return StageCase(stage, frame, expected)


CASES = {"Terms": _terms}
