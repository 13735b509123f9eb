"""TextTarget's case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import TextTarget

NAN = float("nan")


def _text(spark: SparkSession) -> StageCase:
    """Tenant a by folds; b's row of no fold is encoded from all; the tenant null from all rows together."""
    rows = [
        (1, "a", "Good, so GOOD!", 1.0, 0), (2, "a", "so bad", 0.0, 1), (3, "a", "good", 1.0, 1),
        (4, "a", "never seen", None, 0), (5, "b", "bad good", 1.0, 0), (6, "b", "so bad", 0.0, None),
        (7, "b", None, 1.0, 1), (8, None, "good", None, None),
    ]  # fmt: skip
    frame = spark.createDataFrame(rows, "id int, tenant string, `odd note.` string, won double, fold int")
    stage = TextTarget(
        inputCols=["odd note."], outputCols=["rate"], labelCol="won", foldCol="fold", tenantCol="tenant",
        keyCol="id", smoothing=0.0, minSupport=1,
    )  # fmt: skip
    # Row 1 knows good 1 and so 0 of fold 1; row 2 so 1 of fold 0 and nothing of bad; row 4 the words of fold 1: two of
    # three are bad's. Row 5 knows only row 6 (bad 0); row 6 both (so 0, bad 0.5).
    return StageCase(stage, frame, {"rate": [0.5, 1.0, 1.0, 1 / 3, 0.0, 0.25, NAN, 1.0]})


CASES = {"TextTarget": _text}
