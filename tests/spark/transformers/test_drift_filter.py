"""DriftFilter: what it says of each tenant, and that it can be told to say it only."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tests.spark.cases import CASES
from tiltyard.transformers import DriftFilter, DriftFilterModel


def _model(spark: SparkSession) -> DriftFilterModel:
    case = CASES["DriftFilter"](spark)
    assert isinstance(case.model, DriftFilterModel)
    return case.model


def test_each_tenant_has_its_own_findings(spark: SparkSession) -> None:
    found = _model(spark).findings().where("tenant IS NOT NULL").orderBy("tenant", "check").collect()
    assert [(row.tenant, row.field, row.check) for row in found] == [
        ("a", "source", "divergence"), ("a", "source", "fill_difference"), ("a", "source", "fill_ratio"),
        ("b", "visits", "divergence"),
    ]  # fmt: skip
    measures = {row["check"]: (row["measure"], row["threshold"]) for row in found if row["tenant"] == "a"}
    assert measures["fill_difference"] == (1.0, 0.5)
    assert str(measures["divergence"][0]) == "nan"


def test_reported_only_it_keeps_every_value(spark: SparkSession) -> None:
    case = CASES["DriftFilter"](spark)
    assert isinstance(case.stage, DriftFilter)
    model = case.stage.copy({case.stage.remove: False}).fit(case.frame)
    kept = model.transform(case.frame)
    assert kept.where("NOT (source__kept <=> source AND visits__kept <=> visits)").isEmpty()
    assert model.findings().where("tenant = 'a' AND field = 'source'").count() == 3


def test_too_few_rows_on_a_side_say_nothing(spark: SparkSession) -> None:
    case = CASES["DriftFilter"](spark)
    assert isinstance(case.stage, DriftFilter)
    strict = case.stage.copy({case.stage.leastRows: 31})
    assert strict.fit(case.frame).findings().where("tenant IS NOT NULL").isEmpty()
