"""SmartText's case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import SmartText

NAN = float("nan")


def _smart_text(spark: SparkSession) -> StageCase:
    rows = [
        (1, "a", "gold"),
        (2, "a", "gold"),
        (3, "a", None),
        (4, "b", "call back"),
        (5, "b", "call again tomorrow"),
        (6, "b", "sent"),
        (7, "c", "A-1"),
        (8, "c", "B-2"),
    ]
    frame = spark.createDataFrame(rows, "id int, tenant string, `odd note.` string")
    stage = SmartText(
        inputCols=["odd note."], tenantCol="tenant", topTerms=1, minSupport=2, maxShare=0.7, maxCardinality=2
    )
    expected = {
        "odd note.__pivot": [1.0, 1.0, NAN, NAN, NAN, NAN, NAN, NAN],
        "odd note.__term_1": [NAN, NAN, NAN, 1.0, 1.0, 0.0, NAN, NAN],
    }
    return StageCase(stage, frame, expected)


CASES = {"SmartText": _smart_text}
