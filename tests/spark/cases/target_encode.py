"""TargetEncode's case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import TargetEncode

NAN = float("nan")


def _target(spark: SparkSession) -> StageCase:
    """Tenant a by folds; b's row of no fold is encoded from all; the tenant null from all rows together."""
    rows = [
        (1, "a", "x", 1.0, 0), (2, "a", "x", 0.0, 1), (3, "a", "x", 1.0, 1), (4, "a", "y", 0.0, 0),
        (5, "b", "x", 1.0, 0), (6, "b", "x", 0.0, None), (7, "b", None, 1.0, 1), (8, None, "y", None, None),
    ]  # fmt: skip
    frame = spark.createDataFrame(rows, "id int, tenant string, `odd name.` string, won double, fold int")
    stage = TargetEncode(
        inputCols=["odd name."], outputCols=["rate"], labelCol="won", foldCol="fold", tenantCol="tenant",
        smoothing=0.0, minSupport=1,
    )  # fmt: skip
    # y has no row outside its own fold, so smoothing by nothing leaves nothing.
    return StageCase(stage, frame, {"rate": [0.5, 1.0, 1.0, NAN, 0.0, 0.5, NAN, 0.0]})


CASES = {"TargetEncode": _target}
