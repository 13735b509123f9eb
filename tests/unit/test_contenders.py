"""Contenders as data: grids of a configuration and of Spark ML, names, doubles, errors, JSON."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from pyspark.ml import Pipeline
from pyspark.ml.tuning import ParamGridBuilder
from pyspark.sql import SparkSession

from tiltyard.contenders import (
    arena,
    contender_of,
    contenders_of,
    from_grids,
    from_json,
    learners_of,
    to_json,
)
from tiltyard.errors import ConfigError, TiltyardError
from tiltyard.learners import FAMILIES, Boosting, CatBoost, Forest, Learner, Linear, Pooled, Prior, Residual
from tiltyard.tournament import Tournament
from tiltyard.transformers import FeaturePacker

# Saved metadata name the version of Spark; nothing else is asked of the session.
VERSION_ONLY = cast(SparkSession, SimpleNamespace(version="4.2.0"))


def names(learners: list[Learner]) -> list[str]:
    return [contender_of(learner).name for learner in learners]


def test_a_grid_is_every_combination_in_the_order_of_the_families() -> None:
    grids = {"linear": {"regParam": [0.01, 0.1], "maxIter": [10, 20]}, "boosting": {"maxDepth": [2]}}
    assert names(from_grids(["boosting", "prior", "linear"], grids, seed=0)) == [
        "boosting(maxDepth=2)",
        "prior",
        "linear(regParam=0.01, maxIter=10)",
        "linear(regParam=0.01, maxIter=20)",
        "linear(regParam=0.1, maxIter=10)",
        "linear(regParam=0.1, maxIter=20)",
    ]


def test_seed_and_columns_reach_every_learner_but_no_name() -> None:
    learners = from_grids(list(FAMILIES), {}, seed=7, labelCol="won", featuresCol="packed")
    assert names(learners) == ["prior", "pooled", "residual", "linear", "forest", "boosting", "catboost"]
    assert {learner.getLabelCol() for learner in learners} == {"won"}
    assert {learner.getFeaturesCol() for learner in learners} == {"packed"}
    seeds = {type(learner): learner.kernel_params().get("seed") for learner in learners}
    assert seeds == {**dict.fromkeys((Prior, Pooled, Residual, Linear)), Forest: 7, Boosting: 7, CatBoost: 7}


def test_a_grid_of_an_absent_family_is_not_played() -> None:
    assert names(from_grids(["prior"], {"linear": {"regParam": [0.1]}}, seed=0)) == ["prior"]


@pytest.mark.parametrize(
    ("family", "grid", "words"),
    [
        (
            "linear",
            {"maxDepth": [3]},
            "tournament.grids.linear.maxDepth: there is no such parameter, only regParam, elasticNetParam, maxIter",
        ),
        ("prior", {"rate": [0.1]}, "tournament.grids.prior.rate: there is no such parameter, only none"),
        (
            "linear",
            {"regParam": [-1]},
            "tournament.grids.linear.regParam: must be a number of at least 0, got -1",
        ),
        (
            "boosting",
            {"maxDepth": [2, 2.5]},
            "tournament.grids.boosting.maxDepth: must be an integer of at least 1, got 2.5",
        ),
        (
            "forest",
            {"numTrees": ["many"]},
            "tournament.grids.forest.numTrees: must be an integer of at least 1, got 'many'",
        ),
        ("linear", {"labelCol": ["won"]}, "tournament.grids.linear.labelCol: there is no such parameter"),
    ],
)
def test_what_a_learner_does_not_have_is_named(family: str, grid: dict[str, list[Any]], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_grids([family], {family: grid}, seed=0)
    assert str(caught.value).startswith(words)


def test_all_problems_of_all_grids_are_told_together() -> None:
    grids = {"linear": {"regParam": [-1], "maxItr": [5]}, "forest": {"numTrees": [0]}}
    with pytest.raises(ConfigError) as caught:
        from_grids(["linear", "forest"], grids, seed=0)
    assert len(str(caught.value).splitlines()) == 3


def test_equal_contenders_play_once_and_the_first_keeps_its_place() -> None:
    # Explicit defaults are the same contender; its name is the first one's.
    learners: list[Learner] = [Linear(), Prior(), Linear(regParam=0.01), Linear(regParam=0.1), Prior()]
    assert [one.name for one in contenders_of(learners)] == ["linear", "prior", "linear(regParam=0.1)"]


def test_contenders_that_differ_only_in_seed_both_play() -> None:
    found = contenders_of([Forest(seed=1), Forest(seed=2), Linear()])
    assert [one.name for one in found] == ["forest seed=1", "forest seed=2", "linear"]
    grid = from_grids(["forest"], {"forest": {"seed": [3, 4]}}, seed=7)
    assert [learner.getSeed() for learner in grid] == [3, 4]


def test_near_values_have_different_names() -> None:
    found = names([Linear(regParam=0.1234567), Linear(regParam=0.1234568), Linear(regParam=1.0)])
    assert found == ["linear(regParam=0.1234567)", "linear(regParam=0.1234568)", "linear(regParam=1)"]


def test_kernel_params_are_what_was_set_over_the_defaults() -> None:
    contender = contender_of(Boosting(maxDepth=5, stepSize=1))
    assert contender.params == {**Boosting.hyperparams, "maxDepth": 5, "stepSize": 1.0}
    assert contender.kernel is Boosting.kernel


def test_grids_as_spark_ml_writes_them() -> None:
    field, linear, boosting = Pipeline(stages=[]), Linear(), Boosting()
    grid = [
        *ParamGridBuilder().baseOn({field.stages: [linear]}).addGrid(linear.regParam, [0.1, 1.0]).build(),
        *ParamGridBuilder().baseOn({field.stages: [boosting]}).addGrid(boosting.maxDepth, [2]).build(),
    ]
    expected = ["linear(regParam=0.1)", "linear(regParam=1)", "boosting(maxDepth=2)"]
    assert names(learners_of(field, grid)) == expected
    assert names(Tournament(estimator=field, estimatorParamMaps=grid).learners()) == expected
    assert not linear.isSet(linear.regParam), "the learner of the grid has changed"


def test_a_learner_may_be_the_estimator_itself() -> None:
    linear = Linear()
    grid = ParamGridBuilder().addGrid(linear.maxIter, [5, 6]).build()
    assert names(learners_of(linear, grid)) == ["linear(maxIter=5)", "linear(maxIter=6)"]
    assert names(learners_of(Pipeline(stages=[linear]), grid)) == ["linear(maxIter=5)", "linear(maxIter=6)"]


def test_the_short_form_takes_learners_and_their_grids() -> None:
    boosting = Boosting()
    grid = ParamGridBuilder().addGrid(boosting.maxDepth, [2, 4]).build()
    tournament = Tournament(contenders={Prior(): [], boosting: grid})
    assert names(tournament.learners()) == ["prior", "boosting(maxDepth=2)", "boosting(maxDepth=4)"]
    with pytest.raises(TiltyardError, match="'contenders' must stand alone"):
        Tournament(contenders={Prior(): [{}]}, estimator=Linear())


def test_an_arena_keeps_its_learners() -> None:
    estimator, maps = arena([Prior(), Linear(regParam=1.0)])
    assert names(learners_of(estimator, maps)) == ["prior", "linear(regParam=1)"]


@pytest.mark.parametrize(
    ("estimator", "maps", "found"),
    [
        (Pipeline(stages=[]), [{}], r"got \[\]"),
        (Pipeline(stages=[Prior(), Linear()]), [{}], r"got \['Prior', 'Linear'\]"),
        (FeaturePacker(), [{}], r"got \['FeaturePacker'\]"),
    ],
)
def test_a_map_must_choose_one_learner(estimator: Any, maps: list[Any], found: str) -> None:
    with pytest.raises(TiltyardError, match=f"exactly one of {', '.join(FAMILIES)}, {found}"):
        learners_of(estimator, maps)


def test_learners_come_back_from_json() -> None:
    before: list[Learner] = [Prior(labelCol="won"), Forest(numTrees=7, seed=3), Linear(regParam=0.5)]
    after = from_json(to_json(before, VERSION_ONLY))
    assert [type(learner) for learner in after] == [Prior, Forest, Linear]
    assert [learner.uid for learner in after] == [learner.uid for learner in before]
    assert [learner.extractParamMap() for learner in after] == [one.extractParamMap() for one in before]
    assert names(after) == names(before)
