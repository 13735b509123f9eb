"""Independent pieces of Spark work at the same time: a small Delta write is mostly planning, in one thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from pyspark.sql import SparkSession
from pyspark.sql.utils import is_remote
from pyspark.util import inheritable_thread_target

_AT_ONCE = 4
_Answer = TypeVar("_Answer")


def side_by_side(spark: SparkSession, works: Mapping[str, Callable[[], _Answer]]) -> dict[str, _Answer]:
    """Do pieces of work that do not depend on each other, a few at a time.

    Each runs in a thread with this thread's Spark properties, so its jobs belong to the same job group.

    Returns
    -------
    Their answers by name.

    Raises
    ------
    What the first of them that failed raised, once all have ended. An interrupt of the waiting thread cancels the
    session's Spark jobs, and is raised once the pieces that had begun have ended.

    Examples
    --------
    >>> side_by_side(spark, {"few": lambda: spark.range(3).count(), "more": lambda: spark.range(5).count()})
    {'few': 3, 'more': 5}
    """
    with ThreadPoolExecutor(_AT_ONCE, "tiltyard") as pool:
        # Each its own copy of the properties: Spark keeps the running query's id in them.
        futures = {name: pool.submit(inheritable_thread_target(spark)(work)) for name, work in works.items()}
        try:
            wait(futures.values())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            cancel_jobs(spark)
            raise
    return {name: future.result() for name, future in futures.items()}


def cancel_jobs(spark: SparkSession) -> None:
    """End what the JVM still does for this session; pyspark itself does so at an interrupt only."""
    if is_remote():
        spark.interruptAll()
    else:
        spark.sparkContext.cancelAllJobs()
