"""PhoneParts: whose country counts; the numbers themselves are in tests/unit/transformers/test_phone_numbers.py."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.slots import Slot, slot_of
from tiltyard.transformers import PhoneParts
from tiltyard.transformers.phone_parts import PARTS


def test_the_rows_country_counts_before_the_common_one(spark: SparkSession) -> None:
    rows = [
        ("030 123456", "de"),
        ("030 123456", "GERMANY "),
        ("030 123456", "France"),
        ("030 123456", None),
        ("(650) 253-0000", None),
        ("(650) 253-0000", "unknown"),
        ("(650) 253-0000", "Iceland"),
        ("+1 650 253 0000", "Germany"),
    ]
    frame = spark.createDataFrame(rows, "phone string, country string")

    def regions(**params: str) -> list[str | None]:
        made = PhoneParts(inputCols=["phone"], parts=["region"], **params).transform(frame)
        return [row.phone__region for row in made.collect()]

    assert regions() == [None] * 7 + ["US"]
    assert regions(region="us") == [None] * 4 + ["US"] * 4
    assert regions(regionCol="country") == ["DE", "DE", *[None] * 5, "US"]
    assert regions(regionCol="COUNTRY", region="USA") == ["DE", "DE", None, None, "US", "US", None, "US"]


def test_columns(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("112",)], "tel string")
    made = PhoneParts(inputCols=["tel"]).transform(frame)
    assert {field.name: field.dataType for field in made.schema[1:]} == {
        f"tel__{part}": one.type for part, one in PARTS.items()
    }
    assert [slot_of(field).kind for field in made.schema[1:]] == [one.kind for one in PARTS.values()]
    assert slot_of(made.schema["tel__type"]) == Slot("tel__type", "tel", "Category", "categorical")


def test_wrong_columns_and_params_are_refused(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("112", 49)], "phone string, code int")
    with pytest.raises(DataContractError, match="PhoneParts: column 'code' must be text, got int"):
        PhoneParts(inputCols=["phone"], regionCol="code").transform(frame)
    with pytest.raises(
        DataContractError, match="PhoneParts: the frame has no column 'cod', did you mean 'code'"
    ):
        PhoneParts(inputCols=["phone"], regionCol="cod").transform(frame)
    with pytest.raises(
        TiltyardError, match="'region' must be a country's ISO code or English name, such as 'US'"
    ):
        PhoneParts(region="Atlantis")
    with pytest.raises(TiltyardError, match="'region' must be a country's ISO code"):
        PhoneParts(region=49)  # type: ignore[arg-type]
    with pytest.raises(
        TiltyardError, match="PhoneParts: 'parts' must be a list of some of 'valid', 'possible'"
    ):
        PhoneParts(parts=["owner"])
