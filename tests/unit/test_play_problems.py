"""One tenant's tournament for a number, and for one of several classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import log_loss, root_mean_squared_error

from tiltyard.contenders import contenders_of, from_grids
from tiltyard.learners.base import load
from tiltyard.learners.classed import Classed
from tiltyard.learners.kernel import Matrix
from tiltyard.play import play
from tiltyard.problem import OTHER, REGRESSION, Multiclass
from tiltyard.rules import Rules

GRIDS = {"linear": {"regParam": [0.001, 0.1]}, "forest": {"maxDepth": [6]}, "boosting": {"maxDepth": [2]}}
FIELD = contenders_of(from_grids(["prior", "linear", "forest", "boosting"], GRIDS, seed=0))
POOLED = contenders_of(
    from_grids(["prior", "pooled", "residual"], {"residual": {"regParam": [0.001]}}, seed=0)
)
CLASSES = Multiclass(("calm", "rain", "snow"))


def numbers(rows: int, seed: int = 0, noise: float = 1.0) -> tuple[Matrix, np.ndarray, np.ndarray]:
    """Minutes of a trip: 3 for a mile, 20 in the second of two cities."""
    random = np.random.default_rng(seed)
    miles, city = random.uniform(0, 10, rows), random.integers(0, 2, rows)
    values = np.column_stack([miles, city, random.normal(size=rows)]).astype(np.float32)
    labels = 1e6 + 3.0 * miles + 20.0 * city + random.normal(size=rows) * noise
    matrix = Matrix(values, np.array([False, True, False]), 1e6 + 10.0 + 3.0 * miles)
    return matrix, labels, random.integers(0, 3, rows)


def weather(rows: int, seed: int = 0) -> tuple[Matrix, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    values = random.normal(size=(rows, 3)).astype(np.float32)
    odds = np.column_stack([np.zeros(rows), 2 * values[:, 0], 2 * values[:, 1]])
    chances = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    labels = (random.random((rows, 1)) > chances.cumsum(axis=1)).sum(axis=1).astype(float)
    return Matrix(values, np.zeros(3, dtype=bool)), labels, random.integers(0, 3, rows)


def test_a_straight_line_is_found_and_its_honest_error_is_that_of_new_rows() -> None:
    rules = Rules(metric="rmse")
    entries, verdict = play(*numbers(600), FIELD, rules, REGRESSION)
    assert (verdict.status, verdict.threshold, verdict.calibration) == ("ok", None, None)
    means = {one.contender.name: np.mean(one.values("rmse")) for one in entries if one.status == "ok"}
    assert min(means, key=lambda name: means[name]).startswith(("linear", "blend"))
    unseen, truth, _ = numbers(4_000, seed=1)
    reached = root_mean_squared_error(truth, load(verdict.payload or b"").predict(unseen))
    assert 0.95 < reached < 1.1
    assert verdict.low is not None and verdict.high is not None and verdict.low < reached < verdict.high


@pytest.mark.parametrize("family", ["linear", "forest", "boosting"])
def test_every_family_says_numbers_on_their_own_scale(family: str) -> None:
    field = [one for one in FIELD if one.kernel.name in ("prior", family)]
    _, verdict = play(*numbers(600), field, Rules(metric="rmse", blend=False), REGRESSION)
    unseen, truth, _ = numbers(1_000, seed=1)
    assert verdict.champion is not None and verdict.champion.contender.kernel.name == family
    assert root_mean_squared_error(truth, load(verdict.payload or b"").predict(unseen)) < 5.0  # deviation: 13


def test_a_number_that_nothing_explains_is_no_signal() -> None:
    matrix, labels, fold = numbers(300)
    shuffled = np.random.default_rng(3).permutation(labels)
    _, verdict = play(matrix, shuffled, fold, FIELD, Rules(metric="mae"), REGRESSION)
    assert (verdict.status, verdict.above_chance) == ("no_signal", False)
    answers = load(verdict.payload or b"").predict(matrix)
    assert answers == pytest.approx(np.full(300, labels.mean()))


def test_few_rows_begin_from_what_all_tenants_say() -> None:
    """Nine tenths of 120 rows' spread are known to all; the tenant's own 20 minutes are learnt on top."""
    matrix, labels, fold = numbers(120)
    entries, verdict = play(matrix, labels, fold, POOLED, Rules(metric="rmse"), REGRESSION)
    means = {one.contender.kernel.name: np.mean(one.values("rmse")) for one in entries if one.status == "ok"}
    assert means["residual"] < 2.0 < means["pooled"] < means["prior"]
    unseen, truth, _ = numbers(1_000, seed=1)
    assert root_mean_squared_error(truth, load(verdict.payload or b"").predict(unseen)) < 4.0


def test_one_of_several_classes_has_named_chances_that_hold_on_new_rows() -> None:
    entries, verdict = play(*weather(900), FIELD, Rules(metric="log_loss"), CLASSES)
    model = load(verdict.payload or b"")
    assert verdict.status == "ok" and isinstance(model, Classed) and model.classes == CLASSES.classes
    unseen, truth, _ = weather(4_000, seed=1)
    answers = model.predict(unseen)
    assert answers.shape == (4_000, 3) and answers.sum(axis=1) == pytest.approx(np.ones(4_000))
    reached = log_loss(truth, answers)
    assert verdict.low is not None and verdict.high is not None and verdict.low < reached < verdict.high
    names = {one.contender.kernel.name for one in entries if one.status in ("ok", "behind")}
    assert names >= {"prior", "linear", "forest", "boosting"}


def test_a_class_that_a_fold_never_saw_keeps_a_chance() -> None:
    """Snow falls in the last block only: its first fold is answered by models that know two classes."""
    matrix, labels, _ = weather(600)
    labels = np.where((labels == 2) & (np.arange(600) < 400), 0.0, labels)
    fold = np.repeat([0, 1, 2], 200)
    entries, verdict = play(matrix, labels, fold, FIELD, Rules(metric="log_loss", expanding=True), CLASSES)
    assert verdict.status in ("ok", "no_signal")
    last = [one for one in entries if one.status == "ok" and len(one.folds) == 2]
    assert last and all(0 < one.answers[1][:, 2].max() < 0.01 for one in last)
    assert all(one.answers[1].sum(axis=1) == pytest.approx(np.ones(200)) for one in last)


def test_two_classes_of_many_are_a_tournament_too() -> None:
    matrix, labels, fold = weather(600)
    _, verdict = play(
        matrix, np.minimum(labels, 1.0), fold, FIELD, Rules(metric="log_loss"), Multiclass(("a", OTHER))
    )
    model = load(verdict.payload or b"")
    assert verdict.status == "ok" and model.predict(matrix).shape == (600, 2)


@pytest.mark.parametrize("problem", [REGRESSION, CLASSES])
def test_row_order_changes_nothing(problem: Multiclass) -> None:
    """The order that counts is that of the keys, in which rows come: the folds alone may be named otherwise."""
    matrix, labels, fold = weather(300)
    rules = Rules(metric="rmse" if problem is REGRESSION else "log_loss")
    first = play(matrix, labels, fold, FIELD, rules, problem)[1]
    again = play(replace(matrix), labels.copy(), fold.copy(), FIELD, rules, problem)[1]
    assert first.payload == again.payload and first.value == again.value
