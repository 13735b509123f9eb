"""What a run must know of processes: whether another one lives, when to stop, which code runs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from tiltyard.errors import Terminated

# Nobody can look into another host. No run takes a day, and one that died is found by then.
LOST_AFTER = timedelta(hours=24)
# A process starts before it writes its row; clocks are set right by a second now and then.
_CLOCK = timedelta(seconds=2)


def may_live(pid: int, host: str, since: datetime) -> bool:
    """Return whether the process of this number, at work since `since`, may still be alive.

    A process that started later only has the same number. One that has ended and waits for its parent does
    not live. On another host everybody younger than `LOST_AFTER` may live.

    Examples
    --------
    >>> may_live(os.getpid(), socket.gethostname(), datetime.now(UTC))
    True
    >>> may_live(os.getpid(), socket.gethostname(), datetime(2013, 11, 1, tzinfo=UTC))
    False
    """
    if host != socket.gethostname():
        return datetime.now(UTC) - since < LOST_AFTER
    try:
        process = psutil.Process(pid)
        started = datetime.fromtimestamp(process.create_time(), UTC)
        return started <= since + _CLOCK and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:  # there is one, of another user
        return True


@contextmanager
def sigterm_as_error() -> Iterator[list[Terminated]]:
    """Raise `Terminated` in the main thread at the first SIGTERM; further ones are ignored.

    Yields
    ------
    A list that holds the error from then on: a library between may raise it as something else.
    """
    received: list[Terminated] = []

    def stop(signum: int, frame: Any) -> None:
        if not received:
            received.append(Terminated("Stopped by SIGTERM. Give the same command again to start over."))
            raise received[0]

    if threading.current_thread() is not threading.main_thread():  # only there Python allows handlers
        yield received
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield received
    finally:
        signal.signal(signal.SIGTERM, before)


def git_sha() -> str | None:
    """Return the commit of the code, from TILTYARD_GIT_SHA or git; None where neither tells."""
    told = os.environ.get("TILTYARD_GIT_SHA")
    if told:
        return told
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        # Five seconds: a hanging network drive must not hold up a job.
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
