"""DriftFilter's case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import DriftFilter


def _drift(spark: SparkSession) -> StageCase:
    """Tenant a's source is empty of late and b's visits have moved; tenant null has what drifts over all rows."""
    rows = []
    for n in range(120):
        tenant, late = "ab"[n % 2], n >= 60
        source = None if tenant == "a" and late else "web"
        rows.append((n, tenant, late, source, float(n // 2 % 5 + (100 if tenant == "b" and late else 0))))
    rows.append((120, None, True, "web", 3.0))
    frame = spark.createDataFrame(rows, "id int, tenant string, late boolean, source string, visits double")
    stage = DriftFilter(
        inputCols=["source", "visits"],
        recentCol="late",
        tenantCol="tenant",
        keyCol="id",
        leastRows=20,
        maxDivergence=0.6,
    )
    source = [None if tenant == "a" else source for _, tenant, _, source, _ in rows]
    visits = [None if row[1] == "b" else row[4] for row in rows]
    return StageCase(stage, frame, {"source__kept": source, "visits__kept": visits})


CASES = {"DriftFilter": _drift}
