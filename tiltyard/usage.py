"""CPU time of everything a run keeps busy on this machine: driver, JVM and Python workers."""

from __future__ import annotations

import os
from contextlib import suppress

import psutil


def cpu_seconds() -> float:
    """Return the user and system CPU seconds of this process tree since its start.

    The tree is the driver, its JVM, the JVM's Python workers and what else they started. Processes that
    ended count as far as the operating system tells: on Linux once their parent has waited for them, on
    macOS and Windows not. Executors on other machines are not seen.

    Returns
    -------
    An absolute total: take differences. Reading it costs a few milliseconds.

    Examples
    --------
    >>> before = cpu_seconds()
    >>> _ = sum(i * i for i in range(1_000_000))
    >>> 0 < cpu_seconds() - before < 60
    True
    """
    top = _top()
    return sum(_seconds(process) for process in (top, *top.children(recursive=True)))


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


def _seconds(process: psutil.Process) -> float:
    with suppress(psutil.Error):  # it ended since it was listed; its parent has its time now
        return float(sum(process.cpu_times()[:4]))  # user, system, and both of children that ended
    return 0.0
