"""Thresholds against brute force and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

from tiltyard.thresholds import RULES, ThresholdRule

SCORES = {"accuracy": accuracy_score, "balanced_accuracy": balanced_accuracy_score, "f1": f1_score}


@pytest.mark.parametrize("by", SCORES)
@pytest.mark.parametrize("rate", [0.03, 0.3, 0.9])
def test_no_other_threshold_is_better(by: str, rate: float) -> None:
    random = np.random.default_rng(0)
    labels = (random.random(200) < rate).astype(float)
    chances = np.clip(0.6 * rate + 0.2 * labels + random.normal(scale=0.2, size=200), 0, 1).round(2)
    found = ThresholdRule(by).found(labels, chances)
    reached = {at: SCORES[by](labels, chances > at) for at in [found, -0.1, *np.unique(chances)]}
    assert reached[found] == max(reached.values()) and 0 <= found <= 1


def test_where_positives_are_rare_and_unknown_nobody_is_positive() -> None:
    labels, chances = np.array([1.0, *[0.0] * 9]), np.linspace(0.1, 0.6, 10)
    assert ThresholdRule("accuracy").found(labels, chances) == pytest.approx(0.8)


def test_costs_decide_without_evidence() -> None:
    labels, chances = np.array([0.0, 1.0]), np.array([0.2, 0.9])
    assert ThresholdRule("costs", 1.0, 9.0).found(labels, chances) == pytest.approx(0.1)
    assert {by: ThresholdRule(by, 1.0, 3.0).without_evidence for by in RULES} == {
        **dict.fromkeys(RULES, 0.5), "costs": 0.25
    }  # fmt: skip
