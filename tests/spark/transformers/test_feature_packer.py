"""FeaturePacker: what is packed, what is refused, and the lineage that goes with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tiltyard.errors import DataContractError
from tiltyard.slots import Slot, slots_of
from tiltyard.transformers import DateParts, FeaturePacker, FieldTyper, Pivot


@pytest.mark.parametrize(
    ("kind", "way_out"),
    [("timestamp", "DateParts"), ("date", "DateParts"), ("string", "Pivot"), ("array<int>", "Take a number")],
)
def test_other_types_are_refused_with_a_way_out(spark: SparkSession, kind: str, way_out: str) -> None:
    frame = spark.createDataFrame([(None,)], f"x {kind}")
    with pytest.raises(
        DataContractError, match="FeaturePacker: column 'x' must be numeric or boolean"
    ) as caught:
        FeaturePacker(inputCols=["x"]).transform(frame)
    assert way_out in str(caught.value)


def test_text_typed_as_a_number_is_read(spark: SparkSession) -> None:
    texts = ["$1,200.50", " 7", "45 %", "1,2", "", None]
    frame = spark.createDataFrame([(text,) for text in texts], "x string")
    typed = FieldTyper(types={"x": "Currency"}).fit(frame).transform(frame)
    packed = [row.features[0] for row in FeaturePacker(inputCols=["x"]).transform(typed).collect()]
    assert packed[:3] == [1200.5, 7.0, 45.0]
    assert all(value != value for value in packed[3:])


def test_slots_tell_where_each_number_comes_from(spark: SparkSession, tmp_path: Path) -> None:
    frame = spark.sql("SELECT 1.5D AS price, 'a' AS kind, DATE '2024-01-01' AS day")
    frame = DateParts(inputCols=["day"], parts=["month"]).transform(frame)
    frame = Pivot(inputCols=["kind"], minSupport=1).fit(frame).transform(frame)
    packer = FeaturePacker(inputCols=["price", "kind__pivot", "day__month_sin"])
    slots = (
        Slot("price", "price", "Real", "numeric"),
        Slot("kind__pivot", "kind", "Category", "categorical"),
        Slot("day__month_sin", "day", "Date", "numeric"),
    )
    packed = packer.transform(frame)
    assert slots_of(packed.schema, "features") == slots
    packed.write.parquet(str(tmp_path / "packed"))
    assert slots_of(spark.read.parquet(str(tmp_path / "packed")).schema, "features") == slots


def test_no_columns_make_an_empty_row(spark: SparkSession) -> None:
    packed = FeaturePacker(inputCols=[]).transform(spark.range(1))
    assert packed.first().features == []
    assert packed.schema["features"].dataType.simpleString() == "array<float>"
