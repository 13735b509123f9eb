"""History's cases."""

from __future__ import annotations

import datetime

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import History


def _day(day: int) -> datetime.datetime:
    return datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC) + datetime.timedelta(days=day)


def _events(spark: SparkSession) -> str:
    """Files that another process can read: Spark learns the columns of ORC without a job."""
    rows = [
        ("a", 1, _day(0), 5.0, "mail"),
        ("a", 1, _day(10), 9.0, "call"),
        ("a", 1, _day(40), 1.0, "mail"),
        ("a", 1, _day(50), None, "mail"),
        ("b", 1, _day(0), 100.0, "mail"),
    ]
    folder = spark.conf.get("spark.sql.warehouse.dir") + "/history-case"
    frame = spark.createDataFrame(rows, "tenant string, account int, at timestamp, paid double, kind string")
    frame.coalesce(1).write.mode("overwrite").orc(folder)
    return f"orc.`{folder}`"


def _history(spark: SparkSession) -> StageCase:
    rows = [
        (1, "a", "1", _day(40)),
        (2, "a", "1", _day(60)),
        (3, "b", "1", _day(60)),
        (4, "c", "1", _day(60)),
        (5, "a", None, _day(60)),
        (6, "a", "1", None),
        (7, None, "1", _day(60)),
    ]
    frame = spark.createDataFrame(rows, "id int, tenant string, `acc. no` string, seen timestamp")
    stage = History(
        eventsTable=_events(spark),
        tenantCol="tenant",
        entityCol="acc. no",
        timeCol="seen",
        eventEntityCol="account",
        eventTimeCol="at",
        eventAmountCol="paid",
        eventKindCol="kind",
        kinds=["mail", "visit"],
        windowDays=[30],
    )
    nobody = [None, None, None]
    expected = {
        "history__count": [2.0, 4.0, 1.0, 0.0, *nobody],
        "history__count_30d": [1.0, 2.0, 0.0, 0.0, *nobody],
        "history__sum": [14.0, 15.0, 100.0, 0.0, *nobody],
        "history__sum_30d": [9.0, 1.0, 0.0, 0.0, *nobody],
        "history__mean": [7.0, 5.0, 100.0, None, *nobody],
        "history__max": [9.0, 9.0, 100.0, None, *nobody],
        "history__last": [9.0, 1.0, 100.0, None, *nobody],
        "history__trend": [0.4, -120 / 866.6666667, None, None, *nobody],
        "history__days_since_last": [30.0, 10.0, 60.0, None, *nobody],
        "history__count_of_mail": [1.0, 3.0, 1.0, 0.0, *nobody],
        "history__sum_of_mail": [5.0, 6.0, 100.0, 0.0, *nobody],
        "history__count_of_visit": [0.0, 0.0, 0.0, 0.0, *nobody],
    }
    return StageCase(stage, frame, expected)


CASES = {"History": _history}
