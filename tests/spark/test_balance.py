"""Partitions of a packed tournament have about the same work, and a step says how busy the cores were."""

from __future__ import annotations

import io

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tiltyard.packed import ROWS_OF_OVERHEAD, balanced
from tiltyard.progress import Progress


def test_the_work_is_shared_and_the_largest_tenants_come_first(spark: SparkSession) -> None:
    sizes = {f"t{number:03d}": 100 + 40_000 // (number + 1) for number in range(200)}
    frame = spark.createDataFrame([*sizes.items()], "tenant string, rows long").repartition(3)
    places = {row.tenant: row.place for row in balanced(frame, 8).collect()}
    work = dict.fromkeys(range(8), 0)
    for tenant, rows in sizes.items():
        work[places[tenant]] += rows + ROWS_OF_OVERHEAD
    share = sum(work.values()) / 8
    assert places.keys() == sizes.keys()
    assert max(work.values()) <= share + max(sizes.values()) + ROWS_OF_OVERHEAD
    assert max(work[place] for place in range(3, 8)) <= 1.1 * share  # of the small ones
    by_size = sorted(sizes, key=lambda tenant: -sizes[tenant])
    assert [places[tenant] for tenant in by_size] == sorted(places.values())


def test_a_step_knows_how_busy_the_cores_were(spark: SparkSession) -> None:
    progress = Progress("train x", spark, io.StringIO())
    with progress.step("idle"):
        pass
    with progress.step("work"):
        slow = spark.range(0, 2, 1, 2).mapInPandas(lambda frames: map(_slept, frames), "id long")
        slow.agg(F.sum("id")).collect()
    assert progress.jobs["idle"] == 0 and progress.busy["idle"] == 0.0
    assert progress.jobs["work"] == 1 and 0.0 < progress.busy["work"] <= 1.0


def _slept(frame):  # type: ignore[no-untyped-def]
    import time

    time.sleep(1.0)
    return frame
