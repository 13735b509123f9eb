"""What a person sees while a job runs: a bar on a terminal, plain lines elsewhere; seconds by step."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from tiltyard.spark_work import Work, work_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_one_bar = threading.Lock()  # a terminal shows one: other steps of this process tell lines above it
_LONG = 10.0  # seconds of a step of which it is worth saying how busy the cores were
_POLL_SECONDS = 0.5  # a bar need not be faster, and each poll asks the JVM a few questions


class Progress:
    """Steps of a job, told as they happen.

    Parameters
    ----------
    label : what starts each line, such as "train flight_delay"
    spark : where the bar's task counts come from; without it the bar only moves
    file : where lines go, default standard output

    Attributes
    ----------
    seconds : dict of step to seconds; a step done twice has the sum
    busy : dict of step to the share of the cores' time that Spark's tasks took, 0 to 1; of a step done twice the last
    jobs : dict of step to the number of Spark jobs it took, those of inner steps apart

    Examples
    --------
    >>> import io
    >>> progress = Progress("train flight_delay", file=io.StringIO())
    >>> with progress.step("folds"):
    ...     progress.say("3 folds by time")
    >>> list(progress.seconds)
    ['folds']
    """

    def __init__(self, label: str, spark: SparkSession | None = None, file: TextIO | None = None) -> None:
        self.label = label
        self.seconds: dict[str, float] = {}
        self.jobs: dict[str, int] = {}
        self.busy: dict[str, float] = {}
        self.console = Console(file=file or sys.stdout, highlight=False, soft_wrap=True)
        self._spark = spark

    def say(self, text: str) -> None:
        """Write one line with the UTC time and the label."""
        now = datetime.now(UTC).strftime("%H:%M:%S")
        self.console.print(f"{now} {self.label}: {text}", markup=False)

    def show(self, renderable: RenderableType) -> None:
        """Print a table or another thing rich can draw, without time and label."""
        self.console.print(renderable)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a part of the job and tell its beginning and end, also when it fails."""
        started = time.monotonic()
        bar = self.console.is_terminal and _one_bar.acquire(blocking=False)
        if not bar:
            self.say(f"{name} ...")
        outcome, work = "failed after ", Work()
        try:
            with (
                work_of(self._spark, f"{self.label}: {name}") as work,
                _bar(self.console, f"{self.label}: {name}", self._spark) if bar else nullcontext(),
            ):
                yield
            outcome = ""
        finally:
            if bar:
                _one_bar.release()
            took = time.monotonic() - started
            self.seconds[name] = self.seconds.get(name, 0.0) + took
            busy = self._note(name, work, took)
            self.say(f"{name} {outcome}{took:.1f} s{busy}")

    def _note(self, step: str, work: Work, seconds: float) -> str:
        """Keep what Spark did for a step, and say how busy the cores were in one that a person waited for."""
        if work.jobs is not None:
            self.jobs[step] = self.jobs.get(step, 0) + work.jobs
        share = work.busy(seconds)
        if share is None:
            return ""
        self.busy[step] = share
        return f", cores {share:.0%} busy" if seconds >= _LONG else ""


@contextmanager
def _bar(console: Console, text: str, spark: SparkSession | None) -> Iterator[None]:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    done = threading.Event()
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(text, total=None)

        def poll() -> None:
            while not done.wait(_POLL_SECONDS):
                completed, total = running_tasks(spark)
                bar.update(task, completed=completed, total=total or None)

        thread = threading.Thread(target=poll, name="tiltyard-progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def running_tasks(spark: SparkSession | None) -> tuple[int, int]:
    """Return completed and all tasks of Spark's running stages; (0, 0) where nobody tells.

    A Spark Connect session has no status tracker, and a session that is going away has none any more: a bar
    is no reason to fail a job, so every error here means "not known".
    """
    try:
        tracker = spark.sparkContext.statusTracker()  # type: ignore[union-attr]
        stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
    except Exception:
        return 0, 0
    known = [stage for stage in stages if stage is not None]
    return sum(stage.numCompletedTasks for stage in known), sum(stage.numTasks for stage in known)
