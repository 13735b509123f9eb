"""CPU seconds of a process tree: own work, a running child's, an ended child's, and who is at the top."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

import psutil
import pytest

from tiltyard import usage
from tiltyard.usage import cpu_seconds

# Burns 0.3 s of CPU time, says so, and ends when its input does.
BURN = """
import sys, time
while time.process_time() < 0.3: pass
print("done", flush=True)
sys.stdin.read()
"""


def _burning() -> subprocess.Popen[str]:
    command = [sys.executable, "-c", BURN]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline() == "done\n"
    return child


def test_own_work_counts_and_waiting_does_not() -> None:
    before, started = cpu_seconds(), time.process_time()
    while time.process_time() - started < 0.2:
        pass
    worked = cpu_seconds() - before
    time.sleep(0.5)
    assert 0.15 <= worked < 2
    assert cpu_seconds() - before < worked + 0.4


def test_a_child_counts_while_it_runs_and_after_it_ended() -> None:
    before = cpu_seconds()
    with _burning() as child:
        running = cpu_seconds() - before
        child.communicate()
    assert running >= 0.25
    if sys.platform == "linux":
        assert cpu_seconds() - before >= running


def test_a_process_that_vanishes_meanwhile_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    child = _burning()
    gone = psutil.Process(child.pid)
    child.communicate()
    monkeypatch.setattr(psutil.Process, "children", lambda self, recursive: [gone])
    assert cpu_seconds() > 0


@pytest.mark.parametrize(("name", "submitted"), [("java", True), ("bash", False)])
def test_under_spark_submit_the_parent_is_at_the_top(
    monkeypatch: pytest.MonkeyPatch, name: str, submitted: bool
) -> None:
    parent: Any = psutil.Process(os.getppid())
    assert usage._top().pid == os.getpid()
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    monkeypatch.setattr(psutil.Process, "name", lambda self: name)
    assert usage._top().pid == (parent.pid if submitted else os.getpid())
