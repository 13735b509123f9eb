"""Ridge and multinomial regression against scikit-learn's, and their blends' weights against known shares."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from tiltyard.learners import blend, ridge, softmax
from tiltyard.learners.elastic import Penalty
from tiltyard.problem import REGRESSION, Multiclass


@pytest.mark.parametrize("penalty", [1e-3, 0.1, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("begun", [False, True])
def test_the_line_is_scikit_learns(penalty: float, weighted: bool, begun: bool) -> None:
    random = np.random.default_rng(0)
    columns = random.normal(size=(200, 6))
    labels = 5.0 + columns @ np.arange(6) + random.normal(size=200)
    weights = random.random(200) if weighted else None
    offset = random.normal(size=200) if begun else None
    found = ridge.fitted(columns, labels, weights, penalty, offset)
    total = 200 if weights is None else weights.sum()
    expected = Ridge(alpha=penalty * total).fit(columns, labels - (0 if offset is None else offset), weights)
    assert found == pytest.approx([*expected.coef_, expected.intercept_])


@pytest.mark.parametrize("classes", [2, 4])
def test_the_classes_chances_are_those_of_newton_steps(classes: int) -> None:
    random = np.random.default_rng(0)
    columns = random.normal(size=(400, 3))
    labels = (columns[:, 0] + random.normal(size=400)).argsort().argsort() * classes // 400 * 1.0
    found = softmax.fitted(columns, labels, None, Penalty(0.01, 0.0), 200)
    oracle = LogisticRegression(C=1 / 4.0, solver="newton-cholesky", tol=1e-10).fit(columns, labels)
    margin = columns @ found[:-1] + found[-1]
    chances = np.exp(margin) / np.exp(margin).sum(axis=1, keepdims=True)
    assert chances == pytest.approx(oracle.predict_proba(columns), abs=5e-3)


def test_numbers_are_weighted_by_least_squares() -> None:
    random = np.random.default_rng(0)
    one, two, three = random.normal(size=(3, 2_000))
    truth = 1e3 + 0.7 * one + 0.3 * two + 0.1 * random.normal(size=2_000)
    members = [1e3 + one, 1e3 + two, 1e3 + three]
    assert blend.weighted(truth, members, problem=REGRESSION) == pytest.approx([0.7, 0.3, 0.0], abs=0.03)
    # A hundred rows speak for the first one from the start: a dozen others do not outweigh them.
    drawn = blend.weighted(truth[:12], [one[:12] + 1e3, two[:12] + 1e3], np.array([100.0, 0.0]), REGRESSION)
    assert drawn[0] > 0.9


def test_classes_are_weighted_by_the_chance_they_gave_to_what_came() -> None:
    random = np.random.default_rng(0)
    one, two = random.dirichlet(np.ones(3), size=(2, 3_000))
    mixed = 0.7 * one + 0.3 * two
    truth = (random.random((3_000, 1)) > mixed.cumsum(axis=1)).sum(axis=1).astype(float)
    found = blend.weighted(truth, [one, two], problem=Multiclass(("a", "b", "c")))
    assert found == pytest.approx([0.7, 0.3], abs=0.06)
