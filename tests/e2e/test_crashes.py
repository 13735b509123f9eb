"""SIGKILL at random moments: a run that is started again leaves the rows of an undisturbed one.

TILTYARD_CRASHES is the number of kills for each job, default 1: each costs two more processes with a JVM.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.spark.jobs.rides import SCORED, TRAINED, Place, frame
from tests.spark.jobs.test_train import rows_of
from tiltyard.tables import Warehouse

CRASHES = int(os.environ.get("TILTYARD_CRASHES", "1"))
WRITTEN = {"train": ("models", "leaderboard", "champions", "features", "tenants"), "score": ("scores",)}
DAY = {"train": TRAINED, "score": SCORED}

pytestmark = pytest.mark.slow


def start(place: Place, job: str) -> subprocess.Popen[bytes]:
    """The command in a process group of its own, which a kill takes down with its JVM and workers."""
    code = "import sys; from tiltyard.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, job, "--app", "rides", "--conf", str(place.folder / "conf")]
    command += ["--warehouse", place.root, "--run-date", str(DAY[job])]
    return subprocess.Popen(
        command,
        cwd=place.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.mark.parametrize("job", ["train", "score"])
def test_killed_and_started_again(spark: SparkSession, tmp_path: Path, job: str) -> None:
    place = Place(tmp_path)
    place.ingest(frame())
    if job == "score":
        place.train()
    shutil.copytree(place.root, tmp_path / "untouched")
    started = time.monotonic()
    assert start(place, job).wait(timeout=300) == 0
    undisturbed = {table: _rows(spark, place, table) for table in WRITTEN[job]}
    seconds = time.monotonic() - started
    moments = random.Random(job)
    for _ in range(CRASHES):
        shutil.rmtree(place.root)
        shutil.copytree(tmp_path / "untouched", place.root)
        running = start(place, job)
        # The first third is Python and the JVM getting up.
        time.sleep(seconds * moments.uniform(0.33, 0.98))
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        assert start(place, job).wait(timeout=300) == 0
        assert {table: _rows(spark, place, table) for table in WRITTEN[job]} == undisturbed
        statuses = [
            row.status
            for row in Warehouse(spark, place.root).read("runs").where(f"job = '{job}'").collect()
            if row.logical_date == DAY[job]
        ]
        assert statuses.count("ok") >= 1 and set(statuses) <= {"ok", "lost"}


def _rows(spark: SparkSession, place: Place, table: str) -> list[str]:
    spark.catalog.clearCache()  # the folder was put back behind Delta's back
    return rows_of(spark, place, table)
