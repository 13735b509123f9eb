"""The commands that look at tenants and champions, and the one that rolls a champion back."""

from __future__ import annotations

import doctest
import io
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tiltyard.config import AppConfig, Config, PlatformConfig
from tiltyard.errors import ConfigError, DataContractError
from tiltyard.job import Job
from tiltyard.jobs import models, tenants
from tiltyard.progress import Progress
from tiltyard.schemas import TABLES
from tiltyard.tables import Warehouse

APP = AppConfig(app="rides", source="rides", tenant=("city",), key=("id",), label="late")
JAN, FEB, MAR = "2013-01-01", "2013-02-01", "2013-03-01"


def _fill(warehouse: Warehouse, table: str, rows: list[dict[str, Any]]) -> None:
    names = TABLES[table].schema.names
    full = [tuple({"app": "rides", **row}.get(name) for name in names) for row in rows]
    frame = warehouse.spark.createDataFrame(full, TABLES[table].schema)
    warehouse.replace(table, frame, {"app": "rides"}, "test")


def _model(tenant: str, version: str, value: float | None, status: str = "ok") -> dict[str, Any]:
    payload = {"payload": b"x", "sha256": "0", "format": 1} if status == "ok" else {}
    own = {"tenant": tenant, "version": version, "metric": "auroc", "value": value, "status": status}
    return {**own, "learner": f"learner of {version}", **payload}


def _champion(tenant: str | None, version: str, status: str = "ok") -> dict[str, Any]:
    fallback = "tenant" if status == "ok" else "pooled"
    since = date.fromisoformat(version)
    return {"tenant": tenant, "version": version, "status": status, "fallback": fallback, "since": since}


@pytest.fixture(scope="module")
def filled(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Four tenants of one app: good, better, failing, never trained."""
    warehouse = Warehouse(spark, str(tmp_path_factory.mktemp("warehouse")))
    warehouse.create()
    known = [("good", 0), ("better", 0), ("failing", 3), ("[new]", 0)]
    _fill(
        warehouse,
        "tenants",
        [{"tenant": t, "rows": 1000, "lane": "packed", "consecutive_failures": n} for t, n in known],
    )
    _fill(
        warehouse,
        "models",
        [
            _model("good", MAR, 0.6),
            _model("good", FEB, None, "error"),
            _model("good", JAN, 0.7),
            _model("better", MAR, 0.8),
            _model("failing", MAR, None, "error"),
        ],
    )
    champions = [_champion("good", MAR), _champion("better", MAR), _champion("failing", MAR, "error")]
    _fill(warehouse, "champions", [*champions, _champion(None, MAR)])
    board = [{"contender": f"linear {i}", "rank": i, "logical_date": date(2013, 3, 1)} for i in (2, 1)]
    old = {"contender": "old", "rank": 1, "logical_date": date(2013, 1, 1)}
    _fill(warehouse, "leaderboard", [{"tenant": "good", "status": "ok", **row} for row in [*board, old]])
    slots = [{"slot": i, "name": f"slot{i}", "field": "f"} for i in (1, 0)]
    gone = {"field": "g", "dropped": "constant"}
    _fill(warehouse, "features", [{"tenant": "good", "version": MAR, **row} for row in [*slots, gone]])
    return warehouse


def _job(warehouse: Warehouse, app: AppConfig | None = APP, **changes: Any) -> Job:
    config = Config(platform=PlatformConfig(), app=app, hash="0")
    plain: dict[str, Any] = {"tenants": (), "as_json": True, "progress": Progress("test", file=io.StringIO())}
    run: Any = SimpleNamespace(run_id="models-rides-2013-03-05")
    return Job(config, warehouse.spark, warehouse, date(2013, 3, 5), **{**plain, **changes}, run=run)


def _printed(job: Job) -> str:
    text: str = job.progress.console.file.getvalue()  # type: ignore[attr-defined]
    return text


@pytest.mark.parametrize("module", [tenants, models])
def test_examples(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


def test_the_worst_tenants_come_first(filled: Warehouse) -> None:
    summary = tenants.run(_job(filled))
    assert [row["tenant"] for row in summary["rows"]] == ["failing", "[new]", "good", "better"]
    assert summary["by_status"] == {"ok": 2, "error": 1, "unknown": 1}
    assert [row["value"] for row in summary["rows"]] == [None, None, 0.6, 0.8]


def test_a_low_log_loss_is_a_good_one(spark: SparkSession) -> None:
    rows = [("good", "log_loss", 0.3), ("bad", "log_loss", 0.6), ("none", None, None)]
    frame = spark.createDataFrame(rows, "tenant string, metric string, value double")
    frame = frame.withColumns({"status": F.lit("ok"), "consecutive_failures": F.lit(0)})
    ordered = frame.orderBy(*tenants.worst_first()).collect()
    assert [row["tenant"] for row in ordered] == ["none", "bad", "good"]


def test_tenants_by_status_by_name_and_by_number(filled: Warehouse) -> None:
    assert [row["tenant"] for row in tenants.run(_job(filled), status="error")["rows"]] == ["failing"]
    assert [row["tenant"] for row in tenants.run(_job(filled, tenants=("good",)))["rows"]] == ["good"]
    assert len(tenants.run(_job(filled), limit=1)["rows"]) == 1
    with pytest.raises(ConfigError, match=r"--status must be one of ok, .*, got 'fine'"):
        tenants.run(_job(filled), status="fine")


def test_people_get_a_table_and_the_summary_no_rows(filled: Warehouse) -> None:
    job = _job(filled, as_json=False)
    summary = tenants.run(job)
    assert summary["shown"] == 4 and "rows" not in summary
    assert "[new]" in _printed(job)  # a tenant's name is no markup


def test_champions_are_listed_with_the_global_one(filled: Warehouse) -> None:
    rows = models.run(_job(filled), "list")["rows"]
    assert [row["tenant"] for row in rows] == [None, "better", "failing", "good"]
    assert models.run(_job(filled, app=None), "list", limit=2)["champions"] == 4


def test_show_has_the_model_without_payload_its_leaderboard_and_its_slots(filled: Warehouse) -> None:
    shown = models.run(_job(filled), "show", tenant="good")
    assert shown["model"][0]["value"] == 0.6 and "payload" not in shown["model"][0]
    assert [row["contender"] for row in shown["leaderboard"]] == ["linear 1", "linear 2"]
    assert [row["name"] for row in shown["features"]] == ["slot0", "slot1", None]
    job = _job(filled, as_json=False)
    models.run(job, "show", tenant="good")
    assert "linear 1" in _printed(job) and "constant" in _printed(job)


def test_an_unknown_tenant_is_told(filled: Warehouse) -> None:
    with pytest.raises(DataContractError, match="rides: there is no champion of tenant 'nobody'"):
        models.run(_job(filled), "show", tenant="nobody")


def test_a_rollback_goes_to_the_last_good_version_and_leaves_the_others(filled: Warehouse) -> None:
    version = filled.version("champions")
    others = filled.read("champions").where("NOT tenant <=> 'good'").collect()
    summary = models.run(_job(filled), "rollback", tenant="good")
    assert (summary["from"], summary["to"]) == (MAR, JAN)  # February's failed
    row = filled.read("champions").where("tenant = 'good'").collect()
    assert [(one.version, one.learner, one.fallback, one.since, one.why) for one in row] == [
        (JAN, f"learner of {JAN}", "tenant", date(2013, 3, 5), f"rollback from {MAR}")
    ]
    assert sorted(filled.read("champions").where("NOT tenant <=> 'good'").collect(), key=str) == sorted(
        others, key=str
    )
    back = models.run(_job(filled), "rollback", tenant="good", to=MAR)
    assert (back["from"], back["to"]) == (JAN, MAR)
    assert filled.version("champions") == version + 2


@pytest.mark.parametrize(
    ("tenant", "to", "message"),
    [
        ("better", None, f"no good version before {MAR}; there is none"),
        ("good", FEB, f"no good version '{FEB}'; there is {JAN}"),
        ("failing", None, "no good version before"),
    ],
)
def test_no_rollback_to_what_is_not_good(
    filled: Warehouse, tenant: str, to: str | None, message: str
) -> None:
    with pytest.raises(DataContractError, match=message):
        models.run(_job(filled), "rollback", tenant=tenant, to=to)
