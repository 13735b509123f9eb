"""An app's derived columns: tenant and key strings, times, labels, and which columns may be features."""

from __future__ import annotations

import doctest
from datetime import datetime

import pytest
from pyspark.errors import SparkRuntimeException
from pyspark.sql import SparkSession

from tiltyard import apps
from tiltyard.apps import KEY, LABEL, TENANT, TIME, derive, joined
from tiltyard.config import AppConfig
from tiltyard.errors import DataContractError


def _app(**changes: object) -> AppConfig:
    return AppConfig.model_validate({"app": "x", "source": "s", "key": ("id",), "label": "won", **changes})


def test_examples(spark: SparkSession) -> None:
    result = doctest.testmod(apps, extraglobs={"spark": spark})
    assert result.attempted > 0 and result.failed == 0


def test_different_parts_never_share_a_tenant(spark: SparkSession) -> None:
    parts = ["a", "b", "|", "\\", "a|", "|b", "\\|", ""]
    rows = [(left, right) for left in parts for right in parts]
    frame = spark.createDataFrame(rows, "l string, r string")
    tenants = {row[0] for row in frame.select(joined(["l", "r"])).collect()}
    assert len(tenants) == len(rows)


def test_a_null_part_makes_tenant_and_key_null(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("UA", None, 1, True)], "a string, b string, id int, won boolean")
    row = derive(frame, _app(tenant=("a", "b"), key=("id", "b"))).first()
    assert (row[TENANT], row[KEY]) == (None, None)


def test_without_tenant_columns_all_rows_are_one_tenant(spark: SparkSession) -> None:
    row = derive(spark.createDataFrame([(1, True)], "id int, won boolean"), _app()).first()
    assert (row[TENANT], row[KEY], row[TIME], row[LABEL]) == ("all", "1", None, 1.0)


def test_source_columns_stay_as_they_are(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1, True, "x")], "id int, won boolean, `Lead Source` string")
    assert derive(frame, _app()).columns[:3] == frame.columns


@pytest.mark.parametrize(
    ("kind", "values", "labels"),
    [
        ("boolean", [True, False, None], [1.0, 0.0, None]),
        ("int", [1, 0, None], [1.0, 0.0, None]),
        ("double", [1.0, 0.0, float("nan")], [1.0, 0.0, None]),
        ("decimal(3,1)", None, [1.0, 0.0, None]),
    ],
)
def test_labels(spark: SparkSession, kind: str, values: list[object] | None, labels: list[float]) -> None:
    given = values if values is not None else [1, 0, None]
    raw = "int" if values is None else kind
    frame = spark.createDataFrame([(i, v) for i, v in enumerate(given)], f"id int, won {raw}")
    frame = frame.withColumn("won", frame.won.cast(kind))
    assert [row[LABEL] for row in derive(frame, _app()).orderBy("id").collect()] == labels


def test_a_number_that_is_no_label_stops_the_job(spark: SparkSession) -> None:
    frame = derive(spark.createDataFrame([(1, 17)], "id int, won int"), _app())
    with pytest.raises(SparkRuntimeException, match="x: label 'won' must be 0 or 1, got 17"):
        frame.collect()


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("id || 'x'", "must be a boolean or 0 and 1, got string"),
        ("won AND lost", r"does not fit the source: \[UNRESOLVED_COLUMN.*lost"),
        ("won AND (", r"does not fit the source: \[PARSE_SYNTAX_ERROR"),
    ],
)
def test_labels_that_cannot_be_computed(spark: SparkSession, label: str, message: str) -> None:
    frame = spark.createDataFrame([(1, True)], "id int, won boolean")
    with pytest.raises(DataContractError, match=message):
        derive(frame, _app(label=label))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("string", datetime(2013, 7, 1, 16)),
        ("timestamp_ntz", datetime(2013, 7, 1, 16)),
        ("timestamp", datetime(2013, 7, 1, 12)),  # an instant already; the session is UTC
        ("date", datetime(2013, 7, 1, 4)),
    ],
)
def test_wall_clock_times_are_read_in_the_apps_zone(
    spark: SparkSession, kind: str, expected: datetime
) -> None:
    frame = spark.sql(f"SELECT 1 AS id, true AS won, CAST('2013-07-01 12:00:00' AS {kind}) AS at")
    time = derive(frame, _app(time="at", time_zone="America/New_York")).selectExpr(f"string({TIME})").first()
    assert time[0] == str(expected)


def test_missing_columns_are_told_at_once_with_the_nearest(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1, True, "UA")], "id int, won boolean, carrier string")
    with pytest.raises(DataContractError) as error:
        derive(frame, _app(tenant=("carier",), exclude=("arr_time",), fields={"Carrier": "Id"}))
    assert "tenant: 'carier', did you mean 'carrier'?" in str(error.value)
    assert "exclude: 'arr_time'" in str(error.value)
    assert "fields" not in str(error.value)
