"""The launcher on a real session: dry runs touch nothing, and what Spark raises gets its exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tiltyard.cli import main
from tiltyard.config import load_config
from tiltyard.errors import TooManyFailures
from tiltyard.exits import exit_code
from tiltyard.job import Job
from tiltyard.plan import Lanes, contenders, estimate
from tiltyard.tables import Warehouse

CONF = """
source: rides
tenant: [city]
key: [id]
time: at
label: late
gates: {min_rows: 20}
tournament: {learners: [prior, linear], grids: {linear: {regParam: [0.1, 1], maxIter: [5]}}}
"""


@pytest.fixture(autouse=True)
def _session(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiltyard.session.job_session", lambda _: spark)


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    for name, text in {"base": "", "env/local": "", "apps/rides": CONF}.items():
        path = tmp_path / "conf" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "conf"


class _Ledger:
    """Stands in for `tiltyard.ledger`: notes who opened a run, and what was noted there."""

    run_id = "train-rides-2013-03-01"

    def __init__(self) -> None:
        self.opened: list[dict[str, Any]] = []
        self.noted: list[dict[str, Any]] = []
        self.ended: list[str] = []

    @contextmanager
    def open_run(self, warehouse: Warehouse, **facts: Any) -> Iterator[_Ledger]:
        self.opened.append(facts)
        try:
            yield self
            self.ended.append("ok")
        except BaseException:
            self.ended.append("failed")
            raise

    def note(self, **facts: Any) -> None:
        self.noted.append(facts)


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> _Ledger:
    made = _Ledger()
    monkeypatch.setitem(sys.modules, "tiltyard.ledger", made)  # type: ignore[arg-type]
    return made


def _job_module(monkeypatch: pytest.MonkeyPatch, name: str, run: Callable[..., dict[str, Any]]) -> None:
    monkeypatch.setattr(Warehouse, "create", lambda self: None)
    monkeypatch.setitem(sys.modules, f"tiltyard.jobs.{name}", SimpleNamespace(run=run))  # type: ignore[arg-type]


def _rides(spark: SparkSession, root: Path) -> None:
    """Berlin has 60 rows, Rome 30, Oslo 5; ten more of Rome are too late, ten have no outcome yet."""
    cities = [("Berlin", 60), ("Rome", 30), ("Oslo", 5)]
    rows = [(f"{city}{i}", city, "2013-01-01", i % 2 == 0) for city, count in cities for i in range(count)]
    rows += [(f"late{i}", "Rome", "2013-03-02", True) for i in range(10)]
    rows += [(f"open{i}", "Rome", "2013-01-01", None) for i in range(10)]
    frame = spark.createDataFrame(rows, "id string, city string, at string, late boolean")
    Warehouse(spark, str(root)).merge_source("rides", frame, ["id"], "ingest-rides-2013-01-01")


def _files(root: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in root.rglob("*")}


@pytest.mark.parametrize(
    "command",
    ["train", "score", "evaluate", "monitor", "dashboard", "tenants", "sharing", "models list", "demo"],
)
def test_a_dry_run_makes_no_warehouse(conf: Path, tmp_path: Path, command: str) -> None:
    root = tmp_path / "warehouse"
    app = [] if command in ("monitor", "dashboard", "models list", "demo") else ["--app", "rides"]
    assert main([*command.split(), *app, "--conf", str(conf), "--warehouse", str(root), "--dry-run"]) == 0
    assert not root.exists()


def test_a_dry_run_tells_the_plan_and_leaves_every_file_as_it_is(
    spark: SparkSession, conf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "warehouse"
    _rides(spark, root)
    before = _files(root)
    argv = f"train --app rides --conf {conf} --warehouse {root} --run-date 2013-03-01 --dry-run"
    assert main(argv.split()) == 0
    assert _files(root) == before
    lines = capsys.readouterr().out.splitlines()
    assert lines[:-1] == [
        "plan       train for 2013-03-01; a dry run, nothing is written",
        "app        rides (binary)",
        f"warehouse  {root}",
        "source     rides, version 0, 115 rows",
        "tenants    2 packed, 1 with too few rows; 95 rows with a known outcome",
        "contenders prior 1, linear 2",
        "folds      3 by time",
        "writes     models, leaderboard, champions, features, tenants, runs",
        "estimate   0 core-seconds of fitting, an estimate "
        "(from fits of 1,000 rows x 20 columns, scaled by rows)",
    ]
    assert json.loads(lines[-1])["status"] == "planned"


def test_json_keeps_standard_output_to_one_line(
    spark: SparkSession, conf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "warehouse"
    _rides(spark, root)
    argv = f"train --app rides --conf {conf} --warehouse {root} --run-date 2013-03-05 --dry-run --json"
    assert main([*argv.split(), "--tenants", "Rome"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["lanes"] == {"packed": 1, "distributed": 0, "too_few_rows": 0, "rows": 40, "playing_rows": 40}
    assert plan["source_rows"] == 115


def test_the_estimate_grows_with_tenants_and_rows(conf: Path) -> None:
    app = load_config(conf, "rides").app
    assert app is not None and contenders(app) == {"prior": 1, "linear": 2}
    # 3 folds x (0.5 ms + 2 x 2 ms) and a refit of 2 ms per 1,000 rows, and 10 ms per tenant.
    assert estimate(app, Lanes(10, 0, 0, 10_000, 10_000)) == pytest.approx(10 * 0.0155 + 10 * 0.010)
    pooling = load_config(conf, "rides", overrides=["tournament.learners=[prior, pooled, linear]"]).app
    assert pooling is not None
    # 5 models of 25 ms per 1,000 rows, but of 100,000 rows at most; and 3 folds x 0.5 ms for their answers.
    dearer = [estimate(pooling, Lanes(10, 0, 0, rows, 10_000)) for rows in (10_000, 10_000_000)]
    assert dearer == pytest.approx([0.27 + 5 * 0.025 * rows for rows in (10, 100)])


@pytest.mark.parametrize("command", ["tenants --app rides", "models list", "models show rides Rome"])
def test_reading_commands_need_a_warehouse_and_make_none(
    conf: Path, tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "warehouse"
    assert main([*command.split(), "--conf", str(conf), "--warehouse", str(root)]) == 3
    assert f"There is no warehouse at '{root}'" in capsys.readouterr().err
    assert not root.exists()


def test_a_check_inside_an_expression_is_a_data_contract(spark: SparkSession) -> None:
    with pytest.raises(Exception, match="no label") as error:
        spark.range(1).select(F.raise_error("no label")).collect()
    assert exit_code(error.value) == 3


def test_other_errors_of_spark_are_unexpected(spark: SparkSession) -> None:
    with pytest.raises(Exception, match="nowhere") as error:
        spark.range(1).select("nowhere")
    assert exit_code(error.value) == 1


def test_a_writing_job_runs_inside_its_ledger_row(
    conf: Path, ledger: _Ledger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(job: Job, since: date | None, until: date | None) -> dict[str, Any]:
        assert job.ledger.run_id == "train-rides-2013-03-01" and job.tenants == ("Rome",)
        with job.progress.step("tournament"):
            return {"tenants": 3, "since": since}

    _job_module(monkeypatch, "train", run)
    argv = f"train --app rides --conf {conf} --run-date 2013-03-01 --tenants Rome --since 2013-01-01"
    assert main(argv.split()) == 0
    assert [(one["job"], one["app"], one["logical_date"]) for one in ledger.opened] == [
        ("train", "rides", date(2013, 3, 1))
    ]
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["tenants"], last["since"], list(last["seconds"])) == (3, "2013-01-01", ["tournament"])
    assert ledger.noted[0]["summary"]["tenants"] == 3 and ledger.ended == ["ok"]


@pytest.mark.parametrize(("error", "code"), [(TooManyFailures("no"), 4), (KeyboardInterrupt(), 130)])
def test_a_failing_job_closes_its_ledger_row(
    conf: Path, ledger: _Ledger, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def run(job: Job, **_: Any) -> dict[str, Any]:
        raise error

    _job_module(monkeypatch, "train", run)
    assert main(["train", "--app", "rides", "--conf", str(conf)]) == code
    assert ledger.ended == ["failed"]


def test_a_reading_job_has_no_ledger_row(
    conf: Path, ledger: _Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tiltyard.job._check_warehouse", lambda _: None)
    _job_module(monkeypatch, "dashboard", lambda job, output: {"page": output, "ledger": job.run})
    assert main(["dashboard", "--conf", str(conf)]) == 0
    assert ledger.opened == []
