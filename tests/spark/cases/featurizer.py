"""Featurizer's case: one field of most types."""

from __future__ import annotations

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tiltyard.featurizer import Featurizer
from tiltyard.testing import StageCase

WORDS = ("asked for a quote", "wants a call soon", "reads the newsletter", "asked for a call")
TITLES = ("Sales Manager", "CEO", "Engineer")


def _featurizer(spark: SparkSession) -> StageCase:
    rows = [
        (
            n, "ab"[n % 2], n % 2 * 1.0, n % 3, float(n), "red" if n % 5 else "blue", f"ann{n}@mill{n % 7}.example.com",
            f"Mill{n % 7} Ltd", TITLES[n % 3], f"{WORDS[n % 4]} number {n * n % 89}", f"2026-01-{n % 28 + 1:02d}",
        )
        for n in range(240)
    ]  # fmt: skip
    schema = (
        "id int, tenant string, won double, fold int, price double, colour string, email string, company string,"
        " title string, note string, seen string"
    )
    frame = spark.createDataFrame(rows, schema).withColumn("seen", F.col("seen").cast("date"))
    types = {"title": "JobTitle", "note": "Text", "company": "Company"}
    fields = ["price", "colour", "email", "company", "title", "note", "seen"]
    stage = Featurizer(
        inputCols=fields,
        tenantCol="tenant",
        labelCol="won",
        foldCol="fold",
        keyCol="id",
        types=types,
        levels=2,
    )
    expected = {
        "colour__pivot": [1.0 if row[5] == "red" else 2.0 for row in rows],
        "title__rank": [{"Sales Manager": 5, "CEO": 8, "Engineer": 3}[row[8]] for row in rows],
    }
    return StageCase(stage, frame, expected, fit_jobs=30)


CASES = {"Featurizer": _featurizer}
