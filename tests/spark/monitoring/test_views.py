"""Each view against rows written by hand, with answers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.spark.monitoring.example import AS_OF, TODAY, write
from tiltyard.monitoring import VIEWS, register_views, tile_values, view_text
from tiltyard.schemas import TABLES
from tiltyard.tables import Warehouse

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# app: how long before the clock its scores were written; 'a' has one too many at every edge
SCORES = {
    "a": [-timedelta(seconds=1), 0 * HOUR, HOUR, DAY - timedelta(seconds=1), DAY, 7 * DAY - HOUR, 7 * DAY],
    "b": [HOUR / 2],
}
MODELS = [  # tenant, days ago, status, above chance, a model or not
    ("good", 9, "error", None, False),
    ("good", 2, "ok", True, True),
    ("weak", 2, "no_signal", False, False),
    ("small", 2, "too_few_rows", None, False),
    ("broken", 2, "error", None, False),
    ("tomorrow", -1, "ok", True, True),
    (None, 2, "ok", True, True),
]
EVALUATIONS = [  # tenant, window's end in days ago, status, auroc
    ("good", 9, "ok", 0.9),
    ("good", 2, "ok", 0.7),
    ("weak", 2, "ok", 0.4),
    ("small", 9, "ok", 0.8),
    ("small", 2, "too_few_rows", None),
    ("certain", 2, "ok", 1.0),
    (None, 2, "ok", 0.6),
]
CHAMPIONS = [  # tenant, learner, fallback, since in days ago
    ("good", "linear", "tenant", 2),
    ("certain", "boosting", "tenant", 2),
    ("weak", "prior", "prior", 2),
    ("later", "linear", "tenant", -1),
    (None, "linear", "tenant", 2),
]


@pytest.fixture(scope="module")
def warehouse(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    made = Warehouse(spark, str(tmp_path_factory.mktemp("views")))
    made.create()
    write(made, "champions", [_champion(*row) for row in CHAMPIONS])
    write(made, "models", [_model(*row) for row in MODELS])
    write(made, "evaluations", [_evaluation(*row) for row in EVALUATIONS])
    write(made, "tenants", [{"app": "a", "tenant": "broken", "rows": 9, "consecutive_failures": 3,
                             "quarantined_until": TODAY + DAY}])  # fmt: skip
    write(made, "runs", _runs())
    write(made, "metrics", [_metric(days * DAY, value) for value, days in enumerate((6, 7, 8, 14))])
    write(made, "scores", [
        {"app": app, "score_date": TODAY, "key": str(age), "score": 0.5, "fallback": "tenant",
         "scored_at": AS_OF - age}
        for app, ages in SCORES.items() for age in ages
    ])  # fmt: skip
    return made


def _champion(tenant: str | None, learner: str, fallback: str, days: int) -> dict[str, Any]:
    since = TODAY - days * DAY
    return {"app": "a", "tenant": tenant, "learner": learner, "fallback": fallback, "since": since}


def _model(tenant: str | None, days: int, status: str, above: bool | None, exists: bool) -> dict[str, Any]:
    day = TODAY - days * DAY
    signed = {"sha256": "0", "format": 1} if exists else {}
    return {"app": "a", "tenant": tenant, "logical_date": day, "version": str(day),
            "run_id": f"train-a-{day}", "status": status, "message": f"{status}!",
            "above_chance": above, **signed}  # fmt: skip


def _evaluation(tenant: str | None, days: int, status: str, auroc: float | None) -> dict[str, Any]:
    day = TODAY - days * DAY
    return {"app": "a", "tenant": tenant, "logical_date": day, "window_end": day, "status": status,
            "metrics": None if auroc is None else {"auroc": auroc}}  # fmt: skip


def _runs() -> list[dict[str, Any]]:
    monday = datetime(2013, 12, 16, tzinfo=AS_OF.tzinfo)
    plain = {"attempt": 1, "logical_date": TODAY, "status": "ok", "app": "a"}
    experiment = {**plain, "job": "experiment"}
    return [
        {**experiment, "run_id": "sunday", "started_at": monday - HOUR},
        {**experiment, "run_id": "monday", "started_at": monday},
        {**experiment, "run_id": "monday", "started_at": monday + HOUR, "attempt": 2},
        {**experiment, "run_id": "no app", "started_at": monday + HOUR, "app": None},
        {**experiment, "run_id": "not yet", "started_at": AS_OF + HOUR},
        {**plain, "job": "score", "run_id": "running", "status": "running", "started_at": AS_OF - HOUR},
        {**plain, "job": "score", "run_id": "lost", "status": "lost", "started_at": AS_OF - 2 * HOUR},
        {**plain, "job": "score", "run_id": "done", "started_at": AS_OF - 3 * HOUR,
         "ended_at": AS_OF - 3 * HOUR + timedelta(seconds=1.5)},
    ]  # fmt: skip


def _metric(age: timedelta, value: float) -> dict[str, Any]:
    return {"name": "scores_per_hour", "app": None, "time": AS_OF - age, "value": float(value)}


@pytest.fixture(scope="module")
def rows(warehouse: Warehouse) -> Callable[[str], list[tuple[Any, ...]]]:
    """Run a query on the views and return plain tuples."""
    warehouse.register()
    register_views(warehouse.spark, AS_OF)
    return lambda query: [tuple(row) for row in warehouse.spark.sql(query).collect()]


def test_a_score_counts_from_the_clock_back_to_just_inside_the_window(rows: Any) -> None:
    assert sorted(rows("SELECT app, per_hour * 24, per_day * 7 FROM recent_scores"), key=str) == [
        ("a", 3.0, 5.0),
        ("b", 1.0, 1.0),
        (None, 4.0, 6.0),
    ]


def test_hours_without_scores_count_as_zero(rows: Any) -> None:
    series = rows(
        "SELECT hour, scores, moving_average FROM scores_per_hour WHERE app = 'a' ORDER BY hour DESC"
    )
    assert len(series) == 336
    assert [scores for _, scores, _ in series[:26]] == [1, 1, *[0] * 21, 1, 1, 0]
    assert sum(scores for _, scores, _ in series) == 6
    assert series[1][2] == 3 / 24  # an hour before the clock: itself, 23:59:59 and 24 hours before the clock
    assert all(average == 0 for _, _, average in series[-24:])


def test_series_end_where_the_tiles_are(rows: Any) -> None:
    assert rows("""
        SELECT r.app FROM recent_scores AS r
        JOIN scores_per_hour AS h ON h.app <=> r.app AND h.hour = (SELECT as_of FROM clock)
        JOIN predictions_per_day AS d ON d.app <=> r.app AND d.day = (SELECT as_of FROM clock)
        WHERE abs(h.moving_average - r.per_hour) < 1e-9 AND abs(d.moving_average - r.per_day) < 1e-9
        ORDER BY r.app""") == [(None,), ("a",), ("b",)]  # fmt: skip


def test_days_are_counted_back_from_the_clock(rows: Any) -> None:
    series = rows("SELECT predictions FROM predictions_per_day WHERE app = 'a' ORDER BY day DESC")
    assert [count for (count,) in series] == [3, 1, 0, 0, 0, 0, 1, 1, *[0] * 48]


def test_auroc_is_the_newest_window_of_each_tenant_that_could_be_judged(rows: Any) -> None:
    assert rows("SELECT tenants, median FROM evaluation_skill") == [(3, 0.7), (3, 0.7)]
    distribution = rows("SELECT low, high, tenants FROM skill_distribution ORDER BY bin")
    assert [(low, high) for low, high, _ in distribution] == [(0.4, 0.425), (0.7, 0.725), (0.975, 1.0)]


def test_models_in_production_are_tenants_own_and_not_of_tomorrow(rows: Any) -> None:
    assert rows("SELECT models FROM models_in_production") == [(2,), (2,)]


def test_models_trained_needs_a_model_and_a_time_this_month(rows: Any, warehouse: Warehouse) -> None:
    assert rows("SELECT models FROM models_trained_this_month") == [(1,), (1,)]
    late = {"job": "train", "run_id": f"train-a-{TODAY - 2 * DAY}", "attempt": 1, "logical_date": TODAY,
            "status": "ok", "app": "a", "started_at": AS_OF - 30 * DAY}  # fmt: skip
    write(warehouse, "runs", [*_runs(), late])
    warehouse.register()
    assert rows("SELECT sum(models) FROM models_trained_this_month") in ([(0,)], [(None,)])
    write(warehouse, "runs", [*_runs(), {**late, "started_at": AS_OF - DAY}])
    assert rows("SELECT sum(models) FROM models_trained_this_month") == [(2,)]
    write(warehouse, "runs", _runs())


def test_share_above_chance_is_of_the_newest_that_could_be_judged(rows: Any) -> None:
    assert rows("SELECT models, share FROM share_above_chance") == [(2, 0.5), (2, 0.5)]


def test_experiments_count_once_since_monday(rows: Any) -> None:
    assert sorted(rows("SELECT * FROM experiments_this_week"), key=str) == [("a", 1), (None, 2)]


def test_champions_by_learner_leave_the_global_row_out(rows: Any) -> None:
    assert sorted(rows("SELECT learner, fallback, tenants FROM champions_by_learner")) == [
        ("boosting", "tenant", 1),
        ("linear", "tenant", 2),
        ("prior", "prior", 1),
    ]


def test_worst_tenants_come_in_the_order_of_need_with_a_reason(rows: Any) -> None:
    found = rows("SELECT tenant, state, reason, message FROM worst_tenants ORDER BY platform_rank")
    assert found == [
        ("broken", "quarantined", "Training failed 3 times in a row; paused until 2013-12-19", "error!"),
        ("weak", "below_chance", "Ranks worse than a coin toss on the newest outcomes", "no_signal!"),
        ("small", "too_few_rows", "Too few rows with a known outcome", "too_few_rows!"),
        ("certain", "not_trained", "Not trained yet", None),
        ("later", "not_trained", "Not trained yet", None),
        ("good", "ok", "Works; among the lowest AUROC", "ok!"),
    ]


def test_states_add_up(rows: Any) -> None:
    assert dict(rows("SELECT state, tenants FROM tenant_states WHERE app IS NULL")) == {
        "quarantined": 1, "below_chance": 1, "too_few_rows": 1, "not_trained": 2, "ok": 1,
    }  # fmt: skip


def test_runs_have_their_seconds_and_a_lost_one_has_none(rows: Any) -> None:
    found = rows("SELECT run_id, seconds FROM newest_runs WHERE job = 'score' ORDER BY platform_rank")
    assert found == [("running", 3600.0), ("lost", None), ("done", 1.5)]


def test_a_week_before_is_7_to_14_days_old(rows: Any) -> None:
    assert rows("SELECT name, app, value FROM tiles_week_before") == [("scores_per_hour", None, 1.0)]


def test_every_scope_has_every_tile(rows: Any, warehouse: Warehouse) -> None:
    tiles = {(tile.app, tile.name): tile for tile in tile_values(warehouse.spark)}
    assert len(tiles) == 3 * 8
    assert tiles["b", "models_in_production"].value == 0
    assert tiles["b", "evaluation_auroc"].value is None
    assert tiles[None, "scores_per_hour"].before == 1.0


def test_an_empty_warehouse_has_the_platforms_tiles(spark: SparkSession, tmp_path: Any) -> None:
    empty = Warehouse(spark, str(tmp_path / "empty"))
    empty.create()
    empty.register()
    register_views(spark)
    tiles = {tile.name: (tile.app, tile.value) for tile in tile_values(spark)}
    nothing = {"evaluation_auroc", "evaluation_r2", "share_above_chance"}
    assert len(tiles) == 8
    assert all(tile == (None, None if name in nothing else 0.0) for name, tile in tiles.items())


def test_the_same_texts_make_catalog_views(spark: SparkSession) -> None:
    spark.sql("CREATE DATABASE IF NOT EXISTS monitored")
    spark.catalog.setCurrentDatabase("monitored")
    try:
        for name in (*TABLES, *VIEWS):
            spark.catalog.dropTempView(name)
        for table in TABLES.values():
            spark.sql(f"CREATE TABLE {table.name} ({table.ddl}) USING delta")
        for name in VIEWS:
            spark.sql(f"CREATE VIEW {name} AS {view_text(name)}")
        assert spark.sql("SELECT name FROM monitored.tiles").count() == 8
    finally:
        spark.catalog.setCurrentDatabase("default")
        spark.sql("DROP DATABASE monitored CASCADE")


def test_a_moment_without_zone_is_utc(spark: SparkSession, warehouse: Warehouse) -> None:
    warehouse.register()
    register_views(spark, AS_OF.replace(tzinfo=None))
    assert spark.sql("SELECT CAST(as_of AS STRING) FROM clock").first()[0] == "2013-12-18 14:30:00"  # type: ignore[index]
    assert date.fromisoformat("2013-12-18") == TODAY
