"""SIGKILL at random moments: a run that is started again leaves the rows of an undisturbed one.

TILTYARD_CRASHES is the number of kills for each job, default 1: each costs two more processes with a JVM.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from pyspark.sql import SparkSession

from tests.rides import SCORED, TRAINED, Place
from tiltyard.tables import Warehouse

CRASHES = int(os.environ.get("TILTYARD_CRASHES", "1"))
WRITTEN = {"train": ("models", "leaderboard", "champions", "features", "tenants"), "score": ("scores",)}
DAY = {"train": TRAINED, "score": SCORED}
# Lines until the last step begins.
STEP_LINES = {"train": 5, "score": 3}


def start(place: Place, job: str) -> subprocess.Popen[bytes]:
    """The command in a process group of its own, which a kill takes down with its JVM and workers."""
    code = "import sys; from tiltyard.cli import main; sys.exit(main())"
    command = [sys.executable, "-uc", code, job, "--app", "rides", "--conf", str(place.folder / "conf")]
    command += ["--warehouse", place.root, "--run-date", str(DAY[job])]
    return subprocess.Popen(
        command,
        cwd=place.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill_somewhere(process: subprocess.Popen[bytes], job: str, moments: random.Random) -> list[list[str]]:
    """SIGKILL some moments after its start or one of the lines that tell of its steps.

    Returns what the next run may leave in the ledger: before the first line there may be no row yet, and a run may
    end before it is killed.
    """
    assert process.stdout is not None
    lines = moments.randint(0, STEP_LINES[job])
    for _ in range(lines):
        assert process.stdout.readline()
    time.sleep(moments.uniform(0.0, 3.0))
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.wait() == 0:
        return [["ok", "ok"]]
    assert process.returncode == -signal.SIGKILL
    return [["lost", "ok"]] if lines else [["lost", "ok"], ["ok"]]


def test_killed_and_started_again(
    spark: SparkSession, ingested: Place, trained: Place, scored: Place, tmp_path: Path
) -> None:
    places = {"train": (ingested, trained), "score": (trained, scored)}

    def survives(job: str) -> None:
        before, undisturbed = places[job]
        moments = random.Random(job)
        for number in range(CRASHES):
            place = before.copy(tmp_path / f"{job}-{number}")
            with start(place, job) as running:
                states = kill_somewhere(running, job, moments)
            with start(place, job) as again:
                again.communicate(timeout=900)
            assert again.returncode == 0
            for table in WRITTEN[job]:
                assert place.rows(spark, table) == undisturbed.rows(spark, table)
            runs = Warehouse(spark, place.root).read("runs").where(f"run_id = '{job}-rides-{DAY[job]}'")
            assert [row.status for row in runs.orderBy("attempt").collect()] in states

    # Side by side: a young JVM alone leaves a core idle half of the time.
    with ThreadPoolExecutor() as both:
        list(both.map(survives, places))
