"""The jobs on the lively example: what `monitor` writes, and what the page may cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tests.spark.monitoring import example
from tests.spark.monitoring.example import AS_OF, HOSTILE, TENANTS, TODAY, job_on
from tiltyard.jobs import dashboard, monitor
from tiltyard.monitoring import TILES, register_views, take_snapshot
from tiltyard.tables import Warehouse


@pytest.fixture(scope="module")
def warehouse(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    made = Warehouse(spark, str(tmp_path_factory.mktemp("jobs") / "warehouse"))
    example.fill(made, scores=20_000)
    return made


def _written(warehouse: Warehouse, day: date) -> dict[tuple[str | None, str], float]:
    rows = warehouse.read("metrics").where(F.col("logical_date") == day).collect()
    assert len({(row.app, row.name) for row in rows}) == len(rows)
    return {(row.app, row["name"]): row.value for row in rows}


def test_monitor_writes_every_tile_of_every_scope(warehouse: Warehouse) -> None:
    summary = monitor.run(job_on(warehouse), as_of=AS_OF)
    written = _written(warehouse, TODAY)
    assert set(written) == {
        (app, tile.name) for app in (None, *TENANTS) for tile in TILES if tile.name != "evaluation_r2"
    }  # nobody predicts numbers here
    platform = {name: value for (app, name), value in written.items() if app is None}
    assert summary["tiles"]["platform"] == platform | {"evaluation_r2": None}
    assert set(summary["tiles"]["apps"]) == set(TENANTS)
    times = warehouse.read("metrics").where(F.col("logical_date") == TODAY).selectExpr("CAST(time AS STRING)")
    assert {row.time for row in times.collect()} == {"2013-12-18 14:30:00"}


def test_monitor_again_replaces_its_own_day_only(warehouse: Warehouse) -> None:
    yesterday = TODAY - timedelta(days=1)
    monitor.run(job_on(warehouse, yesterday), as_of=AS_OF - timedelta(days=1))
    before = _written(warehouse, yesterday)
    other = warehouse.spark.createDataFrame(
        [("another", 1.0, TODAY)], "name string, value double, logical_date date"
    )
    columns = ("NULL AS app", "NULL AS time", "NULL AS unit", "NULL AS run_id")
    warehouse.replace("metrics", other.selectExpr("*", *columns), {"name": "another"}, "another")
    for _ in range(2):
        monitor.run(job_on(warehouse), as_of=AS_OF)
    assert _written(warehouse, yesterday) == before
    assert _written(warehouse, TODAY)[None, "another"] == 1.0


def test_a_snapshot_holds_no_more_rows_than_the_page_shows(warehouse: Warehouse) -> None:
    warehouse.register()
    snapshot = take_snapshot(warehouse.spark, register_views(warehouse.spark, AS_OF))
    assert snapshot.apps == ("flight_delay", "lead_scoring")
    assert [len(rows) for rows in (snapshot.worst_tenants, snapshot.newest_runs)] == [2 * 50, 3 * 20]
    assert max(len(row["tenant"]) for row in snapshot.worst_tenants) == 161
    assert sum(row["tenants"] for row in snapshot.skill_distribution) < sum(TENANTS.values())


def test_the_page_goes_beside_a_folder_warehouse(spark: SparkSession, tmp_path: Path) -> None:
    assert dashboard.default_output(Warehouse(spark, str(tmp_path / "wh"))) == tmp_path / "dashboard.html"
    assert dashboard.default_output(Warehouse(spark, "main.tiltyard")) == Path(".tiltyard/dashboard.html")
    assert dashboard.default_output(Warehouse(spark, "s3://b/wh")) == Path(".tiltyard/dashboard.html")


def test_jobs_of_spark_do_not_grow_with_the_apps(warehouse: Warehouse, tmp_path: Path) -> None:
    counts = [
        _spark_jobs(warehouse.spark, lambda: dashboard.run(job_on(warehouse), tmp_path / "p.html", AS_OF))
    ]
    many = [
        {"app": f"app{number}", "tenant": "t", "rows": 1, "consecutive_failures": 0} for number in range(60)
    ]
    example.write(warehouse, "tenants", many)
    counts.append(
        _spark_jobs(warehouse.spark, lambda: dashboard.run(job_on(warehouse), tmp_path / "q.html", AS_OF))
    )
    html = (tmp_path / "q.html").read_text(encoding="utf-8")
    warehouse.replace(
        "tenants", warehouse.read("tenants").where("false"), {"app": [r["app"] for r in many]}, "x"
    )
    # Reading a table's new version costs Delta a few jobs more, once.
    assert counts[1] <= counts[0] + 10, counts
    assert "12 smaller apps are counted" in html
    assert HOSTILE not in html


def _spark_jobs(spark: SparkSession, work: Callable[[], object]) -> int:
    group = f"count {work}"
    spark.sparkContext.setJobGroup(group, group)
    work()
    return len(spark.sparkContext.statusTracker().getJobIdsForGroup(group))
