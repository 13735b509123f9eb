"""Featurizer: what it makes of a table, and that its cost does not grow with columns and tenants."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tiltyard.apps import FEATURES
from tiltyard.errors import DataContractError
from tiltyard.featurizer import Featurizer
from tiltyard.results import RESULTS
from tiltyard.slots import slots_of
from tiltyard.testing import counted_jobs
from tiltyard.tournament_model import TournamentModel
from tiltyard.training import feature_rows
from tiltyard.transformers import SanityCheckerModel


def test_typed_fields_become_one_packed_row(spark: SparkSession) -> None:
    frame = spark.range(100).selectExpr(
        "'t' AS _tenant",
        "concat('$', id) AS deal",
        "element_at(array('north', 'south', 'east'), int(id % 3) + 1) AS region",
        "timestamp_seconds(id * 86400) AS seen",
        "date_add(DATE '2024-01-01', int(id)) AS due",
        "uuid(1) AS record",
    )
    model = Featurizer(tenantCol="_tenant", timeZone="Asia/Tokyo").fit(frame)
    assert model.stages[0].types == {
        "deal": "Currency", "region": "Category", "seen": "Timestamp", "due": "Date", "record": "Id"
    }  # fmt: skip
    packed = model.transform(frame)
    slots = slots_of(packed.schema, "features")
    assert [slot.field for slot in slots] == ["deal", *["seen"] * 8, *["due"] * 7, "region"]
    assert slots[0].type == "Currency"
    assert packed.where("size(features) <> 17 OR isnan(features[0])").count() == 0


@pytest.mark.parametrize(("problem", "encoded"), [("binary", True), ("multiclass", False)])
def test_categories_have_a_mean_label_where_labels_have_a_mean(
    problem: str, encoded: bool, spark: SparkSession
) -> None:
    frame = spark.range(300).selectExpr(
        "id",
        "'t' AS tenant",
        "array('north', 'south', 'east')[int(id % 3)] AS region",
        "double(int(id / 7) % 2) AS won",
    )
    featurizer = Featurizer(tenantCol="tenant", labelCol="won", keyCol="id", problem=problem)
    names = [slot.name for slot in slots_of(featurizer.fit(frame).transform(frame).schema, "features")]
    assert names == ["region__pivot", *(["region__target"] if encoded else [])]


def test_a_leak_is_taken_out_of_the_tenant_that_has_it_or_reported_only(spark: SparkSession) -> None:
    frame = spark.range(600).selectExpr(
        "id",
        "if(id % 2 = 0, 'a', 'b') AS tenant",
        "double(int(id / 2) % 2) AS won",
        "double(id % 7) AS visits",
        "if(id % 2 = 0, double(int(id / 2) % 2) * 3, double(id % 11)) AS fee",
    )
    featurizer = Featurizer(
        tenantCol="tenant", labelCol="won", keyCol="id", types={"fee": "Real", "visits": "Real"}
    )
    model = featurizer.fit(frame)
    checker = model.stages[-1]
    assert isinstance(checker, SanityCheckerModel)
    bad = (
        checker.findings()
        .where("dropped AND tenant IS NOT NULL")
        .select("tenant", "field")
        .distinct()
        .collect()
    )
    assert [tuple(row) for row in bad] == [("a", "fee")]
    at = [slot.name for slot in slots_of(model.transform(frame).schema, "features")].index("fee")
    missing = F.isnan(F.get("features", at))
    assert model.transform(frame).groupBy("tenant").agg(F.every(missing).alias("m")).orderBy("tenant").collect() == [
        ("a", True), ("b", False)
    ]  # fmt: skip
    kept = featurizer.fit(frame, {featurizer.remove: False}).transform(frame)
    assert kept.where(missing).count() == 0


def test_dates_that_give_the_outcome_away_are_taken_out_and_the_table_says_why(spark: SparkSession) -> None:
    frame = spark.range(400).selectExpr(
        "string(id) AS id",
        "double(id % 3 = 0) AS won",
        "date_add(DATE '2024-01-01', int(id * 7 % 300)) AS opened",
        "date_add(DATE '2024-01-01', int(id * 7 % 300 + if(id % 3 = 0, 40 + id % 9, 2 + id % 11))) AS closed",
        "if(id % 3 = 0, date_add(DATE '2024-02-01', int(id * 11 % 300)), NULL) AS signed",
    )
    model = Featurizer(labelCol="won", keyCol="id", outputCol=FEATURES).fit(frame)
    nobody = TournamentModel(spark.createDataFrame([], RESULTS))
    found = feature_rows(model, model.transform(frame), nobody, {"app": "deals"})
    rows = found.where("slot IS NOT NULL").collect()
    assert {row.app for row in rows} == {"deals"}
    why = {row["name"]: row["dropped"] for row in rows}
    apart = "its correlation with the label is 0.985 (correlation 0.9853, limit 0.95)"
    assert why["closed__days_since_opened"] == apart
    assert {name.partition("__")[0] for name, reason in why.items() if reason is None} == {"opened"}


def test_jobs_do_not_grow_with_columns_and_tenants(spark: SparkSession) -> None:
    def jobs(columns: int, tenants: int) -> int:
        names = [f"'{at}' || string(id % {at + 2}) AS c{at}" for at in range(columns)]
        frame = spark.range(400).selectExpr(
            "id", f"string(id % {tenants}) AS tenant", "double(id % 2) AS won", *names
        )
        featurizer = Featurizer(tenantCol="tenant", labelCol="won", keyCol="id")
        with counted_jobs(spark) as count:
            featurizer.fit(frame)
        return count()

    assert jobs(8, 40) == jobs(2, 2)


def test_fields_that_can_be_nothing_are_named(spark: SparkSession) -> None:
    frame = spark.range(100).selectExpr("uuid(1) AS record")
    with pytest.raises(DataContractError, match=r"no field can become a feature, there are 'record' \(Id\)"):
        Featurizer().fit(frame)


def test_a_filter_on_many_columns_costs_no_more_plan(spark: SparkSession) -> None:
    names = [f"c{at}" for at in range(40)]
    frame = spark.range(60).selectExpr(
        "double(id % 2) AS won", *[f"id % {at + 2} AS c{at}" for at in range(40)]
    )
    filtered = frame.where(F.xxhash64(*names) % 7 < 6)
    model = Featurizer(labelCol="won", inputCols=names).fit(filtered)
    assert model.transform(filtered).where("features IS NULL").count() == 0
