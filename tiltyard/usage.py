"""CPU time of everything a run keeps busy on this machine: driver, JVM and Python workers."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import Self

import psutil

# Spark's Python daemon lets its workers vanish without taking over their times, so they are read while they live.
# It ends them after a minute without work, so nothing is lost between two readings.
_EVERY = 5.0  # seconds; a reading looks at every process of the machine


class CpuMeter:
    """User and system CPU seconds of this process tree while the body runs.

    The tree is the driver, its JVM, the JVM's Python workers and what else they started, read every few seconds:
    of a process that ended the last of them are missing. Executors on other machines are not seen.

    Examples
    --------
    >>> with CpuMeter() as meter:
    ...     _ = sum(i * i for i in range(1_000_000))
    >>> 0 < meter.seconds() < 60
    True
    """

    def __init__(self) -> None:
        self._before: dict[tuple[int, float], float] = {}
        self._latest: dict[tuple[int, float], float] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="tiltyard-cpu", daemon=True)

    def __enter__(self) -> Self:
        self._before = _by_process()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.seconds()
        self._ended.set()
        self._thread.join()

    def seconds(self) -> float:
        """Return the CPU seconds since the body began, until now or until it ended."""
        with self._lock:
            if not self._ended.is_set():
                self._latest.update(_by_process())
            return sum(now - self._before.get(process, 0.0) for process, now in self._latest.items())

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY):
            self.seconds()


def _by_process() -> dict[tuple[int, float], float]:
    """CPU seconds of each living process of the tree; a number may be given again, so its start belongs to it."""
    found = {}
    top = _top()
    for process in (top, *top.children(recursive=True)):
        with suppress(psutil.Error):  # it ended since it was listed
            times = process.cpu_times()
            found[process.pid, process.create_time()] = float(times.user + times.system)
    return found


def _top() -> psutil.Process:
    """Return the tree's first process: under spark-submit the JVM is the driver's parent, not its child."""
    here = psutil.Process()
    above = here.parent()
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ and above is not None and _is_java(above)
    return above if submitted else here


def _is_java(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return str(process.name()).startswith("java")
    return False
