"""Metrics against scikit-learn, on any predictions with ties, certainties and weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from tiltyard.metrics import METRICS, auroc_standard_error, resampled, score

PREDICTIONS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1.0]),
        st.one_of(st.floats(0.0, 1.0), st.sampled_from([0.0, 0.25, 0.5, 1.0])),
        st.integers(1, 9),
    ),
    min_size=2,
    max_size=60,
).filter(lambda rows: len({label for label, _, _ in rows}) == 2)


@settings(max_examples=300, deadline=None)
@given(PREDICTIONS, st.booleans())
def test_numbers_are_those_of_scikit_learn(rows: list[tuple[float, float, int]], weighted: bool) -> None:
    labels, chances, counts = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    weights = counts if weighted else None
    expected = {
        "auroc": roc_auc_score(labels, chances, sample_weight=weights),
        "aupr": average_precision_score(labels, chances, sample_weight=weights),
        "log_loss": log_loss(labels, chances, sample_weight=weights, labels=[0.0, 1.0]),
        "brier": brier_score_loss(labels, chances, sample_weight=weights),
    }
    assert score(labels, chances, weights) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_every_configured_metric_is_computed() -> None:
    assert list(score(np.array([0.0, 1.0]), np.array([0.1, 0.2]))) == list(METRICS)


def test_the_standard_error_is_that_of_resampled_rows() -> None:
    rng = np.random.default_rng(0)
    found = []
    for _ in range(400):
        labels = np.repeat([0.0, 1.0], [150, 50])
        found.append(score(labels, 1 / (1 + np.exp(-(rng.normal(size=200) + labels))))["auroc"])
    assert auroc_standard_error(float(np.mean(found)), 50, 150) == pytest.approx(np.std(found), rel=0.15)


@pytest.mark.parametrize("metric", METRICS)
def test_many_draws_are_as_one_by_one(metric: str) -> None:
    random = np.random.default_rng(0)
    labels, chances = (np.arange(40) % 3 == 0).astype(float), random.random(40).round(1)
    draws = random.poisson(1.0, size=(20, 40)).astype(float)
    expected = [score(labels, chances, draw)[metric] for draw in draws]
    assert resampled(metric, labels, chances, draws.T) == pytest.approx(expected)


@pytest.mark.parametrize("metric", ["auroc", "aupr"])
def test_a_draw_of_one_class_has_no_ranking(metric: str) -> None:
    labels, draws = np.array([0.0, 0.0, 1.0]), np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 2.0], [0.0, 0.0, 0.0]])
    assert np.isnan(resampled(metric, labels, np.array([0.1, 0.5, 0.3]), draws.T)).all()
