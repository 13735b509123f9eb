"""The keyed contract: one aggregation, one join, one row for each tenant and one for all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.keyed_union import KeyedUnion, KeyedUnionModel
from tiltyard.testing import counted_jobs
from tiltyard.transformers import Pivot, PivotModel


def _frame(spark: SparkSession, tenants: int = 3, rows: int = 60) -> DataFrame:
    columns = [F.pmod(F.hash("id", F.lit(n)), F.lit(n + 2)).alias(f"c{n}") for n in range(12)]
    return spark.range(rows).select(
        "id", F.concat(F.lit("t"), F.col("id") % tenants).alias("tenant"), *columns
    )


def _pivot(columns: int, tenant: str | None = "tenant") -> Pivot:
    return Pivot(inputCols=[f"c{n}" for n in range(columns)], tenantCol=tenant, minSupport=1)


def _same(left: DataFrame, right: DataFrame) -> bool:
    assert left.columns == right.columns
    return left.orderBy("id").toPandas().equals(right.orderBy("id").toPandas())


def test_state_has_a_row_for_each_tenant_and_one_for_all(spark: SparkSession) -> None:
    rows = [("a", "x"), ("a", "y"), ("b", "x"), (None, "x"), (None, "z")]
    frame = spark.createDataFrame(rows, "tenant string, value string")
    model = Pivot(inputCols=["value"], tenantCol="tenant", minSupport=1).fit(frame)
    found = {row.tenant: (row.rows, row.state["value"]) for row in model.state.collect()}
    assert model.state.count() == 3
    assert found == {"a": (2, ["x", "y"]), "b": (1, ["x"]), None: (5, ["x", "y", "z"])}


def test_null_unseen_and_thin_tenants_meet_the_global_state(spark: SparkSession) -> None:
    rows = [("a", "x"), ("a", "x"), ("a", "y"), ("thin", "z"), ("b", "y"), ("b", "y"), ("b", "y"), ("b", "x")]
    frame = spark.createDataFrame(rows, "tenant string, value string")
    model = Pivot(inputCols=["value"], tenantCol="tenant", minSupport=1, minRows=2).fit(frame)
    asked = spark.createDataFrame([("a", "x"), ("thin", "x"), (None, "x"), ("new", "x")], frame.schema)
    codes = {row.tenant: row.value__pivot for row in model.transform(asked).collect()}
    assert codes == {"a": 1.0, "thin": 2.0, None: 2.0, "new": 2.0}


def test_without_tenant_there_is_one_state(spark: SparkSession) -> None:
    model = _pivot(2, tenant=None).fit(_frame(spark))
    assert [row.tenant for row in model.state.collect()] == [None]


def test_tenants_of_any_type_are_keyed_by_their_text(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(7, "x"), (7, "x"), (8, "y")], "tenant int, value string")
    model = Pivot(inputCols=["value"], tenantCol="tenant", minSupport=2).fit(frame)
    assert {row.tenant for row in model.state.collect()} == {"7", "8", None}
    assert [row.value__pivot for row in model.transform(frame).orderBy("tenant").collect()] == [1.0, 1.0, 0.0]


def test_the_state_outlives_the_rows_it_was_learnt_from(spark: SparkSession, tmp_path: Path) -> None:
    source = str(tmp_path / "rows")
    _frame(spark).write.parquet(source)
    frame = spark.read.parquet(source)
    expected = _pivot(3).fit(_frame(spark)).transform(_frame(spark))
    model = _pivot(3).fit(frame)
    shutil.rmtree(source)
    assert _same(model.transform(_frame(spark)), expected)


@pytest.mark.parametrize(("columns", "tenants"), [(12, 3), (2, 300)])
def test_jobs_do_not_grow_with_columns_or_tenants(spark: SparkSession, columns: int, tenants: int) -> None:
    few, many = _frame(spark, rows=600), _frame(spark, tenants=tenants, rows=600)
    with counted_jobs(spark) as few_jobs:
        _pivot(2).fit(few)
    with counted_jobs(spark) as many_jobs:
        model = _pivot(columns).fit(many)
    with counted_jobs(spark) as transform_jobs:
        model.transform(many)
    assert many_jobs() == few_jobs() > 0
    assert transform_jobs() == 0


def test_a_union_gives_the_answer_of_its_stages_for_the_price_of_one(spark: SparkSession) -> None:
    frame = _frame(spark)
    stages = [
        _pivot(2),
        _pivot(5).copy({Pivot.topK: 2}),
        Pivot(inputCols=["c7"], tenantCol="tenant", mode="oneHot"),
    ]
    stages[1]._set(outputCols=[f"again{n}" for n in range(5)], topK=2)
    expected = frame
    for stage in stages:
        expected = stage.fit(frame).transform(expected)
    with counted_jobs(spark) as one:
        stages[0].fit(frame)
    with counted_jobs(spark) as all_together:
        union = KeyedUnion(stages=stages).fit(frame)
    assert _same(union.transform(frame), expected)
    assert all_together() == one()
    assert _joins(union.transform(frame)) == 1
    assert _joins(expected) == 3


def test_a_fitted_union_holds_models_that_work_alone(spark: SparkSession) -> None:
    frame = _frame(spark)
    union = KeyedUnion(stages=[_pivot(2), Pivot(inputCols=["c7"], tenantCol="tenant")]).fit(frame)
    assert isinstance(union, KeyedUnionModel)
    assert _same(union.copy().stages[0].transform(frame), _pivot(2).fit(frame).transform(frame))


def test_a_union_refuses_stages_of_different_tenants(spark: SparkSession) -> None:
    with pytest.raises(TiltyardError, match="KeyedUnion: 'stages' must have the same 'tenantCol'"):
        KeyedUnion(stages=[_pivot(2), _pivot(2, tenant=None)]).fit(_frame(spark))
    with pytest.raises(TiltyardError, match="without unions among them"):
        KeyedUnion(stages=[KeyedUnion(stages=[_pivot(2)])])


def test_missing_tenant_column_has_a_hint(spark: SparkSession) -> None:
    with pytest.raises(DataContractError, match="no column 'tennant', did you mean 'tenant'"):
        _pivot(2, tenant="tennant").fit(_frame(spark))


def test_a_model_needs_a_state() -> None:
    with pytest.raises(TiltyardError, match=r"PivotModel: it has no state. Get it from fit or load."):
        _ = PivotModel().state


def _joins(frame: DataFrame) -> int:
    plan = frame._jdf.queryExecution().optimizedPlan().toString()
    return int(plan.count("Join LeftOuter"))
