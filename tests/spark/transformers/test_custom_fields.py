"""CustomFields: two tenants with different keys, odd values, and where each key is."""

from __future__ import annotations

import math

import pytest
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tiltyard.errors import DataContractError
from tiltyard.testing import counted_jobs
from tiltyard.transformers import CustomFields


def _frame(spark: SparkSession) -> DataFrame:
    def shop(n: int) -> dict[str, str | None]:
        own = {"size": f"{n},000", "share": f"{n} %", "opened": f"2020-01-{n + 1:02d}T10:00:00"}
        tier = {"tier": "gold" if n % 3 else "silver"} if n < 20 else {}
        return (
            {**own, **tier, "memo": f"note {n}", "rare": "1"} if n < 5 else {**own, **tier, "memo": f"{n}x"}
        )

    def club(n: int) -> dict[str, str | None]:
        return {"member": "TRUE" if n % 2 else "false", "size": "small", "empty": None, "blank": " n/a "}

    rows = [(n, tenant, make(n)) for tenant, make in (("shop", shop), ("club", club)) for n in range(28)]
    return spark.createDataFrame(rows, "id int, tenant string, own map<string,string>")


def _stage(**params: object) -> CustomFields:
    slots = {"numberSlots": 2, "booleanSlots": 1, "dateSlots": 1, "categorySlots": 1}
    return CustomFields(inputCols=["own"], tenantCol="tenant", minSupport=6, **{**slots, **params})


def test_each_tenant_has_its_own_fields_in_the_shared_slots(spark: SparkSession) -> None:
    model = _stage().fit(_frame(spark))
    found = {
        (row.tenant, row.key): (row.column, row.kind, row.levels, row.filled)
        for row in model.fields().where("tenant is not null").collect()
    }
    assert found == {
        ("shop", "memo"): (None, "text", None, 1.0),
        ("shop", "opened"): ("own__date_1", "date", None, 1.0),
        ("shop", "share"): ("own__number_1", "number", None, 1.0),
        ("shop", "size"): ("own__number_2", "number", None, 1.0),
        ("shop", "tier"): ("own__category_1", "category", ["gold", "silver"], pytest.approx(20 / 28)),
        ("club", "member"): ("own__boolean_1", "boolean", None, 1.0),
        ("club", "size"): ("own__category_1", "category", ["small"], 1.0),
    }
    levels = {(row.tenant, row.column): row.levels for row in model.levels().collect()}
    assert levels[("club", "own__category_1")] == ["small"]
    # Half of all rows together have a size that is no number, so that it is a category there.
    assert levels[(None, "own__category_1")] is not None

    schema = model.transform(_frame(spark)).schema
    assert schema["own__number_1"].metadata["tiltyard"] == {"field": "own", "type": "Real", "kind": "numeric"}
    assert schema["own__category_1"].metadata["tiltyard"]["kind"] == "categorical"


def test_values_that_do_not_read_as_their_kind_are_missing(spark: SparkSession) -> None:
    model = _stage().fit(_frame(spark))
    odd = [
        ("shop", {"size": "Infinity", "share": "1e300", "opened": "2020-02-31", "tier": "lead"}),
        ("shop", {"size": "NaN", "share": "many", "opened": "31.01.2020", "tier": "none"}),
        ("shop", {"size": "$ 7", "share": " 5", "opened": "1969-12-31 23:00", "tier": "silver"}),
        ("club", {"member": "maybe", "size": "small"}),
        ("club", {"member": "Yes", "share": "5"}),
        ("club", {}),
    ]
    frame = spark.createDataFrame(
        [(at, *row) for at, row in enumerate(odd)], "id int, tenant string, own map<string,string>"
    )
    output = model.transform(frame).orderBy("id").drop("id", "tenant", "own").collect()
    assert [[None if math.isnan(value) else value for value in row] for row in output] == [
        [None, None, None, None, 0.0],
        [None, None, None, None, None],
        [5.0, 7.0, None, -1.0, 2.0],
        [None, None, None, None, 1.0],
        [None, None, 1.0, None, None],
        [None, None, None, None, None],
    ]


def test_few_fields_and_few_rows_looked_at(spark: SparkSession) -> None:
    found = _stage(maxFields=1, sampleRows=7, keyCol="id").fit(_frame(spark)).fields()
    shop = found.where("tenant = 'shop'").collect()
    assert [(row.key, row.filled) for row in shop] == [("memo", 1.0)]


def test_other_maps_are_refused_with_a_way_out(spark: SparkSession) -> None:
    frame = spark.createDataFrame([({"a": 1},)], "own map<string,int>")
    with pytest.raises(
        DataContractError, match="CustomFields: column 'own' must hold maps of texts, got map"
    ):
        CustomFields(inputCols=["own"]).fit(frame)


def test_a_thousand_tenants_with_thirty_fields_of_their_own_are_fitted_in_one_job(
    spark: SparkSession,
) -> None:
    def own(kind: str, count: int, value: Column) -> Column:
        names = [F.concat(F.col("tenant"), F.lit(f" {kind} {at}")) for at in range(count)]
        return F.map_from_arrays(F.array(*names), F.array(*[value.cast("string")] * count))

    n = F.col("id") % 12
    fields = F.map_concat(
        own("number", 10, n),
        own("boolean", 5, F.when(n % 2 == 0, "yes").otherwise("no")),
        own("date", 5, F.date_add(F.lit("2020-01-01"), n.cast("int"))),
        own("category", 10, F.concat(F.lit("level "), n % 2)),
    )
    tenants = spark.range(12_000).withColumn("tenant", F.format_string("t%04d", F.floor(F.col("id") / 12)))
    frame = tenants.select("tenant", fields.alias("own")).localCheckpoint()
    with counted_jobs(spark) as jobs:
        model = CustomFields(inputCols=["own"], tenantCol="tenant", minSupport=6).fit(frame)
    assert jobs() == 1
    placed = model.fields().where("tenant is not null and column is not null")
    counts = placed.groupBy("tenant").agg(
        F.count_distinct("column").alias("slots"), F.count("*").alias("keys")
    )
    assert [tuple(row) for row in counts.groupBy("slots", "keys").count().collect()] == [(30, 30, 1_000)]
    assert placed.where(~F.startswith("key", "tenant")).isEmpty()
