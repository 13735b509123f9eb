"""How many trees boosting grows: few for few rows, and for many as many as help rows held out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import log_loss, root_mean_squared_error

from tiltyard.learners.boosting import FEW, MANY, SPARED_BEYOND_RANKS, SPARED_FROM, Boosting, BoostingKernel
from tiltyard.learners.kernel import Fitted, Matrix
from tiltyard.learners.trees import Ground, Growth, Rounds
from tiltyard.problem import BINARY, REGRESSION, Multiclass, Problem


def rows(count: int, seed: int = 0) -> tuple[Matrix, np.ndarray]:
    random = np.random.default_rng(seed)
    values = random.uniform(-2, 2, size=(count, 4)).astype(np.float32)
    return Matrix(values, np.zeros(4, dtype=bool)), np.sin(3 * values[:, 0]) * values[:, 1]


def fitted(matrix: Matrix, labels: np.ndarray, problem: Problem, **params: Any) -> Any:
    return Boosting.kernel.fit(matrix, labels, None, {**Boosting.hyperparams, **params}, problem)


def trees(model: Any) -> int:
    return int(model.booster.num_boosted_rounds())


def test_a_rich_signal_gets_more_trees_and_noise_hardly_any() -> None:
    matrix, signal = rows(3_000)
    noise = np.random.default_rng(1).normal(size=3_000)
    rich, poor = fitted(matrix, signal, REGRESSION), fitted(rows(3_000)[0], noise, REGRESSION)
    assert trees(rich) > 3 * FEW > FEW / 2 > trees(poor)
    unseen, truth = rows(2_000, seed=2)
    fixed = fitted(rows(3_000)[0], signal, REGRESSION, maxIter=FEW, earlyStoppingRounds=0)

    def error(model: Fitted) -> float:
        return float(root_mean_squared_error(truth, model.predict(unseen)))

    assert trees(fixed) == FEW and error(rich) < 0.6 * error(fixed)


def test_overfitting_is_stopped() -> None:
    matrix, signal = rows(1_500)
    labels = (np.random.default_rng(1).random(1_500) < 1 / (1 + np.exp(-signal))).astype(float)
    stopped, all_of_them = (fitted(matrix, labels, BINARY, earlyStoppingRounds=n) for n in (25, 0))
    assert trees(stopped) < trees(all_of_them) == 1000
    unseen, odds = rows(4_000, seed=2)
    truth = np.random.default_rng(3).random(4_000) < 1 / (1 + np.exp(-odds))
    assert log_loss(truth, stopped.predict(unseen)) < log_loss(truth, all_of_them.predict(unseen)) - 0.03


@pytest.mark.parametrize(
    ("problem", "enough"),
    [(REGRESSION, SPARED_BEYOND_RANKS), (BINARY, SPARED_FROM)],
    ids=["number", "yes or no"],
)
def test_few_rows_have_few_trees_and_the_most_is_the_most(problem: Problem, enough: int) -> None:
    def grown(count: int, most: int) -> int:
        matrix, signal = rows(count)
        labels = signal if problem is REGRESSION else (signal > 0).astype(float)
        return trees(fitted(matrix, labels, problem, maxIter=most))

    assert (grown(enough - 1, 500), grown(enough - 1, 9)) == (FEW, 9)
    assert grown(enough, 9) <= 9
    assert grown(enough, 500) > FEW


def test_the_seed_decides_which_rows_are_held_out() -> None:
    matrix, signal = rows(2_000)
    labels = signal + np.random.default_rng(1).normal(size=2_000)
    first, again = (
        fitted(*[Matrix(matrix.values, matrix.categorical), labels], REGRESSION) for _ in range(2)
    )
    assert first.dump() == again.dump()
    seeds = [
        trees(fitted(Matrix(matrix.values, matrix.categorical), labels, REGRESSION, seed=n)) for n in range(4)
    ]
    assert len(set(seeds)) > 1


def of(rows: int, slots: int = 20, problem: Problem = BINARY, **params: Any) -> Growth:
    return BoostingKernel().growth({**Boosting.hyperparams, **params}, Ground(rows, slots, problem))


def test_few_trees_and_dear_ones_take_larger_steps() -> None:
    few, some, many = (of(rows) for rows in (SPARED_FROM - 1, SPARED_FROM, MANY + 1))
    assert [one.settings["eta"] for one in (few, some, many)] == [0.1, 0.05, 0.1]
    assert [one.rounds for one in (few, some, many)] == [Rounds(FEW), Rounds(1000, 50), Rounds(500, 25)]
    assert of(10, stepSize=0.8).settings["eta"] == 1.0
    for rows in (10, SPARED_FROM, MANY + 1):
        always = of(rows, maxIter=7, earlyStoppingRounds=0)
        assert (always.settings["eta"], always.rounds) == (0.05, Rounds(7))


def test_a_cut_may_choose_from_half_of_the_slots_and_at_least_eight() -> None:
    assert [of(500, slots).settings["colsample_bynode"] for slots in (40, 10, 8, 1)] == [0.5, 0.8, 1.0, 1.0]
    assert of(500, 100, featureShare=0.9).settings["colsample_bynode"] == 0.9


def test_leaves_of_several_classes_may_be_smaller_where_trees_are_counted() -> None:
    several = Multiclass(("a", "b", "c"))
    weights = [of(rows, problem=several).settings["min_child_weight"] for rows in (SPARED_BEYOND_RANKS, 100)]
    assert weights == [pytest.approx(0.3), 3.0]
    assert of(5_000).settings["min_child_weight"] == 3.0
