"""Calibration: helps where probabilities are off, leaves alone where not, travels with the payload."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiltyard.learners.base import load
from tiltyard.learners.calibrated import Calibrated, Curve, calibration, isotonic, platt
from tiltyard.learners.kernel import Matrix
from tiltyard.learners.linear import LinearKernel
from tiltyard.metrics import calibration_error, score


def folds(rows: int, seed: int = 0) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Three folds of labels and their true chances."""
    random = np.random.default_rng(seed)
    chances = [random.random(rows) for _ in range(3)]
    return [(random.random(rows) < chance).astype(float) for chance in chances], chances


@pytest.mark.parametrize(("rows", "method"), [(100, "platt"), (400, "isotonic")])
def test_wrong_probabilities_are_put_right(rows: int, method: str) -> None:
    truth, chances = folds(rows)
    found = calibration(truth, [chance**4 for chance in chances])
    assert found.curve is not None and found.curve.method == method
    assert found.brier_after < found.brier_before - 0.02
    assert found.error_after < found.error_before / 2


@pytest.mark.parametrize("rows", [40, 100, 1_000])
def test_right_probabilities_are_left_alone(rows: int) -> None:
    methods = [calibration(*folds(rows, seed)).summary()["method"] for seed in range(20)]
    assert methods.count("none") >= 16
    found = calibration(*folds(rows, methods.index("none")))
    assert (found.brier_before, found.error_before) == (found.brier_after, found.error_after)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_curves_keep_the_order_and_are_never_certain(probabilities: list[float]) -> None:
    truth, chances = folds(400)
    given_ = np.sort(np.array(probabilities))
    for learn in (platt, isotonic):
        made = learn(np.concatenate(truth), np.concatenate(chances))(given_)
        assert (np.diff(made) >= 0).all() and (made > 0).all() and (made < 1).all()


def test_steps_keep_the_ranking_of_the_model() -> None:
    truth, chances = folds(500)
    labels, raw = np.concatenate(truth), np.concatenate(chances) ** 3
    assert score(labels, isotonic(labels, raw)(raw))["auroc"] == score(labels, raw)["auroc"]


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_a_calibrated_model_travels_as_one_payload(method: str) -> None:
    random = np.random.default_rng(1)
    matrix = Matrix(random.normal(size=(200, 3)).astype(np.float32), np.zeros(3, dtype=bool))
    labels = (matrix.values[:, 0] > 0).astype(float)
    fitted = LinearKernel().fit(matrix, labels, None, {"regParam": 0.1, "maxIter": 20})
    points = np.array([1.5, -0.2]) if method == "platt" else np.array([[0.0, 0.5, 1.0], [0.1, 0.3, 0.8]])
    model = Calibrated(fitted, Curve(method, points))
    loaded = load(model.dump())
    assert np.array_equal(loaded.predict(matrix), model.predict(matrix))
    assert not np.array_equal(loaded.predict(matrix), fitted.predict(matrix))
    assert loaded.dump() == model.dump()


def test_calibration_error_is_the_mean_gap_of_bins() -> None:
    chances = np.array([0.05, 0.05, 0.95, 1.0])
    assert calibration_error(np.array([0.0, 1.0, 1.0, 1.0]), chances) == pytest.approx((0.9 + 0.05) / 4)


def test_a_model_too_sure_of_several_classes_is_cooled() -> None:
    random = np.random.default_rng(0)
    right = [random.dirichlet(np.ones(3), 300) for _ in range(3)]
    truth = [(random.random((300, 1)) > one.cumsum(axis=1)).sum(axis=1).astype(float) for one in right]
    sure = [one**3 / (one**3).sum(axis=1, keepdims=True) for one in right]
    found = calibration(truth, sure)
    assert found.curve is not None and found.curve.method == "temperature"
    assert found.curve.points[0] == pytest.approx(3.0, rel=0.15)
    assert found.brier_after < found.brier_before and found.error_after < found.error_before / 2
    assert found.answers(sure[0]) == pytest.approx(right[0], abs=0.05)
    assert calibration(truth, right).summary()["method"] == "none"


def test_a_cooled_model_keeps_its_classes_in_its_payload() -> None:
    from tests.unit.test_play_problems import CLASSES, weather
    from tiltyard.learners.classed import Classed, named

    matrix, labels, _ = weather(300)
    inside = LinearKernel().fit(matrix, labels, None, {"regParam": 0.01, "maxIter": 50}, CLASSES)
    model = named(Calibrated(inside, Curve("temperature", np.array([2.0]))), CLASSES)
    again = load(model.dump())
    assert isinstance(again, Classed) and again.classes == CLASSES.classes
    assert (again.predict(matrix) == model.predict(matrix)).all()
    assert (again.predict(matrix).argmax(axis=1) == inside.predict(matrix).argmax(axis=1)).all()


def test_a_curve_never_turns_the_order_of_the_rows() -> None:
    """In each fold higher means likelier; but folds of higher answers have fewer rows that come true."""
    random = np.random.default_rng(0)
    truth, answers = [], []
    for rate, level in ((0.9, 0.2), (0.5, 0.5), (0.1, 0.8)):
        labels = (random.random(100) < rate).astype(float)
        truth.append(labels)
        answers.append(np.clip(level + 0.1 * (labels - 0.5) + random.normal(size=100) / 100, 0.01, 0.99))
    together, known = np.concatenate(answers), np.concatenate(truth)
    assert platt(known, together).points[0] < 0 and not platt(known, together).rises
    assert calibration(truth, answers).summary()["method"] == "none"
