"""Metrics of numbers and of several classes against scikit-learn, and a tenant's own classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    log_loss,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)

from tiltyard.problem import METRICS_OF, OTHER, Multiclass, classes_of_tenant, problem_named
from tiltyard.refusals import refusal

NUMBER = st.floats(-1e3, 1e3).map(lambda value: round(value, 2))
NUMBERS = st.lists(st.tuples(NUMBER, NUMBER, st.integers(1, 5)), min_size=2, max_size=50).filter(
    lambda rows: len({label for label, _, _ in rows}) > 1
)


@settings(max_examples=200, deadline=None)
@given(NUMBERS, st.sampled_from([0.0, 1e7]), st.booleans())
def test_numbers_are_measured_as_scikit_learn_does(
    rows: list[tuple[float, float, int]], shift: float, weighted: bool
) -> None:
    labels, said, counts = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    labels, said, weights = labels + shift, said + shift, counts if weighted else None
    expected = {
        "rmse": root_mean_squared_error(labels, said, sample_weight=weights),
        "mae": mean_absolute_error(labels, said, sample_weight=weights),
        "r2": r2_score(labels, said, sample_weight=weights),
    }
    assert problem_named("regression").score(labels, said, weights) == pytest.approx(
        expected, rel=1e-6, abs=1e-6
    )


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 5), st.booleans())
def test_classes_are_measured_as_scikit_learn_does(seed: int, classes: int, weighted: bool) -> None:
    random = np.random.default_rng(seed)
    rows = int(random.integers(2 * classes, 40))
    labels = random.permutation(np.arange(rows) % classes).astype(float)
    said = random.dirichlet(np.full(classes, 0.5), rows).round(2)
    said[:, -1] = 1.0 - said[:, :-1].sum(axis=1)
    said = np.abs(said)
    said /= said.sum(axis=1, keepdims=True)
    weights = random.integers(1, 5, rows).astype(float) if weighted else None
    each = [roc_auc_score(labels == one, said[:, one], sample_weight=weights) for one in range(classes)]
    expected = {
        "log_loss": log_loss(labels, said, sample_weight=weights),
        "brier": brier_score_loss(labels, said, sample_weight=weights, scale_by_half=False),
        "accuracy": accuracy_score(labels, said.argmax(axis=1), sample_weight=weights),
        "auroc": np.mean(each),
    }
    problem = Multiclass(tuple(map(str, range(classes))))
    assert problem.score(labels, said, weights) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("problem", "metric"), [(name, metric) for name, known in METRICS_OF.items() for metric in known]
)
def test_many_draws_are_as_one_by_one(problem: str, metric: str) -> None:
    random = np.random.default_rng(0)
    labels = np.arange(40) % (3 if problem == "multiclass" else 2) * 1.0
    answers: Any = random.dirichlet(np.ones(3), 40) if problem == "multiclass" else random.random(40)
    asked = problem_named(problem, ("a", "b", "c"))
    draws = random.poisson(1.0, size=(20, 40)).astype(float)
    expected = [asked.score(labels, answers, draw)[metric] for draw in draws]
    assert asked.resampled(metric, labels, answers, draws.T) == pytest.approx(expected)


def test_what_says_nothing_has_no_metric() -> None:
    draws, same = np.array([[0.0, 1.0], [0.0, 1.0]]), np.array([2.0, 2.0])
    numbers = problem_named("regression").resampled("r2", same, np.array([1.0, 2.0]), draws)
    areas = Multiclass(("a", "b")).resampled("auroc", np.array([1.0, 1.0]), np.full((2, 2), 0.5), draws)
    assert np.isnan(numbers).all() and np.isnan(areas).all()


def test_a_tenant_has_classes_of_its_own() -> None:
    names = ("cat", "dog", "eel", "fox")
    found, labels = classes_of_tenant(np.array([1.0] * 5 + [3.0] * 5), names, least=5)
    assert (found.classes, labels.tolist()) == (("dog", "fox"), [0.0] * 5 + [1.0] * 5)
    found, labels = classes_of_tenant(np.array([1.0] * 5 + [0.0, 2.0]), names, least=5)
    assert (found.classes, labels.tolist()) == (("dog", OTHER), [0.0] * 5 + [1.0, 1.0])


@pytest.mark.parametrize(
    ("problem", "labels", "expected"),
    [
        (
            problem_named("regression"),
            [1.0, np.inf] * 50,
            ("error", "finite number, 50 rows have others such as inf"),
        ),
        (problem_named("regression"), [1.0, 2.0], ("too_few_rows", "2 rows")),
        (problem_named("regression"), [4.0] * 100, ("one_class", "label 4")),
        (Multiclass(("dog",)), [0.0] * 100, ("one_class", "label 'dog'")),
        (Multiclass((OTHER,)), [0.0] * 100, ("too_few_rows", "No class has the 10 rows")),
        (Multiclass(("dog", "eel")), [0.0, 1.0] * 50, None),
        (problem_named("regression"), [0.0, 1.0] * 50, None),
    ],
)
def test_who_cannot_play_is_told_why(
    problem: Any, labels: list[float], expected: tuple[str, str] | None
) -> None:
    found = refusal(problem, np.array(labels), 100, 10)
    if expected is None:
        assert found is None
    else:
        assert found is not None and found[0] == expected[0] and expected[1] in found[1]
