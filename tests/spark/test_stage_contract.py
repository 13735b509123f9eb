"""Every public stage keeps the contract of tiltyard.testing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.spark.cases import CASES
from tiltyard import transformers
from tiltyard.errors import TiltyardError
from tiltyard.testing import CHECKS, StageCase, check_saved
from tiltyard.transformers import DateParts, FeatureVector, FieldTyper, NumericBuckets, Pivot


@pytest.fixture(scope="module")
def made(spark: SparkSession) -> Callable[[str], StageCase]:
    """A case by its name, made and fitted once for all checks."""
    return cache(lambda name: CASES[name](spark))


@pytest.fixture(scope="module")
def case(made: Callable[[str], StageCase], request: pytest.FixtureRequest) -> StageCase:
    return made(request.param)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("case", CASES, indirect=True)
def test_stage_keeps_the_contract(case: StageCase, check: Callable[[StageCase], None]) -> None:
    check(case)


def test_all_saved_forms_are_the_same_in_a_fresh_process(
    made: Callable[[str], StageCase], tmp_path: Path
) -> None:
    check_saved([made(name) for name in CASES], tmp_path)


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


def test_extra_params_of_fit_are_checked_too(made: Callable[[str], StageCase]) -> None:
    case = made("Pivot")
    with pytest.raises(TiltyardError, match="'topK' must be an integer of at least 1, got 0"):
        case.stage.fit(case.frame, {case.stage.topK: 0})
