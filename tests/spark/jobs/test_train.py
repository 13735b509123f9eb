"""The train job: what it leaves in the tables, once, twice, for some tenants, and when tenants fail."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tests.rides import CITIES, TRAINED, Place, frame
from tiltyard import training
from tiltyard.config import load_config
from tiltyard.errors import DataContractError, TooManyFailures
from tiltyard.tables import Warehouse
from tiltyard.transformers import PivotModel


@pytest.fixture(scope="module")
def warehouse(spark: SparkSession, trained: Place) -> Warehouse:
    return Warehouse(spark, trained.root)


def _by_tenant(warehouse: Warehouse, table: str) -> dict[Any, Any]:
    return {row.tenant: row for row in warehouse.read(table).collect()}


def test_each_tenant_has_its_verdict(warehouse: Warehouse) -> None:
    found = {tenant: row.status for tenant, row in _by_tenant(warehouse, "models").items()}
    assert found == {
        None: "ok",
        "Rome": "ok",
        "Oslo": "ok",
        "Lima": "no_signal",
        "Bern": "one_class",
        "Ulm": "too_few_rows",
    }


def test_champions_serve_and_say_why(warehouse: Warehouse) -> None:
    found = _by_tenant(warehouse, "champions")
    assert {tenant: row.fallback for tenant, row in found.items()} == {
        **dict.fromkeys(("Rome", "Oslo"), "tenant"),
        **dict.fromkeys((None, "Lima", "Bern", "Ulm"), "prior"),
    }
    assert {row.version for row in found.values()} == {"2026-03-01"}
    assert "auroc 0." in found["Rome"].why and found["Bern"].why == "All 240 rows have label 0."


def test_summary_and_ledger_tell_the_same(
    training: tuple[Place, dict[str, Any]], warehouse: Warehouse
) -> None:
    summary = training[1]
    assert summary["by_status"] == {"no_signal": 1, "ok": 2, "one_class": 1, "too_few_rows": 1}
    assert summary["fold_fits"] + summary["fold_fits_saved"] == 3 * 4 * 3
    run = warehouse.read("runs").where("job = 'train'").collect()[0]
    assert (run.status, run.tenants_planned, run.tenants_failed, run.rows) == ("ok", 5, 0, 965)
    assert run.outputs["champions"] == warehouse.version("champions")


def test_the_leaderboard_has_every_contender_and_fold(warehouse: Warehouse) -> None:
    board = warehouse.read("leaderboard")
    played = board.where("learner <> 'blend'").select("tenant", "status", F.size("folds").alias("n"))
    found = played.collect()
    assert {row.tenant for row in found} == set(CITIES[:3]) and len(found) == 3 * 4
    # Racing stops who is clearly behind.
    assert all(
        row.n == 3 if row.status == "ok" else (row.status, row.n < 3) == ("behind", True) for row in found
    )
    idle = board.where("contender IS NULL").collect()
    assert {row.tenant for row in idle} == {"Bern", "Ulm"}


def test_a_portfolio_tries_what_has_won_before(
    spark: SparkSession, warehouse: Warehouse, trained: Place, tmp_path: Path
) -> None:
    """The boards of days before are counted by kind of tenant; those of the day itself are not."""
    board = warehouse.read("leaderboard").toPandas()
    played = board[(board["tenant"].isin(["Rome", "Oslo"])) & (board["learner"] != "blend")]
    assert played["columns"].min() > 3 and played["categories"].between(0.05, 0.5).all()
    won = set(played[played["rank"] == played.groupby("tenant")["rank"].transform("min")]["contender"])
    at = trained.copy(tmp_path / "portfolio")
    app = load_config(at.folder / "conf", "rides").app
    assert app is not None
    found = {
        day: {
            record.contender: record for record in training.portfolio(app, warehouse.read("leaderboard"), day)
        }
        for day in (TRAINED, TRAINED + timedelta(days=1))
    }
    only = found[TRAINED + timedelta(days=1)]
    assert won <= {name for name, record in only.items() if record.wins} and won.isdisjoint({"prior"})
    # Lima has played, too: four contenders in each of three tournaments.
    assert only["boosting(maxIter=20, maxDepth=2)"].chance == pytest.approx(3 / 4)
    assert "boosting(maxIter=20, maxDepth=2)" not in found[TRAINED]
    at.train(TRAINED + timedelta(days=1), overrides=("tournament.search=portfolio", "tournament.trials=1"))
    newest = Warehouse(spark, at.root).read("leaderboard").where("tenant = 'Rome'").toPandas()
    second = newest[newest["logical_date"] > TRAINED]
    assert len(second[second["learner"] != "blend"]) == 2  # the prior, and one more
    assert set(second["contender"]) <= {"prior", *won, "blend"}


def test_features_have_lineage_evidence_and_reasons(warehouse: Warehouse) -> None:
    rome = warehouse.read("features").where("tenant = 'Rome'").orderBy("slot").collect()
    assert [row.name for row in rome][:3] == ["rain", "stops", "at__hour_sin"]
    line = next(row for row in rome if row.name == "line__pivot")
    assert set(line.levels) == {"red", "blue", "green"} and line.evidence
    assert all(0.5 <= row.checks["auroc"] < 0.96 for row in rome if row.dropped is None)
    assert {row.field for row in rome} == {"at", "rain", "stops", "line"}


def test_features_are_made_as_configured(warehouse: Warehouse, trained: Place, tmp_path: Path) -> None:
    def fitted(name: str, *overrides: str) -> dict[str, Any]:
        app = load_config(trained.folder / "conf", "rides", overrides=overrides).app
        rows = training.labelled_rows(warehouse.source("rides"), app, None, TRAINED + timedelta(days=1))
        pipeline = training.fitted_pipeline(rows, app, str(tmp_path / name))
        return {type(stage).__name__: stage for stage in pipeline.stages}

    def levels(stages: dict[str, Any]) -> set[int]:
        (pivot,) = [one for one in stages["KeyedUnionModel"].stages if isinstance(one, PivotModel)]
        return {len(row.levels) for row in pivot.levels().where("tenant = 'Rome'").collect()}

    one = fitted("one", "features.check=false", "features.top_k=1")
    assert "SanityCheckerModel" not in one and levels(one) == {1}
    none = fitted("none", "features.remove=false", "features.min_support=300")
    assert none["SanityCheckerModel"].getOrDefault("remove") is False and levels(none) == {0}


def test_tenants_have_size_and_health(warehouse: Warehouse) -> None:
    found = _by_tenant(warehouse, "tenants")
    assert {tenant: row.rows for tenant, row in found.items()} == {**dict.fromkeys(CITIES, 240), "Ulm": 5}
    assert {(row.consecutive_failures, row.quarantined_until) for row in found.values()} == {(0, None)}


def test_again_leaves_the_same_rows(spark: SparkSession, trained: Place, tmp_path: Path) -> None:
    place = trained.copy(tmp_path)
    place.train()
    for table in ("models", "leaderboard", "champions", "features", "tenants"):
        assert place.rows(spark, table) == trained.rows(spark, table)


@pytest.fixture(scope="module")
def shuffled(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, dict[str, Any]]:
    """Trained on the same rows in another order and partitioning, and tracked in MLflow; and the summary of that."""
    place = Place(tmp_path_factory.mktemp("shuffled"))
    rows = frame().sample(frac=1.0, random_state=7)
    place.ingest(rows.iloc[:500])
    place.ingest(rows.iloc[500:], "more")
    before = spark.conf.get("spark.sql.shuffle.partitions")
    spark.conf.set("spark.sql.shuffle.partitions", "3")
    try:
        return place, place.train(overrides=("mlflow.enabled=true", f"mlflow.tracking_uri={_store(place)}"))
    finally:
        spark.conf.set("spark.sql.shuffle.partitions", before)


def _store(place: Place) -> str:
    return f"sqlite:///{place.folder}/track/mlflow.db"


def test_row_order_and_partitions_change_nothing(
    spark: SparkSession, trained: Place, shuffled: tuple[Place, dict[str, Any]]
) -> None:
    other = shuffled[0]
    assert other.rows(spark, "leaderboard") == trained.rows(spark, "leaderboard")
    own = ["tenant", "sha256", "value", "low", "high"]

    def models(at: Place) -> list[str]:
        return sorted(map(str, Warehouse(spark, at.root).read("models").select(*own).collect()))

    assert models(other) == models(trained)


def test_the_window_ends_with_the_run_date(spark: SparkSession, trained: Place, tmp_path: Path) -> None:
    place = trained.copy(tmp_path)
    place.train(date(2026, 2, 1))
    warehouse = Warehouse(spark, place.root)
    made = frame()
    known = made[made["late"].notna() & (made["at"] < pd.Timestamp("2026-02-02", tz="UTC"))]
    old = warehouse.read("models").where("version = '2026-02-01' AND tenant = 'Rome'").collect()[0]
    assert old.rows == (known["city"] == "Rome").sum()
    # A backfill does not replace a newer champion.
    assert warehouse.read("champions").where("tenant = 'Rome'").collect()[0].version == "2026-03-01"


def test_some_tenants_leave_the_others_alone(spark: SparkSession, trained: Place, tmp_path: Path) -> None:
    def others(place: Place, table: str) -> list[str]:
        return [row for row in place.rows(spark, table) if "'Oslo'" not in row]

    place = trained.copy(tmp_path)
    assert place.train(tenants=("Oslo",))["tenants"] == 1
    for table in ("models", "champions", "leaderboard", "features", "tenants"):
        assert others(place, table) == others(trained, table)


def test_failures_are_counted_kept_from_champions_and_end_in_quarantine(
    spark: SparkSession, trained: Place, tmp_path: Path
) -> None:
    place = trained.copy(tmp_path)
    champion = Warehouse(spark, place.root).read("champions").where("tenant = 'Rome'").collect()[0]
    # No tenant of this size can be done in a millisecond.
    hasty = ("tournament.seconds_per_tenant=0.001", "gates.quarantine_after=1")
    day = TRAINED + timedelta(days=1)
    with pytest.raises(TooManyFailures, match=r"rides: 3 of 5 tenants failed, .* are in place"):
        place.train(day, overrides=hasty)
    warehouse = Warehouse(spark, place.root)
    rome = _by_tenant(warehouse, "tenants")["Rome"]
    assert (rome.consecutive_failures, rome.quarantined_until) == (1, day + timedelta(days=7))
    kept = _by_tenant(warehouse, "champions")["Rome"]
    assert (kept.version, kept.status, kept.fallback) == (champion.version, "timeout", "tenant")
    assert kept.why.startswith("kept, as the newest training failed: Not finished after 0.001 s")
    assert place.train(day + timedelta(days=1), overrides=hasty)["tenants"] == 2
    (failed,) = warehouse.read("runs").where("status = 'failed'").collect()
    assert "3 of 5 tenants failed" in failed.error


def test_nothing_to_train_on_is_said(ingested: Place, tmp_path: Path) -> None:
    with pytest.raises(DataContractError, match="run ingest for it first"):
        Place(tmp_path / "empty").train()
    place = ingested.copy(tmp_path / "ingested")
    with pytest.raises(DataContractError, match="no row with a known outcome before 2025-01-02"):
        place.train(date(2025, 1, 1))


def test_mlflow_has_one_run_with_the_numbers(shuffled: tuple[Place, dict[str, Any]]) -> None:
    from mlflow import MlflowClient

    place, summary = shuffled
    client = MlflowClient(tracking_uri=_store(place))
    experiment = client.get_experiment_by_name("tiltyard")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.run_id == summary["mlflow"] and run.info.status == "FINISHED"
    assert run.data.tags["tiltyard.run_id"] == "train-rides-2026-03-01"
    assert run.data.metrics["tenants_ok"] == 2 and run.data.metrics["rows"] == 965
    assert len(run.data.params["config_hash"]) == 64
    assert {file.path for file in client.list_artifacts(run.info.run_id)} == {
        "leaderboard.json",
        "fields.json",
        "slots.json",
    }
    read = {
        name: json.loads(Path(client.download_artifacts(run.info.run_id, f"{name}.json")).read_text())
        for name in ("leaderboard", "slots")
    }
    assert {one["learner"] for one in read["leaderboard"]} >= {"prior", "linear", "boosting"}
    assert all(one["tenants"] == 3 for one in read["leaderboard"] if one["learner"] == "prior")
    slots = read["slots"]
    assert [one["slot"] for one in slots] == list(range(len(slots))) and slots
    assert {one["field"] for one in slots} >= {"rain", "stops", "line"}


def test_neither_a_null_tenant_nor_a_silent_tracking_server_loses_the_models(
    spark: SparkSession, ingested: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ingested.copy(tmp_path)
    warehouse = Warehouse(spark, place.root)
    lost = frame().assign(city=None, id=lambda made: "lost-" + made["id"])
    lost["city"] = lost["city"].astype(pd.StringDtype())
    warehouse.merge_source(
        "rides", spark.createDataFrame(lost.dropna(subset=["late"])), ["city", "id"], "test"
    )
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    uri = f"sqlite:///{blocked}/mlflow.db"
    summary = place.train(overrides=("mlflow.enabled=true", f"mlflow.tracking_uri={uri}"))
    assert (summary["tenants"], summary["by_status"]["ok"], summary["mlflow"]) == (5, 2, None)
    assert "not tracked in MLflow" in capsys.readouterr().out
    # Rows of a null tenant are told, and train nobody.
    told = warehouse.read("leaderboard").where("tenant IS NULL").collect()
    assert [row.status for row in told] == ["error"] and "without a tenant" in told[0].message
