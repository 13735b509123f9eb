"""MagnitudeBuckets: every number is in the range its label names."""

from __future__ import annotations

import math
import random
from decimal import Decimal

import pytest
from pyspark.sql import SparkSession

from tiltyard.errors import DataContractError
from tiltyard.slots import Slot, slot_of
from tiltyard.transformers import MagnitudeBuckets


def _label(number: float) -> str:
    """The label of a magnitude between 1e-5 and 1e11, from its logarithm."""
    power = math.floor(math.log10(abs(number)))
    low, high = Decimal(10) ** power, Decimal(10) ** (power + 1)
    if power >= 0:
        return f"{low}-{high - 1}" if number > 0 else f"-{high - 1} to -{low}"
    first, last = f"{float(low):.15g}", f"{float(high):.15g}"
    return f"{first} to <{last}" if number > 0 else f">-{last} to -{first}"


def test_labels_are_those_of_the_logarithm(spark: SparkSession) -> None:
    draw = random.Random(0)
    numbers = [draw.choice([-1, 1]) * 10 ** draw.uniform(-5, 11) for _ in range(500)]
    frame = spark.createDataFrame([(number,) for number in numbers], "n double")
    found = [row[1] for row in MagnitudeBuckets(inputCols=["n"]).transform(frame).collect()]
    assert found == [_label(number) for number in numbers]


def test_any_numeric_type_and_its_lineage(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(-7, Decimal("0.10"), "x")], "whole int, money decimal(9,2), text string")
    made = MagnitudeBuckets(inputCols=["whole", "money"], outputCols=["a", "b"]).transform(frame)
    assert made.select("a", "b").first() == ("-9 to -1", "0.1 to <1")
    assert slot_of(made.schema["a"]) == Slot("a", "whole", "Integral", "categorical")
    with pytest.raises(
        DataContractError, match="MagnitudeBuckets: column 'text' must be numeric, got string"
    ):
        MagnitudeBuckets(inputCols=["text"]).transform(frame)
