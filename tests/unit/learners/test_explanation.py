"""What adds up to an answer: for every family and problem the parts sum to the margin, and name the right slot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tiltyard.learners import FAMILIES
from tiltyard.learners.base import load
from tiltyard.learners.blend import BlendKernel
from tiltyard.learners.calibrated import Calibrated, isotonic, platt
from tiltyard.learners.explanation import Ask, explained
from tiltyard.learners.kernel import Matrix
from tiltyard.learners.links import margins_of
from tiltyard.learners.numbers import OnNumbers
from tiltyard.problem import METRICS_OF, Problem, problem_named

PARAMS: dict[str, dict[str, Any]] = {name: dict(kind.hyperparams) for name, kind in FAMILIES.items()}
EACH = [(family, problem) for family, kind in FAMILIES.items() for problem in kind.problems]


def asked(problem: str) -> Problem:
    return problem_named(problem, ("a", "b", "c"))


def rows(problem: str, count: int = 400) -> tuple[Matrix, np.ndarray]:
    """The first slot raises the label, a category does too, the last two slots say nothing."""
    random = np.random.default_rng(0)
    values = random.normal(size=(count, 4)).astype(np.float32)
    values[:, 1] = random.integers(0, 3, count)
    values[::9, 0] = np.nan
    signal = np.nan_to_num(values[:, 0]) + (values[:, 1] == 2)
    noisy = signal + random.normal(size=count)
    labels = {"binary": (noisy > 0).astype(float), "regression": 50 + 9 * noisy}.get(
        problem, np.digitize(noisy, [-0.5, 0.8]).astype(float)
    )
    margin = signal + random.normal(size=count)
    return Matrix(
        values, np.array([False, True, False, False]), margin + 50 * (problem == "regression")
    ), labels


def margin(problem: str, answers: np.ndarray, classes: np.ndarray | None) -> np.ndarray:
    if problem == "multiclass":
        assert classes is not None
        return np.log(answers[np.arange(len(answers)), classes])
    return margins_of(problem, answers)


@pytest.mark.parametrize(("family", "problem"), EACH)
@pytest.mark.parametrize("quick", [False, True])
def test_the_parts_sum_to_the_margin(family: str, problem: str, quick: bool) -> None:
    matrix, labels = rows(problem)
    model = FAMILIES[family].kernel.fit(matrix, labels, None, PARAMS[family], asked(problem))
    model = load(model.dump())
    classes = np.arange(len(matrix)) % 3 if problem == "multiclass" else None
    found = explained(model, matrix, Ask(problem, classes, quick=quick))
    total = found.slots.sum(axis=1) + found.base + found.pool * matrix.base_margin()
    assert total == pytest.approx(margin(problem, model.predict(matrix), classes), abs=1e-3)
    if problem != "multiclass":  # there the other classes' margins are in the base
        assert found.base == pytest.approx(np.full(len(matrix), found.base.mean()), abs=1e-3)
    strength = np.abs(found.slots).mean(axis=0)
    if family in ("linear", "forest", "boosting", "catboost"):
        assert strength[:2].min() > 1.5 * strength[2:].max()
        known = ~np.isnan(matrix.values[:, 0])
        if problem != "multiclass":
            assert np.corrcoef(matrix.values[known, 0], found.slots[known, 0])[0, 1] > 0.8


@pytest.mark.parametrize("problem", METRICS_OF)
def test_a_blend_weights_what_its_members_say(problem: str) -> None:
    matrix, labels = rows(problem)
    kernels = [FAMILIES[name].kernel for name in ("linear", "boosting")]
    members = [
        {"weight": weight, "params": PARAMS[kernel.name]}
        for kernel, weight in zip(kernels, (0.3, 0.7), strict=True)
    ]
    model = BlendKernel(tuple(kernels)).fit(matrix, labels, None, {"members": members}, asked(problem))
    found = explained(model, matrix, Ask(problem))
    each = [
        explained(
            one,
            matrix,
            Ask(problem, model.predict(matrix).argmax(axis=-1) if problem == "multiclass" else None),
        )
        for one in model.models
    ]
    assert found.slots == pytest.approx(0.3 * each[0].slots + 0.7 * each[1].slots)
    classes = model.predict(matrix).argmax(axis=1) if problem == "multiclass" else None
    total = found.slots.sum(axis=1) + found.base
    assert total == pytest.approx(margin(problem, model.predict(matrix), classes), abs=1e-3)


@pytest.mark.parametrize("learn", [platt, isotonic])
def test_calibration_moves_the_parts_with_the_margin(learn: Any) -> None:
    matrix, labels = rows("binary")
    plain = FAMILIES["linear"].kernel.fit(matrix, labels, None, PARAMS["linear"], asked("binary"))
    model = Calibrated(plain, learn(labels, plain.predict(matrix) ** 2))
    found = explained(model, matrix, Ask("binary"))
    total = found.slots.sum(axis=1) + found.base
    assert total == pytest.approx(margins_of("binary", model.predict(matrix)), abs=1e-6)
    if learn is platt:
        assert found.base == pytest.approx(np.full(len(matrix), found.base.mean()), abs=1e-6)


def test_a_model_of_numbers_and_rates_says_what_each_adds() -> None:
    matrix, labels = rows("binary")
    rates = np.random.default_rng(1).random((400, 1)).astype(np.float32)
    full = Matrix(matrix.values, matrix.categorical, rates=rates)
    inner = FAMILIES["boosting"].kernel
    numbers = np.hstack([matrix.values[:, [0, 2, 3]], rates])
    model = OnNumbers(
        inner.fit(Matrix(numbers, np.zeros(4, bool)), labels, None, PARAMS["boosting"], asked("binary"))
    )
    found = explained(model, full, Ask("binary"))
    assert found.rates is not None and found.rates.shape == (400, 1) and not found.slots[:, 1].any()
    total = found.slots.sum(axis=1) + found.rates.sum(axis=1) + found.base
    assert total == pytest.approx(margins_of("binary", model.predict(full)), abs=1e-4)
