"""FieldTyper's case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import FieldTyper


def _typer(spark: SparkSession) -> StageCase:
    frame = spark.createDataFrame(
        [(n, f"{n}@x.org", n % 3) for n in range(30)], "id int, mail string, visits int"
    )
    return StageCase(FieldTyper(inputCols=["mail", "visits"]), frame, {}, adds=False)


CASES = {"FieldTyper": _typer}
