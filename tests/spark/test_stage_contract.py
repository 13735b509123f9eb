"""Every public stage keeps the contract of tiltyard.testing."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tiltyard import transformers
from tiltyard.errors import TiltyardError
from tiltyard.keyed_union import KeyedUnion
from tiltyard.testing import CHECKS, StageCase, check_fresh_process
from tiltyard.transformers import (
    DateParts,
    FeaturePacker,
    FeatureVector,
    FieldTyper,
    NumericBuckets,
    Pivot,
)

NAN = float("nan")
UTC = datetime.UTC


def _pivot(spark: SparkSession) -> StageCase:
    rows = [
        (1, "a", "x"),
        (2, "a", "x"),
        (3, "a", "y"),
        (4, "b", "y"),
        (5, "b", "y"),
        (6, "b", None),
        (7, None, "y"),
    ]
    frame = spark.createDataFrame(rows, "id int, tenant string, `odd name.` string")
    stage = Pivot(inputCols=["odd name."], outputCols=["code"], tenantCol="tenant", minSupport=2)
    return StageCase(stage, frame, {"code": [1.0, 1.0, 0.0, 1.0, 1.0, NAN, 1.0]})


def _one_hot(spark: SparkSession) -> StageCase:
    frame = spark.createDataFrame([(1, 2.0), (2, 2.0), (3, 3.0), (4, NAN)], "id int, rooms double")
    stage = Pivot(inputCols=["rooms"], mode="oneHot", topK=2, minSupport=2)
    hot = {"other": [0.0, 0.0, 1.0, 0.0], "null": [0.0, 0.0, 0.0, 1.0], "two": [1.0, 0.0, 0.0, 0.0]}
    return StageCase(stage, frame, {"rooms__pivot": [hot["two"], hot["two"], hot["other"], hot["null"]]})


def _union(spark: SparkSession) -> StageCase:
    rows = [(1, "a", "x", 3), (2, "a", "y", None), (3, "b", "y", 4), (4, None, "x", 4)]
    frame = spark.createDataFrame(rows, "id int, tenant string, letter string, number int")
    stages = [Pivot(inputCols=[name], tenantCol="tenant", minSupport=1) for name in ("letter", "number")]
    expected = {"letter__pivot": [1.0, 2.0, 1.0, 1.0], "number__pivot": [1.0, NAN, 1.0, 1.0]}
    return StageCase(KeyedUnion(stages=stages), frame, expected)


def _buckets(spark: SparkSession) -> StageCase:
    values = [-1.0, 0.0, 9.99, 10.0, 99.0, 100.0, 999.0, 4999.0, 5000.0, 10000.0, float("inf"), NAN, None]
    frame = spark.createDataFrame(list(enumerate(values)), "id int, employees double")
    labels = ["<0", "0-9", "0-9", "10-99", "10-99", "100-499", "500-999", "1000-4999", "5000-9999"]
    stage = NumericBuckets(inputCols=["employees"])
    return StageCase(stage, frame, {"employees__bucket": [*labels, "10000+", "10000+", None, None]})


def _date_parts(spark: SparkSession) -> StageCase:
    instants = [
        datetime.datetime(2013, 1, 1, 6, tzinfo=UTC),
        datetime.datetime(2013, 7, 1, 18, tzinfo=UTC),
        None,
    ]
    frame = spark.createDataFrame(list(enumerate(instants)), "id int, at timestamp")
    expected = {"at__hour_sin": [1.0, -1.0, None], "at__month_cos": [1.0, -1.0, None]}
    return StageCase(DateParts(inputCols=["at"]), frame, expected)


def _packer(spark: SparkSession) -> StageCase:
    rows = [(1, 2.5, True), (2, float("inf"), False), (3, NAN, None), (4, 1e300, True)]
    frame = spark.createDataFrame(rows, "id int, price double, sold boolean")
    expected = {"features": [[2.5, 1.0], [NAN, 0.0], [NAN, NAN], [NAN, 1.0]]}
    return StageCase(FeaturePacker(inputCols=["price", "sold"]), frame, expected)


def _vector(spark: SparkSession) -> StageCase:
    rows = [(1, [1.0, 7.5]), (2, [0.0, NAN]), (3, [NAN, 0.0]), (4, [9.0, 1.0]), (5, None)]
    frame = spark.createDataFrame(rows, "id int, features array<float>")
    slots = [{"name": "sex", "kind": "categorical", "levels": ["m"]}, {"name": "age", "kind": "numeric"}]
    values = [[1, 0, 0, 7.5, 0], [0, 1, 0, 0, 1], [0, 0, 1, 0, 0], [0, 1, 0, 1, 0], [0, 0, 1, 0, 1]]
    return StageCase(FeatureVector(slots=slots), frame, {"vector": values})


def _typer(spark: SparkSession) -> StageCase:
    frame = spark.createDataFrame(
        [(n, f"{n}@x.org", n % 3) for n in range(30)], "id int, mail string, visits int"
    )
    return StageCase(FieldTyper(inputCols=["mail", "visits"]), frame, {}, adds=False)


CASES: dict[str, Callable[[SparkSession], StageCase]] = {
    "Pivot": _pivot,
    "Pivot-oneHot": _one_hot,
    "KeyedUnion": _union,
    "NumericBuckets": _buckets,
    "DateParts": _date_parts,
    "FeaturePacker": _packer,
    "FeatureVector": _vector,
    "FieldTyper": _typer,
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", CASES)
def test_stage_keeps_the_contract(spark: SparkSession, name: str, check: Callable[[StageCase], None]) -> None:
    check(CASES[name](spark))


def test_models_give_the_same_output_in_a_fresh_process(spark: SparkSession, tmp_path: Path) -> None:
    check_fresh_process([make(spark) for make in CASES.values()], tmp_path)


def test_every_public_stage_has_a_case() -> None:
    stages = {name for name in transformers.__all__ if not name.endswith("Model")}
    assert stages <= {name.partition("-")[0] for name in CASES}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Pivot(topK=0), "Pivot: 'topK' must be an integer of at least 1, got 0."),
        (lambda: Pivot(minSupport=1.5), "Pivot: 'minSupport' must be an integer of at least 1, got 1.5."),
        (lambda: Pivot(mode="hot"), "Pivot: 'mode' must be one of 'codes', 'oneHot', got 'hot'."),
        (lambda: Pivot(inputCols=3), "Pivot: 'inputCols' must be a list of column names, got 3."),
        (
            lambda: NumericBuckets(splits=[1, 1]),
            "must be a list of at least 2 increasing finite numbers, got",
        ),
        (lambda: DateParts(timeZone="Mars"), "DateParts: 'timeZone' must be a time zone such as"),
        (
            lambda: DateParts(parts=["year"]),
            "must be a list of some of 'hour', 'weekday', 'day', 'month', got",
        ),
        (lambda: FieldTyper(types={"a": "Money"}), "FieldTyper: 'types' must be a mapping"),
        (lambda: FeatureVector(slots=[{"name": "a"}]), "FeatureVector: 'slots' must be a list of slots"),
    ],
)
def test_wrong_param_names_class_param_constraint_and_value(make: Callable[[], object], message: str) -> None:
    with pytest.raises(TiltyardError, match="must be") as caught:
        make()
    assert message in str(caught.value)


def test_extra_params_of_fit_are_checked_too(spark: SparkSession) -> None:
    case = _pivot(spark)
    with pytest.raises(TiltyardError, match="'topK' must be an integer of at least 1, got 0"):
        case.stage.fit(case.frame, {case.stage.topK: 0})
