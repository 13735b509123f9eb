"""Boosting and single categories: deep trees tell them apart, shallow ones the frequent from the rare."""

from __future__ import annotations

import numpy as np
import pytest

from tiltyard.learners import Boosting
from tiltyard.learners.base import load
from tiltyard.learners.explanation import Ask, explained
from tiltyard.learners.kernel import Matrix
from tiltyard.learners.links import margins_of
from tiltyard.problem import Binary


def parity(rows: int) -> tuple[Matrix, np.ndarray]:
    """Twenty codes beside a number that says nothing; odd codes are labelled 1."""
    random = np.random.default_rng(0)
    code = random.integers(1, 21, rows).astype(np.float32)
    values = np.column_stack([random.normal(size=rows).astype(np.float32), code])
    return Matrix(values, np.array([False, True])), code % 2.0


def log_loss_of(depth: int) -> float:
    rows, labels = parity(600)
    params = {**Boosting.hyperparams, "maxDepth": depth, "maxIter": 24, "earlyStoppingRounds": 0}
    answers = Boosting.kernel.fit(rows, labels, None, params).predict(parity(400)[0])
    return Binary().score(parity(400)[1], answers)["log_loss"]


def test_deep_trees_separate_categories_that_a_cut_of_ranks_cannot() -> None:
    assert log_loss_of(4) < 0.9 * log_loss_of(3)


@pytest.mark.parametrize("depth", [3, 5])
def test_stored_and_explained_as_it_answers(depth: int) -> None:
    rows, labels = parity(400)
    params = {**Boosting.hyperparams, "maxDepth": depth, "maxIter": 10}
    fitted = Boosting.kernel.fit(rows, labels, None, params)
    # A code that no row had, and a null.
    more = Matrix(np.array([[0.1, 35.0], [0.2, np.nan], [0.3, 0.0]], dtype=np.float32), rows.categorical)
    loaded = load(fitted.dump())
    for one in (rows, more):
        assert loaded.predict(one).tolist() == fitted.predict(one).tolist()
        found = explained(loaded, one, Ask("binary"))
        margins = margins_of("binary", fitted.predict(one))
        assert found.slots.sum(axis=1) + found.base == pytest.approx(margins, abs=1e-4)
