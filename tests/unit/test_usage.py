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
from tiltyard.usage import CpuMeter

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
    with CpuMeter() as meter:
        started = time.process_time()
        while time.process_time() - started < 0.2:
            pass
        worked = meter.seconds()
        time.sleep(0.5)
    assert 0.15 <= worked < 2
    assert meter.seconds() < worked + 0.4


def test_a_child_counts_while_it_runs_and_after_it_ended() -> None:
    with CpuMeter() as meter:
        with _burning() as child:
            running = meter.seconds()
            child.communicate()
        assert running >= 0.25
        assert meter.seconds() >= running


def test_a_child_nobody_waits_for_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiltyard.usage._EVERY", 0.01)
    grandchild = (
        f"import signal, subprocess, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN);"
        f"subprocess.Popen([sys.executable, '-c', {BURN!r}], stdin=subprocess.DEVNULL);"
        "print('started', flush=True); sys.stdin.read()"
    )
    with CpuMeter() as meter:
        command = [sys.executable, "-c", grandchild]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as child:
            time.sleep(2.0)
            child.communicate()
    assert meter.seconds() >= 0.25


def test_a_process_that_vanishes_meanwhile_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    child = _burning()
    gone = psutil.Process(child.pid)
    child.communicate()
    monkeypatch.setattr(psutil.Process, "children", lambda self, recursive: [gone])
    with CpuMeter() as meter:
        started = time.process_time()
        while time.process_time() - started < 0.2:
            pass
    assert meter.seconds() >= 0.15


@pytest.mark.parametrize(("name", "submitted"), [("java", True), ("bash", False)])
def test_under_spark_submit_the_parent_is_at_the_top(
    monkeypatch: pytest.MonkeyPatch, name: str, submitted: bool
) -> None:
    parent: Any = psutil.Process(os.getppid())
    assert usage._top().pid == os.getpid()
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    monkeypatch.setattr(psutil.Process, "name", lambda self: name)
    assert usage._top().pid == (parent.pid if submitted else os.getpid())
