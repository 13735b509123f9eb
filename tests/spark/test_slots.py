"""The slot table: lineage and levels of every tenant."""

from __future__ import annotations

import pytest
from pyspark.ml import Pipeline
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tiltyard.errors import DataContractError
from tiltyard.keyed_union import KeyedUnion
from tiltyard.slots import slot_table, slots_of
from tiltyard.transformers import FeaturePacker, Pivot

ROWS = [("a", "x", 1, 0.5), ("b", "y", 2, 1.5)]
SCHEMA = "tenant string, letter string, number int, size double"


@pytest.mark.parametrize("union", [False, True])
def test_levels_of_every_pivot_by_tenant_and_for_all(spark: SparkSession, union: bool) -> None:
    frame = spark.createDataFrame(ROWS, SCHEMA)
    pivots = [Pivot(inputCols=[name], tenantCol="tenant", minSupport=1) for name in ("letter", "number")]
    keyed = [KeyedUnion(stages=pivots)] if union else pivots
    packer = FeaturePacker(inputCols=["size", "letter__pivot", "number__pivot"])
    model = Pipeline(stages=[Pipeline(stages=keyed), packer]).fit(frame)
    table = slot_table(model.transform(frame).schema, model)
    assert table.dtypes == [
        ("tenant", "string"),
        ("slot", "int"),
        *[(name, "string") for name in ("name", "field", "type", "kind")],
        ("levels", "array<string>"),
    ]
    found = {(row.tenant, row.slot): (row.field, row.levels) for row in table.collect()}
    assert table.count() == 9
    assert found[("a", 0)] == ("size", None)
    assert found[("a", 1)] == ("letter", ["x"])
    assert found[("b", 2)] == ("number", ["2"])
    assert found[(None, 1)] == ("letter", ["x", "y"])


def test_without_keyed_stages_there_is_the_global_row(spark: SparkSession) -> None:
    frame = spark.createDataFrame(ROWS, SCHEMA)
    model = Pipeline(stages=[FeaturePacker(inputCols=["size"])]).fit(frame)
    table = slot_table(model.transform(frame).schema, model)
    assert [tuple(row) for row in table.collect()] == [(None, 0, "size", "size", "Real", "numeric", None)]


def test_lost_metadata_is_said(spark: SparkSession) -> None:
    frame = spark.createDataFrame(ROWS, SCHEMA).withColumn("features", F.array("size"))
    with pytest.raises(DataContractError, match="column 'features' has no slot metadata"):
        slots_of(frame.schema, "features")
    with pytest.raises(DataContractError, match="no column 'featurs', did you mean 'features'"):
        slots_of(frame.schema, "featurs")
    with pytest.raises(DataContractError, match="'packed' must name one of the packed columns, there are"):
        slot_table(frame.schema, Pipeline(stages=[]).fit(frame))
