"""Calculate: more than two operands, lineage, and expressions that are refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pyspark.sql import SparkSession

from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.slots import Slot, slot_metadata, slot_of
from tiltyard.transformers import Calculate


def test_many_operands_of_any_numeric_type(spark: SparkSession) -> None:
    big = 2**62
    frame = spark.createDataFrame(
        [(big, big, Decimal("0.50"), None)], "a long, b long, c decimal(9,2), d float"
    )
    names = ["a", "b", "c"]
    expressions = {name: [name, *names] for name in ("sum", "difference", "product")}
    made = Calculate(expressions={**expressions, "total": ["total", "d", "c", "d"]}).transform(frame)
    found = made.drop("a", "b", "c", "d").first().asDict()
    assert found == {"sum": 2.0 * big, "difference": -0.5, "product": 0.5 * big * big, "total": 0.5}


def test_lineage_names_all_fields_and_keeps_a_shared_type(spark: SparkSession) -> None:
    metadata = {name: slot_metadata(Slot(name, name, "Currency", "numeric")) for name in ("revenue", "cost")}
    frame = spark.createDataFrame([(1.0, 2.0, 3)], "revenue double, cost double, seats int")
    for name, one in metadata.items():
        frame = frame.withMetadata(name, one)
    expressions = {
        "margin": ["difference", "revenue", "cost", "cost"],
        "markup": ["ratio", "revenue", "cost"],
        "mixed": ["sum", "revenue", "seats"],
    }
    schema = Calculate(expressions=expressions).transform(frame).schema
    assert slot_of(schema["margin"]) == Slot("margin", "revenue, cost", "Currency", "numeric")
    assert slot_of(schema["markup"]) == Slot("markup", "revenue, cost", "Real", "numeric")
    assert slot_of(schema["mixed"]) == Slot("mixed", "revenue, seats", "Real", "numeric")


@pytest.mark.parametrize(
    "expressions",
    [
        {},
        {"a": "sum"},
        {"a": []},
        {"a": ["power", "x", "y"]},
        {"a": ["sum", "x"]},
        {"a": ["ratio", "x", "y", "z"]},
        {"a": ["log", "x", "y"]},
        {"a": ["abs", ""]},
        {"": ["abs", "x"]},
        {"a": ["sum", "x", 1]},
        ["sum", "x", "y"],
        3,
    ],
)
def test_wrong_expressions_say_what_is_right(expressions: object) -> None:
    message = "Calculate: 'expressions' must be a mapping of output columns to an operation and its columns"
    with pytest.raises(TiltyardError, match=message) as caught:
        Calculate(expressions=expressions)
    assert "'ratio' (2)" in str(caught.value)
    assert "'product' (2 or more)" in str(caught.value)


def test_texts_and_no_expressions_are_refused(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("x",)], "name string")
    with pytest.raises(DataContractError, match="Calculate: column 'name' must be numeric, got string"):
        Calculate(expressions={"size": ["abs", "name"]}).transform(frame)
    with pytest.raises(TiltyardError, match="'expressions' must be a mapping of output columns, got nothing"):
        Calculate().transform(frame)
