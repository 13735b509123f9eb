"""The ledger of runs: one row an attempt, written first as running and closed in every case."""

from __future__ import annotations

import logging
import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from pyspark.sql import Column, Row
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard import __version__
from tiltyard.errors import Terminated, TryAgain
from tiltyard.exits import exit_code, last_line, short_message
from tiltyard.processes import git_sha, may_live, sigterm_as_error
from tiltyard.schemas import TABLES
from tiltyard.tables import Warehouse, Where
from tiltyard.threads import cancel_jobs
from tiltyard.usage import CpuMeter

NOTED = ("inputs", "outputs", "tenants_planned", "tenants_ok", "tenants_failed", "rows", "summary")
"""The columns a job fills; the ledger fills the others."""

# Runs of one job for other apps write to the same partition; each holds it for a second or so.
_TRIES = 12
_PAUSE = 0.5  # seconds, times a random number from 1 to 2
_log = logging.getLogger(__name__)
_opened: set[tuple[str, str, int]] = set()  # what this process has running: warehouse, run_id, attempt
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Run:
    """One attempt of a run, open in the ledger.

    Attributes
    ----------
    run_id : the same for every attempt: "<job>-<app or platform>-<YYYY-MM-DD>"
    attempt : 1, 2, ...
    """

    run_id: str
    attempt: int
    noted: dict[str, Any] = field(default_factory=dict)

    def note(self, **columns: Any) -> None:
        """Keep column values for the row; they are written when it is closed. No Spark job.

        Parameters
        ----------
        inputs, outputs : dict of table to version; later notes add to earlier ones
        tenants_planned, tenants_ok, tenants_failed, rows : int
        summary : dict, stored as JSON

        Examples
        --------
        >>> run = Run("train-late-2013-11-01", 1)
        >>> run.note(inputs={"flights": 3}, rows=10)
        >>> run.note(inputs={"tenants": 0}, rows=20)
        >>> run.noted
        {'inputs': {'flights': 3, 'tenants': 0}, 'rows': 20}
        >>> run.note(row=1)
        Traceback (most recent call last):
        TypeError: Run.note: there is no column 'row', only inputs, outputs, ..., rows, summary.
        """
        for name, value in columns.items():
            if name not in NOTED:
                raise TypeError(f"Run.note: there is no column '{name}', only {', '.join(NOTED)}.")
            known = self.noted.get(name)
            self.noted[name] = {**(known or {}), **value} if name in ("inputs", "outputs") else value


@contextmanager
def open_run(
    warehouse: Warehouse, *, job: str, app: str | None, logical_date: date, config_hash: str | None
) -> Iterator[Run]:
    """Hold a run's row in the ledger while the body works: running, then ok or failed.

    Every way out closes the row, an interrupt and SIGTERM included; SIGTERM is raised as `Terminated` in the
    main thread, after the session's Spark jobs were cancelled. What only SIGKILL or a power cut can leave
    behind, a running row without a process, is marked lost by the next attempt. Costs two commits and two reads
    of a few rows.

    Raises
    ------
    TryAgain : the same run is going on elsewhere

    Examples
    --------
    >>> import tempfile
    >>> warehouse = Warehouse(spark, tempfile.mkdtemp())
    >>> warehouse.create()
    >>> with open_run(warehouse, job="train", app="late", logical_date=date(2013, 11, 1),
    ...               config_hash=None) as run:
    ...     run.note(rows=5)
    >>> warehouse.read("runs").select("run_id", "attempt", "status", "rows").first()
    Row(run_id='train-late-2013-11-01', attempt=1, status='ok', rows=5)
    """
    run_id = f"{job}-{app or 'platform'}-{logical_date:%Y-%m-%d}"
    facts = {
        "job": job,
        "run_id": run_id,
        "app": app,
        "logical_date": logical_date,
        "config_hash": config_hash,
    }
    with CpuMeter() as meter, sigterm_as_error() as received:
        run = _patiently(lambda: _start(warehouse, facts))
        mine = (warehouse.root, run_id, run.attempt)
        _opened.add(mine)
        try:
            yield run
            _close(warehouse, job, run, "ok", None, meter)
        except BaseException as raised:
            # py4j may have wrapped what the signal's handler raised.
            error = received[0] if received else raised
            _close_failed(warehouse, job, run, error, meter)
            if error is raised:
                raise
            raise error from raised
        finally:
            _opened.discard(mine)


def _start(warehouse: Warehouse, facts: dict[str, Any]) -> Run:
    """Add the next attempt's row, unless another one is running.

    The row comes first and the second look after it, so of two that start at once at least one sees the other.
    """
    job, run_id = facts["job"], facts["run_id"]
    before = _attempts(warehouse, job, run_id)
    _close_lost(warehouse, job, run_id, [row for row in before if row.status == "running"])
    attempt = max((row.attempt for row in before), default=0) + 1
    mine = {**facts, "attempt": attempt, **_this_process()}
    row = tuple(mine.get(name) for name in TABLES["runs"].schema.names)
    warehouse.append("runs", warehouse.spark.createDataFrame([row], TABLES["runs"].schema), run_id)
    if len(_attempts(warehouse, job, run_id)) > len(before) + 1:
        own = ("job", "run_id", "attempt", "host", "pid", "started_at")
        _patiently(lambda: warehouse.delete("runs", {name: mine[name] for name in own}, run_id))
        raise TryAgain(
            f"{run_id}: another process has started it at the same moment. Give the command again."
        )
    return Run(run_id, attempt)


def _close_lost(warehouse: Warehouse, job: str, run_id: str, running: list[Row]) -> None:
    """Mark the running attempts as lost, if all their processes have ended."""
    for row in running:
        _check_dead(warehouse, run_id, row)
    for row in running:
        error = f"lost: process {row.pid} on {row.host} ended without closing its run"
        changes = {"status": F.lit("lost"), "ended_at": F.lit(datetime.now(UTC)), "error": F.lit(error)}
        where: Where = {"job": job, "run_id": run_id, "attempt": row.attempt}
        warehouse.update("runs", changes, where, run_id)


def _attempts(warehouse: Warehouse, job: str, run_id: str) -> list[Row]:
    """Return the run's few earlier attempts."""
    mine = (F.col("job") == job) & (F.col("run_id") == run_id)
    columns = ("attempt", "status", "host", "pid", F.unix_timestamp("started_at").alias("started"))
    return warehouse.read("runs").where(mine).select(*columns).collect()


def _check_dead(warehouse: Warehouse, run_id: str, row: Row) -> None:
    since = datetime.fromtimestamp(row.started, UTC)
    own = row.host == socket.gethostname() and row.pid == os.getpid()
    forgotten = own and (warehouse.root, run_id, row.attempt) not in _opened
    if forgotten or not may_live(row.pid, row.host, since):
        return
    raise TryAgain(
        f"{run_id} is already running: process {row.pid} on {row.host} since {since:%Y-%m-%d %H:%M:%S} UTC. "
        "Wait until it is done, or stop it, and give the same command again."
    )


def _this_process() -> dict[str, Any]:
    return {
        "status": "running",
        "started_at": datetime.now(UTC),
        "code_version": __version__,
        "git_sha": git_sha(),
        "host": socket.gethostname(),
        "pid": os.getpid(),
    }


def _close(warehouse: Warehouse, job: str, run: Run, status: str, error: str | None, meter: CpuMeter) -> None:
    values = {
        **run.noted,
        "status": status,
        "ended_at": datetime.now(UTC),
        "cpu_seconds": meter.seconds(),
        "error": error,
    }
    schema = TABLES["runs"].schema
    changes = {name: _literal(value, schema[name].dataType) for name, value in values.items()}
    where: Where = {"job": job, "run_id": run.run_id, "attempt": run.attempt}
    _patiently(lambda: warehouse.update("runs", changes, where, run.run_id))


def _close_failed(warehouse: Warehouse, job: str, run: Run, error: BaseException, meter: CpuMeter) -> None:
    """Close the row as failed; a warehouse that cannot be written any more must not hide the first error."""
    try:
        if isinstance(error, Terminated):
            cancel_jobs(warehouse.spark)
        _close(warehouse, job, run, "failed", short_message(error), meter)
    except Exception as second:
        _log.warning("%s stays open in the ledger, the next run marks it lost: %s", run.run_id, second)


def _literal(value: Any, kind: T.DataType) -> Column:
    if isinstance(kind, T.MapType):
        items = [F.lit(part) for pair in (value or {}).items() for part in pair]
        return F.create_map(*items).cast(kind)
    if isinstance(value, dict):
        value = last_line(value)
    return F.lit(value).cast(kind)


def _patiently(write: Callable[[], _Answer]) -> _Answer:
    """Do it again, for a while, when a concurrent commit came first."""
    for _ in range(_TRIES - 1):
        try:
            return write()
        except Exception as error:
            if isinstance(error, TryAgain) or exit_code(error) != TryAgain.exit_code:
                raise
        time.sleep(_PAUSE * random.uniform(1, 2))
    return write()
