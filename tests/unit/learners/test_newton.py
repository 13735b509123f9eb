"""Logistic regression against scikit-learn's, from any start, and where Newton's steps alone would run away."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from tiltyard.learners import kernel_named, newton
from tiltyard.learners.kernel import Matrix


def drawn(rows: int, columns: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    values = random.normal(size=(rows, columns))
    return values, (random.random(rows) < newton.sigmoid(values[:, 0] - values[:, 1] - 1.0)).astype(float)


def oracle(
    columns: np.ndarray, labels: np.ndarray, penalty: float, weights: np.ndarray | None = None
) -> np.ndarray:
    total = len(labels) if weights is None else weights.sum()
    model = LogisticRegression(C=1 / (penalty * total), tol=1e-10, solver="newton-cholesky", max_iter=1000)
    model.fit(columns, labels, sample_weight=weights)
    return np.append(model.coef_[0], model.intercept_[0])


@pytest.mark.parametrize("penalty", [1e-3, 0.05, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_optimum_is_scikit_learns(penalty: float, weighted: bool) -> None:
    columns, labels = drawn(300, 8)
    weights = np.random.default_rng(1).random(300) if weighted else None
    found = newton.fitted(columns, labels, weights, penalty)
    assert found == pytest.approx(oracle(columns, labels, penalty, weights), abs=2e-3)


def test_a_start_changes_the_way_and_not_the_end() -> None:
    columns, labels = drawn(300, 8)
    end = newton.fitted(columns, labels, None, 0.01)
    assert newton.fitted(columns, labels, None, 0.01, start=newton.fitted(columns, labels, None, 1.0)) == (
        pytest.approx(end, abs=2e-3)
    )
    assert newton.fitted(columns, labels, None, 0.01, start=np.full(9, 8.0)) == pytest.approx(end, abs=2e-3)


def test_rows_may_start_from_log_odds_of_their_own() -> None:
    columns, labels = drawn(300, 4)
    begins = np.random.default_rng(2).normal(size=300)

    def loss(at: np.ndarray) -> float:
        margin = columns @ at[:-1] + at[-1] + begins
        return float(np.mean(np.logaddexp(0.0, margin) - labels * margin) + 0.05 * at[:-1] @ at[:-1] / 2)

    wanted = minimize(loss, np.zeros(5), tol=1e-10).x
    assert newton.fitted(columns, labels, None, 0.05, offset=begins) == pytest.approx(wanted, abs=2e-3)


def test_classes_that_a_line_parts_and_more_columns_than_rows() -> None:
    columns, _ = drawn(30, 60)
    labels = (columns[:, 0] > 0).astype(float)
    found = newton.fitted(columns, labels, None, 1e-6, steps=200)
    assert np.isfinite(found).all()
    assert ((columns @ found[:-1] + found[-1] > 0) == labels).all()


def test_the_kernel_fills_scales_and_weighs_as_documented() -> None:
    random = np.random.default_rng(1)
    values = random.normal(3, 2, size=(400, 3)).astype(np.float32)
    labels = (values[:, 0] + random.normal(size=400) > 3).astype(float)
    matrix = Matrix(values, np.zeros(3, dtype=bool))
    found = (
        kernel_named("linear").fit(matrix, labels, None, {"regParam": 0.05, "maxIter": 50}).predict(matrix)
    )
    scaled = (values - values.mean(axis=0)) / values.std(axis=0)
    weights = oracle(scaled.astype(float), labels, 0.05)
    assert np.allclose(found, newton.sigmoid(scaled @ weights[:-1] + weights[-1]), atol=1e-3)
