"""The ledger: a row in every case, one attempt at a time, and lost runs found by the next."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from tiltyard import __version__, ledger
from tiltyard.errors import DataContractError, Terminated, TryAgain
from tiltyard.exits import exit_code
from tiltyard.ledger import Run, open_run
from tiltyard.processes import LOST_AFTER, git_sha, may_live
from tiltyard.schemas import TABLES
from tiltyard.tables import Warehouse

DAY = date(2013, 11, 1)
RUNNING = """
import sys, time
from datetime import date
from tiltyard.ledger import open_run
from tiltyard.session import local_session
from tiltyard.tables import Warehouse
warehouse = Warehouse(local_session(cores="1", conf={"spark.driver.memory": "512m"}), sys.argv[1])
with open_run(warehouse, job="train", app="killed", logical_date=date(2013, 11, 1), config_hash=None):
    print("open", flush=True)
    time.sleep(300)
"""


@pytest.fixture(scope="module")
def warehouse(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    made = Warehouse(spark, str(tmp_path_factory.mktemp("ledger")))
    made._create(TABLES["runs"])
    return made


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "_PAUSE", 0.01)


def _open(warehouse: Warehouse, app: str | None) -> AbstractContextManager[Run]:
    return open_run(warehouse, job="train", app=app, logical_date=DAY, config_hash="c0ffee")


def _rows(warehouse: Warehouse, app: str) -> list[Row]:
    mine = warehouse.read("runs").where(F.col("run_id") == f"train-{app}-2013-11-01")
    return sorted(mine.collect(), key=lambda row: row.attempt)


def _states(warehouse: Warehouse, app: str) -> list[str]:
    return [row.status for row in _rows(warehouse, app)]


def _running_row(warehouse: Warehouse, app: str, **changes: Any) -> None:
    """Leave a running row behind, as a run that could not close it."""
    with _open(warehouse, app):
        pass
    values = {"status": "running", "ended_at": None, "pid": _ended(), **changes}
    columns = {name: F.lit(value) for name, value in values.items()}
    warehouse.update("runs", columns, {"job": "train", "run_id": f"train-{app}-2013-11-01"}, "test")


def _ended() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_a_row_is_running_then_ok_with_what_the_job_noted(warehouse: Warehouse) -> None:
    with _open(warehouse, "good") as run:
        (row,) = _rows(warehouse, "good")
        assert (row.status, row.ended_at, row.pid) == ("running", None, os.getpid())
        run.note(inputs={"flights": 3}, tenants_planned=5)
        run.note(inputs={"tenants": 1}, summary={"auroc": float("nan"), "day": DAY})
    (row,) = _rows(warehouse, "good")
    assert (run.run_id, run.attempt) == (row.run_id, row.attempt) == ("train-good-2013-11-01", 1)
    assert (row.job, row.app, row.logical_date, row.config_hash) == ("train", "good", DAY, "c0ffee")
    assert (row.status, row.error, row.code_version, row.git_sha) == ("ok", None, __version__, git_sha())
    assert (row.inputs, row.outputs, row.tenants_planned, row.rows) == (
        {"flights": 3, "tenants": 1}, None, 5, None,
    )  # fmt: skip
    assert json.loads(row.summary) == {"auroc": None, "day": "2013-11-01"}
    assert 0 < row.cpu_seconds < 600
    assert timedelta(0) < row.ended_at - row.started_at < timedelta(minutes=5)


def test_commits_are_signed_and_few(warehouse: Warehouse) -> None:
    before = warehouse.version("runs")
    with _open(warehouse, None):
        pass
    history = warehouse._delta("runs").history(2).select("version", "userMetadata").collect()
    assert [tuple(row) for row in history] == [
        (before + 2, "train-platform-2013-11-01"),
        (before + 1, "train-platform-2013-11-01"),
    ]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (DataContractError("flights: no such column"), "flights: no such column"),
        (KeyboardInterrupt(), "interrupted"),
    ],
)
def test_a_failed_run_keeps_its_error_and_what_was_noted(
    warehouse: Warehouse, error: BaseException, message: str
) -> None:
    app = type(error).__name__
    with pytest.raises(type(error)) as raised, _open(warehouse, app) as run:
        run.note(rows=7)
        raise error
    assert raised.value is error
    (row,) = _rows(warehouse, app)
    assert (row.status, row.error, row.rows) == ("failed", message, 7)


def test_the_next_run_is_another_attempt(warehouse: Warehouse) -> None:
    for attempt in (1, 2):
        with _open(warehouse, "again") as run:
            assert run.attempt == attempt
    assert [(row.attempt, row.status) for row in _rows(warehouse, "again")] == [(1, "ok"), (2, "ok")]


def test_sigterm_ends_the_work_of_spark_and_closes_the_row(warehouse: Warehouse) -> None:
    before = signal.getsignal(signal.SIGTERM)
    timer = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGTERM))
    with pytest.raises(Terminated) as raised, _open(warehouse, "stopped"):
        timer.start()
        warehouse.spark.range(10**13).selectExpr("sum(hash(id))").collect()
    assert exit_code(raised.value) == 143
    (row,) = _rows(warehouse, "stopped")
    assert (row.status, row.error) == ("failed", str(raised.value))
    assert signal.getsignal(signal.SIGTERM) is before
    assert warehouse.spark.sparkContext.statusTracker().getActiveJobsIds() == []


def test_a_run_in_another_thread_has_no_handler_and_its_row(warehouse: Warehouse) -> None:
    def work() -> None:
        with _open(warehouse, "threaded"):
            pass

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert _states(warehouse, "threaded") == ["ok"]


def test_a_run_inside_itself_is_told_to_wait(warehouse: Warehouse) -> None:
    inner = _open(warehouse, "nested")
    with _open(warehouse, "nested"):
        with pytest.raises(TryAgain, match=rf"already running: process {os.getpid()} on .* since 20"), inner:
            pass
        assert _states(warehouse, "nested") == ["running"]
    assert _states(warehouse, "nested") == ["ok"]


@pytest.fixture
def running(warehouse: Warehouse) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", RUNNING, warehouse.root]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and "open\n" in iter(process.stdout.readline, "")
        yield process
        process.kill()


def test_a_killed_run_is_lost_and_a_living_one_is_waited_for(
    warehouse: Warehouse, running: subprocess.Popen[str]
) -> None:
    with pytest.raises(TryAgain, match=f"process {running.pid} on "), _open(warehouse, "killed"):
        pass
    running.kill()
    psutil.Process(running.pid).wait()
    with _open(warehouse, "killed") as run:
        assert run.attempt == 2
    assert _states(warehouse, "killed") == ["lost", "ok"]
    assert f"process {running.pid} on " in _rows(warehouse, "killed")[0].error


def test_a_number_used_again_and_a_row_forgotten_by_this_process_are_lost(warehouse: Warehouse) -> None:
    _running_row(warehouse, "reused", pid=os.getppid(), started_at=datetime(2013, 11, 1, tzinfo=UTC))
    _running_row(warehouse, "forgotten", pid=os.getpid())
    for app in ("reused", "forgotten"):
        with _open(warehouse, app):
            pass
        assert _states(warehouse, app) == ["lost", "ok"]


def test_another_host_is_waited_for_a_day(warehouse: Warehouse) -> None:
    long_ago = datetime.now(UTC) - LOST_AFTER - timedelta(minutes=1)
    _running_row(warehouse, "elsewhere", host="elsewhere")
    with pytest.raises(TryAgain, match="on elsewhere since"), _open(warehouse, "elsewhere"):
        pass
    where = {"job": "train", "run_id": "train-elsewhere-2013-11-01"}
    warehouse.update("runs", {"started_at": F.lit(long_ago)}, where, "test")
    with _open(warehouse, "elsewhere"):
        pass
    assert _states(warehouse, "elsewhere") == ["lost", "ok"]


def test_two_starts_at_once_give_one_run(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    with _open(warehouse, "raced"):
        pass
    earlier, now = ledger._attempts(warehouse, "train", "train-raced-2013-11-01"), ledger._attempts
    with _open(warehouse, "raced"):
        # The third one read the ledger before the second one's row was there.
        looks = iter([lambda *_: earlier, now])
        monkeypatch.setattr(ledger, "_attempts", lambda *where: next(looks)(*where))
        with pytest.raises(TryAgain, match="another process has started it at the same moment"):
            _open(warehouse, "raced").__enter__()
        monkeypatch.undo()
        assert _states(warehouse, "raced") == ["ok", "running"]
    assert _states(warehouse, "raced") == ["ok", "ok"]


def test_runs_of_other_apps_at_the_same_time_do_not_disturb(warehouse: Warehouse) -> None:
    def work(app: str) -> None:
        with _open(warehouse, app):
            pass

    threads = [threading.Thread(target=work, args=(f"app{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [_states(warehouse, f"app{i}") for i in range(4)] == [["ok"]] * 4


def test_a_row_that_cannot_be_closed_does_not_hide_the_error(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise AnalysisException("the disk is gone")

    with pytest.raises(KeyError, match="first"), _open(warehouse, "unclosed"):
        monkeypatch.setattr(Warehouse, "update", broken)
        raise KeyError("first")
    assert "train-unclosed-2013-11-01 stays open" in caplog.text and "the disk is gone" in caplog.text


def test_one_that_ended_and_was_not_waited_for_does_not_live() -> None:
    since, host = datetime.now(UTC), os.uname().nodename
    child = subprocess.Popen([sys.executable, "-c", ""])
    psutil.wait_procs([psutil.Process(child.pid)], timeout=0)
    while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
        pass
    assert not may_live(child.pid, host, since)
    child.wait()
    assert not may_live(child.pid, host, since)


def test_the_commit_is_told_or_found_or_unknown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("TILTYARD_GIT_SHA", raising=False)
    assert git_sha() is None
    monkeypatch.setenv("TILTYARD_GIT_SHA", "abc123")
    assert git_sha() == "abc123"
