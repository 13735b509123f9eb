"""Holidays' cases."""

from __future__ import annotations

import datetime

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import Holidays

_SCHEMA = "id int, sold date, country string"


def _of_rows(spark: SparkSession) -> StageCase:
    eve, fourth = datetime.date(2024, 12, 24), datetime.date(2024, 7, 4)
    rows = [
        (1, eve, "DE"),
        (2, datetime.date(2024, 12, 25), "DE"),
        (3, fourth, "US"),
        (4, fourth, "DE"),
        (5, fourth, "Atlantis"),
        (6, fourth, None),
        (7, None, "DE"),
    ]
    expected = {
        "sold__holiday": [0.0, 1.0, 1.0, 0.0, None, None, None],
        "sold__days_to_holiday": [1.0, 0.0, 0.0, 30.0, None, None, None],
    }
    stage = Holidays(inputCols=["sold"], countryCol="country")
    return StageCase(stage, spark.createDataFrame(rows, _SCHEMA), expected)


def _fixed(spark: SparkSession) -> StageCase:
    rows = [(1, datetime.date(2024, 12, 24), None), (2, datetime.date(2024, 7, 3), "US"), (3, None, None)]
    stage = Holidays(inputCols=["sold"], country="DE", countryCol="country", horizon=10)
    expected = {"sold__holiday": [0.0, 0.0, None], "sold__days_to_holiday": [1.0, 1.0, None]}
    return StageCase(stage, spark.createDataFrame(rows, _SCHEMA), expected)


CASES = {"Holidays": _of_rows, "Holidays-fixed": _fixed}
