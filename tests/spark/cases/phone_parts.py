"""PhoneParts' cases."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import PhoneParts


def _phone_parts(spark: SparkSession) -> StageCase:
    rows = [
        (1, "030 123456", "Germany"),
        (2, "0044 7400 123456", "Germany"),
        (3, "(650) 253-0000", None),
        (4, "(650) 253-0000", "Atlantis"),
        (5, "no number", "DE"),
        (6, None, "DE"),
    ]
    frame = spark.createDataFrame(rows, "id int, `tel.` string, `its country` string")
    expected = {
        "tel.__valid": [True, True, True, True, False, None],
        "tel.__possible": [True, True, True, True, False, None],
        "tel.__country_code": ["49", "44", "1", "1", None, None],
        "tel.__region": ["DE", "GB", "US", "US", None, None],
        "tel.__type": ["fixed_line", "mobile", *["fixed_line_or_mobile"] * 2, None, None],
        "tel.__international": [False, True, False, False, False, None],
    }
    stage = PhoneParts(inputCols=["tel."], regionCol="its country", region="United States")
    return StageCase(stage, frame, expected)


def _no_region(spark: SparkSession) -> StageCase:
    numbers = ["+49 30 123456", "030 123456", None]
    frame = spark.createDataFrame(list(enumerate(numbers)), "id int, phone string")
    stage = PhoneParts(inputCols=["phone"], parts=["valid", "region"])
    return StageCase(stage, frame, {"phone__valid": [True, False, None], "phone__region": ["DE", None, None]})


CASES = {"PhoneParts": _phone_parts, "PhoneParts-noRegion": _no_region}
