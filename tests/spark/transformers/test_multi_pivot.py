"""MultiPivot: rows counted by value, against a plain Python oracle, and the slots of each tenant."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from pyspark.ml import Pipeline
from pyspark.sql import SparkSession

from tiltyard.errors import DataContractError
from tiltyard.slots import slot_table
from tiltyard.transformers import FeaturePacker, MultiPivot

TOP, SUPPORT = 3, 12


def _ranked(rows: list[list[str] | None]) -> list[str]:
    counts = Counter(value for values in rows for value in set(values or []))
    kept = sorted((-count, value) for value, count in counts.items() if count >= SUPPORT)
    return [value for _, value in kept[:TOP]]


def test_levels_and_slots_are_those_of_a_count_by_hand(spark: SparkSession) -> None:
    draw = random.Random(0)
    values = ["ü", "a b", 'quote"', "c", "d"]
    rows = [
        (n, draw.choice("st"), draw.choice([None, draw.choices(values, [5, 4, 3, 2, 1], k=n % 5)]))
        for n in range(120)
    ]
    frame = spark.createDataFrame(rows, "id int, tenant string, tags array<string>")
    pivot = MultiPivot(inputCols=["tags"], tenantCol="tenant", topK=TOP, minSupport=SUPPORT)
    model = pivot.fit(frame)
    levels = {
        tenant: _ranked([tags for _, one, tags in rows if tenant in (None, one)])
        for tenant in (None, "s", "t")
    }
    found = {(row.tenant, row.column): row.levels for row in model.levels().collect()}
    assert found == {
        (tenant, f"tags__{rank}"): ranked[rank - 1 : rank]
        for tenant, ranked in levels.items()
        for rank in range(1, TOP + 1)
    }
    for row in model.transform(frame).where("tags is not null").collect():
        own, held = levels[row.tenant], set(row.tags)
        flags = [row[f"tags__{rank}"] for rank in range(1, len(own) + 1)]
        assert flags == [float(level in held) for level in own]
        assert (row.tags__other, row.tags__size) == (len(held - set(own)), len(held))


def test_the_slot_table_names_each_tenants_value(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("s", "x.y"), ("t", "x y.z")], "tenant string, tags string")
    pivot = MultiPivot(inputCols=["tags"], separator=".", tenantCol="tenant", topK=2, minSupport=1)
    packer = FeaturePacker(inputCols=["tags__1", "tags__2", "tags__size"])
    model = Pipeline(stages=[pivot, packer]).fit(frame)
    table = slot_table(model.transform(frame).schema, model)
    found = {(row.tenant, row.name): (row.field, row.kind, row.levels) for row in table.collect()}
    assert found[("s", "tags__2")] == ("tags", "categorical", ["y"])
    assert found[("t", "tags__1")] == ("tags", "categorical", ["x y"])
    assert found[("t", "tags__size")] == ("tags", "numeric", None)


def test_unseen_values_are_other_and_fitted_on_nothing_all_are(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("s", ["x", "y"])], "tenant string, tags array<string>")
    asked = spark.createDataFrame([("t", ["x", "new", "newer"])], frame.schema)
    for fitted_on, expected in ((frame, (1.0, 2.0, 3.0)), (frame.limit(0), (0.0, 3.0, 3.0))):
        model = MultiPivot(inputCols=["tags"], tenantCol="tenant", topK=1, minSupport=1).fit(fitted_on)
        row = model.transform(asked).first()
        assert (row.tags__1, row.tags__other, row.tags__size) == expected


def test_other_types_are_refused_with_a_way_out(spark: SparkSession) -> None:
    frame = spark.createDataFrame([([1],)], "tags array<int>")
    with pytest.raises(DataContractError, match="MultiPivot: column 'tags' must hold lists of strings, or"):
        MultiPivot(inputCols=["tags"]).fit(frame)
