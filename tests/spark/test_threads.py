"""Pieces of Spark work at the same time: what one raises, and what an interrupt of the waiting thread does."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest
from pyspark.sql import SparkSession

from tiltyard.errors import Terminated
from tiltyard.processes import sigterm_as_error
from tiltyard.threads import side_by_side


def test_an_error_is_raised_once_the_others_have_ended(spark: SparkSession) -> None:
    ended = []

    def fails() -> None:
        raise KeyError("one")

    def works() -> None:
        time.sleep(0.3)
        ended.append(spark.range(5).count())

    with pytest.raises(KeyError, match="one"):
        side_by_side(spark, {"fails": fails, "works": works})
    assert ended == [5]


def test_an_interrupt_ends_the_work_and_begins_no_more(spark: SparkSession) -> None:
    begun = []

    def work() -> None:
        begun.append(1)
        spark.range(10**13).selectExpr("sum(hash(id))").collect()

    timer = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    with pytest.raises(Terminated), sigterm_as_error():
        side_by_side(spark, {str(number): work for number in range(6)})
    assert len(begun) == 4
    assert spark.sparkContext.statusTracker().getActiveJobsIds() == []
