"""The warehouse: exactly the own rows are replaced, names and values cannot escape, checks hold."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from tiltyard.errors import ConfigError, DataContractError
from tiltyard.schemas import TABLES
from tiltyard.tables import Warehouse

DAY = date(2026, 1, 1)
ODD = "O'Hare \\ `x`; --"


@pytest.fixture(scope="module")
def warehouse(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    made = Warehouse(spark, str(tmp_path_factory.mktemp("tables")))
    made.create()
    return made


def _champions(spark: SparkSession, *rows: tuple[str, str | None, str]) -> DataFrame:
    full = [(app, tenant, version, "linear", "ok", "tenant", DAY, "won") for app, tenant, version in rows]
    return spark.createDataFrame(full, TABLES["champions"].schema)


def _found(warehouse: Warehouse) -> set[tuple[str, str | None, str]]:
    return {(row.app, row.tenant, row.version) for row in warehouse.read("champions").collect()}


def test_every_table_is_there_with_its_partition_checks_and_comment(warehouse: Warehouse) -> None:
    for name, table in TABLES.items():
        detail = warehouse._delta(name).detail().collect()[0]
        assert tuple(detail["partitionColumns"]) == table.partition
        assert detail["description"] == table.comment
        assert {f"delta.constraints.{check}" for check in table.checks} <= set(detail["properties"])
    warehouse.create()  # again: nothing to do
    assert warehouse.version("scores") == 0


def test_replace_touches_the_named_rows_only(spark: SparkSession, warehouse: Warehouse) -> None:
    warehouse.replace("champions", _champions(spark, ("a", "x", "1"), ("a", ODD, "1")), {"app": "a"}, "one")
    warehouse.replace("champions", _champions(spark, ("b", "x", "1")), {"app": "b"}, "two")
    where = {"app": "a", "tenant": [ODD]}
    version = warehouse.replace("champions", _champions(spark, ("a", ODD, "2")), where, "three")
    assert _found(warehouse) == {("a", "x", "1"), ("a", ODD, "2"), ("b", "x", "1")}
    commit = warehouse._delta("champions").history(1).collect()[0]
    assert (commit["version"], commit["userMetadata"]) == (version, "three")


@pytest.mark.parametrize("app", ["a", "nobody's yet"])
def test_a_row_outside_the_condition_stops_the_write(
    spark: SparkSession, warehouse: Warehouse, app: str
) -> None:
    before = _found(warehouse)
    with pytest.raises(Exception, match="a row to write lies outside `app` = "):
        warehouse.replace("champions", _champions(spark, ("c", "x", "1")), {"app": app}, "wrong")
    assert _found(warehouse) == before


def test_merge_knows_null_keys(spark: SparkSession, warehouse: Warehouse) -> None:
    for version in ("1", "2"):
        frame = _champions(spark, ("m", None, version), ("m", "y", version))
        warehouse.merge("champions", frame, ["app", "tenant"], "merge", {"app": "m"})
    assert {row for row in _found(warehouse) if row[0] == "m"} == {("m", None, "2"), ("m", "y", "2")}


def test_a_check_refuses_what_it_must(spark: SparkSession, warehouse: Warehouse) -> None:
    frame = _champions(spark, ("d", "x", "1")).replace("tenant", "nonsense", ["fallback"])
    with pytest.raises(Exception, match=r"(?i)check constraint fallback_known"):
        warehouse.replace("champions", frame, {"app": "d"}, "check")


def test_a_contender_left_behind_has_its_row(spark: SparkSession, warehouse: Warehouse) -> None:
    schema = TABLES["leaderboard"].schema
    values = {"app": "f", "tenant": "x", "contender": "forest", "status": "behind"}
    row = tuple(values.get(name) for name in schema.names)
    warehouse.replace("leaderboard", spark.createDataFrame([row], schema), {"app": "f"}, "behind")
    (found,) = warehouse.read("leaderboard").where("app = 'f'").collect()
    assert (found.contender, found.status) == ("forest", "behind")


def test_columns_must_be_the_declared_ones(spark: SparkSession, warehouse: Warehouse) -> None:
    frame = _champions(spark, ("e", "x", "1")).withColumnRenamed("why", "reason")
    with pytest.raises(DataContractError, match=r"missing columns \['why'\], unknown columns \['reason'\]"):
        warehouse.replace("champions", frame, {"app": "e"}, "columns")


def test_names_are_not_paths(warehouse: Warehouse) -> None:
    with pytest.raises(ConfigError, match="there is no table 'scorez'"):
        warehouse.read("scorez")
    with pytest.raises(ConfigError, match="must be a name of letters"):
        warehouse.source("../scores")
    with pytest.raises(DataContractError, match="'rides' is not in the warehouse yet"):
        warehouse.source("rides")


def test_a_source_grows_by_upserts_of_its_own_columns(spark: SparkSession, tmp_path: Path) -> None:
    warehouse = Warehouse(spark, str(tmp_path))
    first = spark.createDataFrame([("1", "Rome", 5)], "id string, city string, rides int")
    assert warehouse.merge_source("rides", first, ["id"], "one").inserted == 1
    later = spark.createDataFrame([("1", True), ("2", False)], "id string, late boolean")
    with pytest.raises(DataContractError, match=r"new columns \['late'\]"):
        warehouse.merge_source("rides", later, ["id"], "two")
    done = warehouse.merge_source("rides", later, ["id"], "two", allow_new_columns=True)
    assert (done.inserted, done.updated) == (1, 1)
    again = warehouse.merge_source("rides", later, ["id"], "three", allow_new_columns=True)
    assert (again.inserted, again.updated) == (0, 0)
    rows = {row.id: (row.city, row.rides, row.late) for row in warehouse.source("rides").collect()}
    assert rows == {"1": ("Rome", 5, True), "2": (None, None, False)}
    assert {row.id for row in warehouse.source("rides", 0).collect()} == {"1"}


def test_a_catalog_schema_needs_a_folder_for_pipelines(spark: SparkSession) -> None:
    assert Warehouse(spark, "main.tiltyard", "/artifacts").artifacts("a", "b") == "/artifacts/a/b"
    with pytest.raises(ConfigError, match="saved pipelines need a folder"):
        Warehouse(spark, "main.tiltyard").artifacts("a")
