"""The elastic net against scikit-learn's solvers for all three problems, and what it is for: weights of 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet, LogisticRegression

from tiltyard.learners import Linear, elastic, softmax
from tiltyard.learners.elastic import Penalty
from tiltyard.learners.kernel import Matrix
from tiltyard.learners.linear import LinearFit
from tiltyard.problem import BINARY, REGRESSION, Multiclass, Problem

ROWS, COLUMNS, TELLING = 400, 12, 3


def drawn() -> tuple[np.ndarray, np.ndarray]:
    """Columns, and a signal of the first three of them."""
    random = np.random.default_rng(0)
    columns = random.normal(size=(ROWS, COLUMNS))
    return columns, columns[:, :TELLING] @ np.array([2.0, -1.0, 0.5]) + 0.5 * random.normal(size=ROWS)


@pytest.mark.parametrize("penalty", [Penalty(0.02, 1.0), Penalty(0.1, 0.5)])
@pytest.mark.parametrize("weighted", [False, True])
def test_numbers_have_the_weights_of_scikit_learns_elastic_net(penalty: Penalty, weighted: bool) -> None:
    columns, signal = drawn()
    weights = np.random.default_rng(1).random(ROWS) if weighted else None
    found = elastic.line(columns, signal, weights, penalty)
    # The penalty is meant for labels of deviation 1.
    share = np.ones(ROWS) if weights is None else weights
    scale = np.sqrt(np.average((signal - np.average(signal, weights=share)) ** 2, weights=share))
    model = ElasticNet(alpha=penalty.level, l1_ratio=penalty.ratio, tol=1e-10)
    model.fit(columns, signal / scale, sample_weight=weights)
    assert found == pytest.approx(scale * np.append(model.coef_, model.intercept_), abs=1e-4)


@pytest.mark.parametrize("penalty", [Penalty(0.02, 1.0), Penalty(0.1, 0.5), Penalty(0.001, 0.2)])
@pytest.mark.parametrize("weighted", [False, True])
def test_chances_have_the_weights_of_scikit_learns_logistic_regression(
    penalty: Penalty, weighted: bool
) -> None:
    columns, signal = drawn()
    labels = (signal > 0.5).astype(float)
    weights = np.random.default_rng(1).random(ROWS) if weighted else None
    total = ROWS if weights is None else weights.sum()
    model = LogisticRegression(
        C=1.0 / (penalty.level * total), solver="saga", l1_ratio=penalty.ratio, max_iter=10_000, tol=1e-8
    )
    model.fit(columns, labels, sample_weight=weights)
    found = elastic.logistic(columns, labels, weights, penalty)
    assert found == pytest.approx([*model.coef_[0], *model.intercept_], abs=2e-3)


@pytest.mark.parametrize("penalty", [Penalty(0.02, 1.0), Penalty(0.01, 0.5)])
def test_classes_have_the_chances_of_the_minimum_after_so_many_steps_as_by_default(penalty: Penalty) -> None:
    columns, signal = drawn()
    labels = np.digitize(signal, [-0.7, 0.7]).astype(float)
    found = softmax.fitted(columns, labels, None, penalty, Linear.hyperparams["maxIter"])
    model = LogisticRegression(
        C=1.0 / (penalty.level * ROWS), solver="saga", l1_ratio=penalty.ratio, max_iter=10_000, tol=1e-8
    )
    margin = columns @ found[:-1] + found[-1]
    chances = np.exp(margin) / np.exp(margin).sum(axis=1, keepdims=True)
    assert chances == pytest.approx(model.fit(columns, labels).predict_proba(columns), abs=5e-3)


def test_rows_may_start_from_log_odds_of_their_own() -> None:
    columns, signal = drawn()
    labels = (signal > 0).astype(float)
    whole = elastic.logistic(columns, labels, None, Penalty(1e-6, 0.5))
    begun = elastic.logistic(columns, labels, None, Penalty(1e-6, 0.5), offset=columns[:, 0] * whole[0])
    assert begun[0] == pytest.approx(0.0, abs=0.02) and begun[1:] == pytest.approx(whole[1:], abs=0.02)


@pytest.mark.parametrize(
    ("problem", "labels"),
    [
        (BINARY, lambda signal: signal > 0),
        (REGRESSION, lambda signal: 1e4 + 1e3 * signal),
        (Multiclass(("a", "b", "c")), lambda signal: np.digitize(signal, [-0.7, 0.7])),
    ],
)
def test_slots_that_say_nothing_weigh_nothing(problem: Problem, labels: Any) -> None:
    columns, signal = drawn()
    matrix = Matrix(columns.astype(np.float32), np.zeros(COLUMNS, dtype=bool))
    truth = np.asarray(labels(signal), dtype=float)
    params = {**Linear.hyperparams, "regParam": 0.1, "elasticNetParam": 1.0}
    sparse, ridge = (
        Linear.kernel.fit(matrix, truth, None, given, problem)
        for given in (params, {**params, "elasticNetParam": 0.0})
    )
    assert isinstance(sparse, LinearFit) and isinstance(ridge, LinearFit)
    idle = sparse.weights.reshape(COLUMNS, -1)[TELLING:]
    assert not idle.any() and sparse.weights[0].any() and np.all(ridge.weights)


def test_columns_that_are_the_same_share_what_they_say() -> None:
    columns, signal = drawn()
    twice = np.column_stack([columns[:, :1], columns[:, :1]])
    found = elastic.logistic(twice, (signal > 0).astype(float), None, Penalty(0.01, 0.5))
    assert found[0] == pytest.approx(found[1], rel=0.05) and found[0] > 0
