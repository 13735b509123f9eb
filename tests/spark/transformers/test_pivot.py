"""Pivot: ranks, ties and unseen values, against a plain Python oracle."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.slots import Slot, lineage, slot_of
from tiltyard.transformers import NumericBuckets, Pivot


def _ranked(values: list[str | None], top: int, support: int) -> list[str]:
    counts = Counter(value for value in values if value is not None)
    kept = sorted((-count, value) for value, count in counts.items() if count >= support)
    return [value for _, value in kept[:top]]


def _levels(frame: DataFrame, **params: object) -> dict[str | None, list[str]]:
    model = Pivot(inputCols=["value"], **params).fit(frame)
    return {row.tenant: row.levels for row in model.levels().collect()}


def test_levels_are_those_of_a_count_by_hand(spark: SparkSession) -> None:
    draw = random.Random(0)
    rows = [(draw.choice("abc"), draw.choice([None, *"uvwxyz"][: draw.randint(2, 7)])) for _ in range(500)]
    frame = spark.createDataFrame(rows, "tenant string, value string")
    found = _levels(frame, tenantCol="tenant", topK=3, minSupport=15)
    assert found.pop(None) == _ranked([value for _, value in rows], 3, 15)
    assert found == {t: _ranked([value for one, value in rows if one == t], 3, 15) for t in "abc"}


def test_ties_at_the_cut_go_by_value_in_any_order(spark: SparkSession) -> None:
    # 10,000 values twice each: the sketch alone would cut them in the order they came.
    frame = spark.range(20_000).select((F.col("id") % 10_000).cast("string").alias("value"))
    expected = sorted(str(n) for n in range(10_000))[:20]
    shuffled = [frame, frame.orderBy(F.desc("value")), frame.orderBy(F.hash("value")).repartition(7)]
    assert [_levels(one, minSupport=2)[None] for one in shuffled] == [expected] * 3


def test_ten_thousand_values_are_counted_exactly(spark: SparkSession) -> None:
    # Value n occurs n // 100 times: 99 hundred-fold ties, the greatest counts at the end.
    frame = spark.range(10_000).select(F.explode(F.expr("array_repeat(1, int(id div 100))")).alias("n"), "id")
    frame = frame.select(F.format_string("v%05d", "id").alias("value"))
    levels = _levels(frame.repartition(5), topK=150, minSupport=99)[None]
    assert levels == [f"v{n:05d}" for n in range(9900, 10_000)]


def test_values_are_compared_as_exact_strings(spark: SparkSession) -> None:
    rows = [("a", True, 1.0), ("a ", False, 1.0), ("A", True, 2.5), ("", None, float("nan"))]
    frame = spark.createDataFrame(rows, "text string, flag boolean, number double")
    model = Pivot(inputCols=["text", "flag", "number"], minSupport=1).fit(frame)
    levels = {row.field: row.levels for row in model.levels().collect()}
    assert levels == {"text": ["", "A", "a", "a "], "flag": ["true", "false"], "number": ["1.0", "2.5"]}


def test_a_value_of_another_tenant_is_other(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("a", "x"), ("b", "y")], "tenant string, value string")
    model = Pivot(inputCols=["value"], tenantCol="tenant", minSupport=1).fit(frame)
    crossed = spark.createDataFrame([("a", "y"), ("b", "x")], frame.schema)
    assert [row.value__pivot for row in model.transform(crossed).collect()] == [0.0, 0.0]


def test_fitted_on_nothing_everything_is_other(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("a", "x"), ("a", None)], "tenant string, value string")
    for tenant in ("tenant", None):
        model = Pivot(inputCols=["value"], tenantCol=tenant).fit(frame.limit(0))
        codes = [row.value__pivot for row in model.transform(frame).collect()]
        assert codes[0] == 0.0
        assert codes[1] != codes[1]


def test_lineage_goes_back_to_the_first_field(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(5,), (50,)], "employees int")
    bucketed = NumericBuckets(inputCols=["employees"]).transform(frame)
    coded = Pivot(inputCols=["employees__bucket"], minSupport=1).fit(bucketed).transform(bucketed)
    field = coded.schema["employees__bucket__pivot"]
    assert slot_of(field) == Slot(field.name, "employees", "Integral", "categorical")
    assert lineage(coded.schema["employees"]) == ("employees", "Integral")


def test_one_hot_has_names_for_spark(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("x",)], "value string")
    coded = Pivot(inputCols=["value"], mode="oneHot", topK=2, minSupport=1).fit(frame).transform(frame)
    attributes = coded.schema["value__pivot"].metadata["ml_attr"]
    names = ["value__pivot_1", "value__pivot_2", "value__pivot_other", "value__pivot_null"]
    assert [one["name"] for one in attributes["attrs"]["binary"]] == names
    assert attributes["num_attrs"] == 4


def test_columns_of_lists_and_wrong_params_are_refused(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(["x"],)], "tags array<string>")
    with pytest.raises(
        DataContractError, match="Pivot: column 'tags' must hold single values, got array<string>"
    ):
        Pivot(inputCols=["tags"]).fit(frame)
    with pytest.raises(TiltyardError, match="Pivot: 'outputCols' must be 1 names"):
        Pivot(inputCols=["tags"], outputCols=["a", "b"]).fit(frame)
    with pytest.raises(TiltyardError, match="Pivot: 'inputCols' must be a list of column names, got nothing"):
        Pivot().fit(frame)
