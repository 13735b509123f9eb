"""CustomFields' case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import CustomFields

NAN = float("nan")


def _custom_fields(spark: SparkSession) -> StageCase:
    rows = [
        (1, "a", {"seats": "5", "tier": "gold"}),
        (2, "a", {"seats": "1,200", "tier": " gold "}),
        (3, "a", {"seats": "-", "tier": "silver"}),
        (4, "b", {"since": "1970-01-02", "vip": "yes"}),
        (5, "b", {"since": "1970-01-11", "vip": "No", "seats": "7"}),
        (6, "b", None),
        (7, None, {"seats": "9", "vip": "no", "tier": "bronze"}),
    ]
    frame = spark.createDataFrame(rows, "id int, tenant string, `odd own.` map<string,string>")
    stage = CustomFields(
        inputCols=["odd own."],
        tenantCol="tenant",
        minSupport=2,
        numberSlots=1,
        booleanSlots=1,
        dateSlots=1,
        categorySlots=1,
    )
    expected = {
        "odd own.__number_1": [5.0, 1200.0, NAN, NAN, NAN, NAN, 9.0],
        "odd own.__boolean_1": [NAN, NAN, NAN, 1.0, 0.0, NAN, 0.0],
        "odd own.__date_1": [NAN, NAN, NAN, 1.0, 10.0, NAN, NAN],
        "odd own.__category_1": [1.0, 1.0, 0.0, NAN, NAN, NAN, 0.0],
    }
    return StageCase(stage, frame, expected)


CASES = {"CustomFields": _custom_fields}
