"""Blend: weights that make the labels likely, found without the fold they are used in; a payload of payloads."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

from tiltyard.learners import FAMILIES, blend
from tiltyard.learners.base import load
from tiltyard.learners.blend import BlendKernel
from tiltyard.learners.kernel import Matrix

PARTS = {"linear": 0.75, "boosting": 0.25}
MEMBERS = [
    {"learner": name, "weight": weight, "params": dict(FAMILIES[name].hyperparams)}
    for name, weight in PARTS.items()
]
KERNEL = BlendKernel(tuple(FAMILIES[name].kernel for name in PARTS))


def test_examples() -> None:
    result = doctest.testmod(blend)
    assert result.attempted > 0 and result.failed == 0


def _folds(seed: int = 0) -> tuple[list[np.ndarray], list[list[np.ndarray]]]:
    random = np.random.default_rng(seed)
    answers = random.random((2, 3, 200))
    truth = [(random.random(200) < 0.8 * answers[0, k] + 0.2 * answers[1, k]).astype(float) for k in range(3)]
    return truth, [list(member) for member in answers]


@pytest.mark.parametrize("past_only", [False, True])
def test_the_weights_of_a_fold_do_not_know_its_labels(past_only: bool) -> None:
    truth, answers = _folds()
    turned = [truth[0], 1.0 - truth[1], truth[2]]
    before, after = (
        blend.out_of_fold(known, lambda _: (answers, None), past_only=past_only) for known in (truth, turned)
    )
    assert np.array_equal(before[1], after[1]) and not np.array_equal(before[2], after[2])
    assert np.array_equal(before[0], after[0]) is past_only  # the first fold has no past


def test_a_first_fold_without_past_weighs_all_alike() -> None:
    truth, answers = _folds()
    first = blend.out_of_fold(truth, lambda _: (answers, None), past_only=True)[0]
    assert np.allclose(first, (answers[0][0] + answers[1][0]) / 2)


def test_the_order_of_the_members_does_not_matter() -> None:
    truth, answers = _folds()
    assert np.allclose(blend.over_all(truth, answers), blend.over_all(truth, answers[::-1])[::-1])


def test_a_member_that_knows_nothing_is_left_out() -> None:
    truth, answers = _folds()
    guesses = list(np.random.default_rng(1).random((3, 200)))
    weights = blend.over_all(truth, [*answers, guesses])
    assert weights[2] == 0.0 and weights.sum() == pytest.approx(1.0) and 0.6 < weights[0] < 1.0


def test_a_blend_is_the_weighted_mean_of_its_members_and_its_payload_too() -> None:
    random = np.random.default_rng(0)
    matrix = Matrix(random.normal(size=(300, 3)).astype(np.float32), np.zeros(3, dtype=bool))
    labels = (random.random(300) < 1 / (1 + np.exp(-2 * matrix.values[:, 0]))).astype(float)
    fitted = KERNEL.fit(matrix, labels, None, {"members": MEMBERS})
    one, two = (
        kernel.fit(matrix, labels, None, member["params"]).predict(matrix)
        for kernel, member in zip(KERNEL.members, MEMBERS, strict=True)
    )
    assert np.allclose(fitted.predict(matrix), 0.75 * one + 0.25 * two, atol=1e-12)
    assert np.array_equal(load(fitted.dump()).predict(matrix), fitted.predict(matrix))
    assert load(fitted.dump()).dump() == fitted.dump()
