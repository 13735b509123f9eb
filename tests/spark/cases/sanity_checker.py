"""SanityChecker's case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import FeaturePacker, SanityChecker

NAN = float("nan")


def _checker(spark: SparkSession) -> StageCase:
    """Tenant a's second slot is the label; b's is not; c is thin and the label of nobody."""
    rows = [
        (n, "ab"[n % 2], float(n % 7), float(n // 2 % 2 if n % 2 == 0 else n // 4 % 5)) for n in range(120)
    ]
    labels = [float(n // 2 % 2) for n in range(120)]
    rows = [(*row, label) for row, label in zip(rows, labels, strict=True)]
    rows += [(120, "c", 3.0, 0.0, 1.0), (121, None, 4.0, 1.0, None)]
    frame = spark.createDataFrame(rows, "id int, tenant string, visits double, won double, label double")
    packed = FeaturePacker(inputCols=["visits", "won"]).transform(frame).drop("visits", "won")
    expected = [[v, NAN if tenant == "a" else w] for _, tenant, v, w, _ in rows]
    stage = SanityChecker(
        inputCol="features", tenantCol="tenant", keyCol="id", minRows=50, support=5, sampleRows=100
    )
    return StageCase(stage, packed, {"checked": expected})


CASES = {"SanityChecker": _checker}
