"""NumericBuckets: labels at and between splits."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pyspark.sql import SparkSession

from tiltyard.errors import DataContractError
from tiltyard.slots import Slot, slot_of
from tiltyard.transformers import NumericBuckets


def _labels(spark: SparkSession, values: list[object], kind: str, **params: object) -> list[str | None]:
    frame = spark.createDataFrame([(value,) for value in values], f"n {kind}")
    return [row[1] for row in NumericBuckets(inputCols=["n"], **params).transform(frame).collect()]


def test_whole_splits_show_the_last_whole_number(spark: SparkSession) -> None:
    assert _labels(spark, [0, 1, 2, 5, 6, None], "int", splits=[0, 1, 3, 6]) == [
        "0",
        "1-2",
        "1-2",
        "3-5",
        "6+",
        None,
    ]


def test_other_splits_show_the_exclusive_end(spark: SparkSession) -> None:
    found = _labels(spark, [0.4, 0.5, 1.4, 1.5], "double", splits=[0.5, 1.5])
    assert found == ["<0.5", "0.5 to <1.5", "0.5 to <1.5", "1.5+"]


def test_infinities_are_open_ended_and_nan_is_null(spark: SparkSession) -> None:
    found = _labels(spark, [float("-inf"), float("inf"), float("nan")], "float")
    assert found == ["<0", "10000+", None]


def test_decimals_and_large_splits(spark: SparkSession) -> None:
    found = _labels(spark, [Decimal("999999.99"), Decimal(10**7)], "decimal(18,2)", splits=[0, 1e6, 1e7])
    assert found == ["0-999999", "10000000+"]


def test_the_label_knows_its_field(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1,)], "n int")
    made = NumericBuckets(inputCols=["n"], outputCols=["size"]).transform(frame).schema["size"]
    assert slot_of(made) == Slot("size", "n", "Integral", "categorical")


def test_text_is_refused(spark: SparkSession) -> None:
    with pytest.raises(DataContractError, match="NumericBuckets: column 'n' must be numeric, got string"):
        _labels(spark, ["1"], "string")
