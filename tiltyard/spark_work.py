"""What Spark does for a piece of work: its jobs, and the time its tasks take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_GROUP, _DESCRIPTION = "spark.jobGroup.id", "spark.job.description"


@dataclass
class Work:
    """Jobs launched, and seconds of their tasks, all cores together; None where nobody tells."""

    jobs: int | None = None
    task_seconds: float | None = None
    cores: int | None = None

    def busy(self, seconds: float) -> float | None:
        """The share of the cores' time, 0 to 1, that tasks took of so many seconds.

        Examples
        --------
        >>> Work(jobs=2, task_seconds=9.0, cores=2).busy(6.0)
        0.75
        """
        if self.task_seconds is None or not self.cores or not seconds:
            return None
        return min(1.0, self.task_seconds / (self.cores * seconds))


@contextmanager
def work_of(spark: SparkSession | None, text: str) -> Iterator[Work]:
    """Make the Spark jobs of the body one job group, which names them in Spark's own pages, and measure them.

    The measures are there after the body. Those of a group inside the body are apart.
    """
    work, context = Work(), getattr(spark, "sparkContext", None)  # Spark Connect has none
    if context is None:
        yield work
        return
    outer = context.getLocalProperty(_GROUP)
    group = f"{text} {uuid4().hex[:8]}"
    context.setJobGroup(group, text)
    try:
        yield work
    finally:
        context.setLocalProperty(_GROUP, outer)
        jobs = context.statusTracker().getJobIdsForGroup(group)
        work.jobs, work.cores = len(jobs), context.defaultParallelism
        work.task_seconds = _task_seconds(context, jobs)


@contextmanager
def described(spark: SparkSession, text: str) -> Iterator[None]:
    """Name the Spark jobs of the body in Spark's own pages, inside the group they are in."""
    context = getattr(spark, "sparkContext", None)
    before = context.getLocalProperty(_DESCRIPTION) if context else None
    if context:
        context.setJobDescription(text)
    try:
        yield
    finally:
        if context:
            context.setLocalProperty(_DESCRIPTION, before)


def _task_seconds(context: Any, jobs: list[int]) -> float | None:
    """Seconds of the jobs' tasks; measuring is no reason to fail, so every error here means "not known"."""
    try:
        tracker, store = context.statusTracker(), context._jsc.sc().statusStore()
        infos = [tracker.getJobInfo(job) for job in jobs]
        stages = {stage for info in infos if info for stage in info.stageIds}
        return float(sum(store.lastStageAttempt(stage).executorRunTime() for stage in stages)) / 1000.0
    except Exception:
        return None
