"""The skill of apps that predict numbers: R2 beside the AUROC of others."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.spark.monitoring.example import AS_OF, TODAY, write
from tiltyard.monitoring.register import register_views
from tiltyard.monitoring.tiles import tile_values
from tiltyard.tables import Warehouse

SKILLS = [  # app, tenant, metrics
    ("minutes", "good", {"rmse": 3.0, "r2": 0.61}),
    ("minutes", "bad", {"rmse": 9.0, "r2": -0.3}),
    ("minutes", None, {"rmse": 5.0, "r2": 0.5}),
    ("late", "one", {"auroc": 0.7}),
]


@pytest.fixture(scope="module")
def seen(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> SparkSession:
    made = Warehouse(spark, str(tmp_path_factory.mktemp("skill")))
    made.create()
    rows: list[dict[str, Any]] = [
        {
            "app": app,
            "tenant": tenant,
            "logical_date": TODAY,
            "window_end": TODAY,
            "status": "ok",
            "metrics": found,
        }
        for app, tenant, found in SKILLS
    ]
    write(made, "evaluations", rows)
    write(made, "tenants", [{"app": "minutes", "tenant": "bad", "rows": 9, "consecutive_failures": 0}])
    made.register()
    register_views(spark, AS_OF)
    return spark


def test_each_scope_has_the_skills_of_its_apps(seen: SparkSession) -> None:
    rows = seen.sql("SELECT app, measure, tenants, round(median, 3) FROM evaluation_skill").collect()
    assert {tuple(row) for row in rows} == {
        ("minutes", "R2", 2, 0.155),
        ("late", "AUROC", 1, 0.7),
        (None, "R2", 2, 0.155),
        (None, "AUROC", 1, 0.7),
    }
    tiles = {(tile.app, tile.name): tile.value for tile in tile_values(seen)}
    assert tiles["minutes", "evaluation_r2"] == pytest.approx(0.155)
    assert tiles["minutes", "evaluation_auroc"] is None and tiles["late", "evaluation_r2"] is None


def test_worse_than_the_mean_is_below_chance_and_in_the_first_bin(seen: SparkSession) -> None:
    bins = seen.sql(
        "SELECT bin, tenants FROM skill_distribution WHERE app = 'minutes' ORDER BY bin"
    ).collect()
    assert [tuple(row) for row in bins] == [(0, 1), (24, 1)]
    found = seen.sql("SELECT tenant, state, reason FROM worst_tenants WHERE app = 'minutes'").collect()
    assert next(tuple(row) for row in found) == (
        "bad",
        "below_chance",
        "Worse than the mean of the newest outcomes",
    )
