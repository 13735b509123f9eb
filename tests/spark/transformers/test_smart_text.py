"""SmartText: each tenant's way, and that each way gives what Pivot and Terms give."""

from __future__ import annotations

import math

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tiltyard.transformers import Pivot, SmartText, Terms

NOTES = ["called the office", "sent an offer", "wrote a mail about the contract", "no answer"]


def _frame(spark: SparkSession) -> DataFrame:
    values = {
        "plans": lambda n: ("gold", "silver", "bronze")[n % 3],
        "notes": lambda n: f"{NOTES[n % 4]} {'x' * (n % 7)}{n}",
        "keys": lambda n: f"K-{1000 + n}",
        "empty": lambda n: "rare" if n < 3 else None,
        "long": lambda n: "the very same long text " * 9,
    }
    rows = [(n, tenant, value(n), float(n % 2)) for tenant, value in values.items() for n in range(40)]
    return spark.createDataFrame(rows, "id int, tenant string, value string, label double")


def test_each_tenant_has_its_way_and_the_outputs_of_pivot_and_terms(spark: SparkSession) -> None:
    frame = _frame(spark)
    terms = {"maxShare": 0.4, "keyCol": "id", "labelCol": "label"}
    smart = SmartText(inputCols=["value"], tenantCol="tenant", topTerms=5, **terms).fit(frame)
    ways = {row.tenant: row.decision for row in smart.decisions().collect()}
    # One text of 216 characters is never a level, and always as long.
    assert ways.pop(None) == "terms"
    assert ways == {
        "plans": "pivot",
        "notes": "terms",
        "keys": "ignore",
        "empty": "ignore",
        "long": "ignore",
    }

    output = smart.transform(frame)
    pivot = Pivot(inputCols=["value"], outputCols=["pivot"], tenantCol="tenant").fit(output)
    other = Terms(inputCols=["again"], tenantCol="tenant", topK=5, **terms).fit(
        output.withColumn("again", F.col("value"))
    )
    together = other.transform(pivot.transform(output).withColumn("again", F.col("value"))).collect()
    assert {row.again__term_1 for row in together if row.tenant == "notes"} == {0.0, 1.0}
    for row in together:
        wanted = row.pivot if row.tenant == "plans" else math.nan
        assert _same(row.value__pivot, wanted)
        for rank in range(1, 6):
            wanted = row[f"again__term_{rank}"] if row.tenant == "notes" else math.nan
            assert _same(row[f"value__term_{rank}"], wanted)


def test_state_reasons_and_levels_tell_why(spark: SparkSession) -> None:
    model = SmartText(inputCols=["value"], tenantCol="tenant", topTerms=2, topK=2, minCoverage=0.5).fit(
        _frame(spark).where("tenant in ('plans', 'keys', 'empty', 'long')")
    )
    reasons = {row.tenant: row.reason for row in model.decisions().collect()}
    assert reasons["plans"] == "3 different texts, and 2 levels cover 68% of the rows with a text"
    assert reasons["keys"] == (
        "40 different texts without levels, all about 6 characters long: they look like keys"
    )
    assert reasons["empty"] == "3 of 40 rows hold a text, fewer than 10"
    measures = {row.tenant: row.state["value"].measures.asDict() for row in model.state.collect()}
    assert measures["long"] == {
        "rows": 40,
        "filled": 40,
        "distinct": 40,
        "levels": 0,
        "coverage": 0.0,
        "length": 216.0,
        "spread": 0.0,
    }
    assert measures["empty"] | {"length": 4.0} == measures["empty"]
    levels = {(row.tenant, row.column): row.levels for row in model.levels().collect()}
    assert levels[("plans", "value__pivot")] == ["gold", "bronze"]
    assert levels[("plans", "value__term_1")] is None
    assert levels[("keys", "value__pivot")] is None


def test_fitted_on_nothing_all_outputs_are_missing(spark: SparkSession) -> None:
    frame = _frame(spark).where("tenant = 'plans'").limit(1)
    for tenant in ("tenant", None):
        model = SmartText(inputCols=["value"], tenantCol=tenant, topTerms=1).fit(frame.limit(0))
        row = model.transform(frame).first()
        assert math.isnan(row.value__pivot) and math.isnan(row.value__term_1)


def _same(found: float, wanted: float) -> bool:
    return found == wanted or (math.isnan(found) and math.isnan(wanted))
