"""Calibrated probabilities: of 100 rows scored 0.3, about 30 come true. Learnt from out-of-fold predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.isotonic import IsotonicRegression

from tiltyard.learners import newton, payload
from tiltyard.learners.explanation import Ask, Explanation, explanation_of
from tiltyard.learners.kernel import Fitted, Matrix
from tiltyard.learners.links import answers_of
from tiltyard.metrics import calibration_error
from tiltyard.problem import Multiclass

NAME = "calibrated"
# Isotonic steps need rows; below, the two parameters of a logistic curve are the better guess.
ISOTONIC_ROWS = 1_000
# Steps put rows level that the model had ranked: this share of its own probability keeps their order.
OWN_SHARE = 1e-3
_LEAST = 1e-6  # a probability below is taken for this one, so that a temperature can raise it
_LOG_BOUND = 3.0  # temperatures from 0.05 to 20
_NEARLY_FREE = 1e-7  # penalty of Platt's slope: keeps it finite where the classes part


@dataclass(frozen=True)
class Curve:
    """A map of probabilities: "platt" holds slope and bias of their log odds, "isotonic" points of a rising line.

    Of several classes, "temperature" holds what their log probabilities are divided by.
    """

    method: str
    points: np.ndarray

    @property
    def rises(self) -> bool:
        """Whether a higher probability stays one. A slope may fall where folds in time differ more than rows do."""
        return self.method != "platt" or bool(self.points[0] > 0.0)

    def __call__(self, probabilities: np.ndarray) -> np.ndarray:
        if self.method == "temperature":
            cooled = np.log(np.clip(probabilities, _LEAST, 1.0)) / self.points[0]
            return answers_of(Multiclass.name, cooled)
        if self.method == "platt":
            slope, bias = self.points
            return newton.sigmoid(slope * newton.log_odds(probabilities) + bias)
        steps = np.interp(probabilities, *self.points)
        return np.asarray((1.0 - OWN_SHARE) * steps + OWN_SHARE * probabilities)


@dataclass(frozen=True)
class Calibrated:
    """A fitted model whose probabilities go through a curve."""

    model: Fitted
    curve: Curve

    def predict(self, matrix: Matrix) -> np.ndarray:
        return self.curve(self.model.predict(matrix))

    def explain(self, matrix: Matrix, ask: Ask) -> Explanation:
        found = explanation_of(self.model, matrix, ask)
        # Platt's curve is a line in log odds; what steps bend is in the base.
        return found.scaled(float(self.curve.points[0])) if self.curve.method == "platt" else found

    def dump(self) -> bytes:
        inner = np.frombuffer(self.model.dump(), dtype=np.uint8)
        return payload.dump(
            NAME, {"method": self.curve.method}, {"points": self.curve.points, "model": inner}
        )


@dataclass(frozen=True)
class Calibration:
    """What a curve did on rows it had not seen: Brier score and calibration error without and with it.

    `curve` is None, and both numbers are the same, where it does not help.
    """

    curve: Curve | None
    brier_before: float
    brier_after: float
    error_before: float
    error_after: float

    def applied(self, model: Fitted) -> Fitted:
        return model if self.curve is None else Calibrated(model, self.curve)

    def answers(self, probabilities: np.ndarray) -> np.ndarray:
        return probabilities if self.curve is None else self.curve(probabilities)

    def summary(self) -> dict[str, Any]:
        """Plain values, with the method: "platt", "isotonic" or "none"."""
        numbers = {name: value for name, value in vars(self).items() if name != "curve"}
        return {"method": self.curve.method if self.curve else "none", **numbers}


def calibration(truth: Sequence[np.ndarray], answers: Sequence[np.ndarray]) -> Calibration:
    """Learn a curve from out-of-fold predictions, and judge it on the folds it was not learnt from.

    From 1,000 rows on it is isotonic, below Platt's; of several classes it is a temperature. It is used if it keeps the
    order of the rows, and the Brier score falls by more than the standard error of the fall.

    Parameters
    ----------
    truth, answers : one array a fold: labels 0.0 or 1.0, and probabilities in [0, 1]; or classes 0.0 to K - 1, and
        rows x K

    References
    ----------
    Platt, "Probabilistic outputs for support vector machines", 1999; Zadrozny and Elkan, "Transforming classifier
    scores into accurate multiclass probability estimates", KDD 2002; Guo, Pleiss, Sun and Weinberger, "On calibration
    of modern neural networks", ICML 2017 (temperature).

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> chances = [random.random(300) for _ in range(3)]
    >>> truth = [(random.random(300) < chance).astype(float) for chance in chances]
    >>> calibration(truth, chances).summary()["method"]
    'none'
    >>> found = calibration(truth, [chance**3 for chance in chances])
    >>> found.summary()["method"], round(found.error_before, 2), round(found.error_after, 2)
    ('platt', 0.26, 0.04)
    """
    labels, given = np.concatenate(truth), np.concatenate(answers)
    several = given.ndim == 2
    learn = temperature if several else isotonic if len(labels) >= ISOTONIC_ROWS else platt
    made = np.concatenate(
        [learn(*_without(truth, answers, fold))(unseen) for fold, unseen in enumerate(answers)]
    )
    before, after = _squares(labels, given), _squares(labels, made)
    fall = before - after
    curve = learn(labels, given)
    helps = curve.rises and fall.mean() > fall.std() / len(fall) ** 0.5
    return Calibration(
        curve=curve if helps else None,
        brier_before=float(before.mean()),
        brier_after=float((after if helps else before).mean()),
        error_before=_error(labels, given),
        error_after=_error(labels, made if helps else given),
    )


def temperature(labels: np.ndarray, probabilities: np.ndarray) -> Curve:
    """What log probabilities must be divided by for the classes to be most likely: above 1 for a model too sure."""
    logs = np.log(np.clip(probabilities, _LEAST, 1.0))

    def loss(log_temperature: float) -> float:
        chances = answers_of(Multiclass.name, logs / np.exp(log_temperature))
        return float(-np.log(chances[np.arange(len(labels)), labels.astype(int)]).mean())

    found = minimize_scalar(loss, bounds=(-_LOG_BOUND, _LOG_BOUND), method="bounded")
    return Curve("temperature", np.array([np.exp(found.x)]))


def _squares(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Each row's part of the Brier score."""
    if probabilities.ndim == 1:
        return np.asarray((probabilities - labels) ** 2)
    truth = np.eye(probabilities.shape[1])[labels.astype(int)]
    return np.asarray(((probabilities - truth) ** 2).sum(axis=1))


def _error(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """The calibration error; of several classes that of the most probable one."""
    if probabilities.ndim == 1:
        return calibration_error(labels, probabilities)
    hits = (probabilities.argmax(axis=1) == labels).astype(np.float64)
    return calibration_error(hits, probabilities.max(axis=1))


def platt(labels: np.ndarray, probabilities: np.ndarray) -> Curve:
    """Logistic regression of the label on the log odds."""
    return Curve("platt", newton.fitted(newton.log_odds(probabilities)[:, None], labels, None, _NEARLY_FREE))


def isotonic(labels: np.ndarray, probabilities: np.ndarray) -> Curve:
    """The rising steps nearest to the labels; never surer than the rows allow."""
    surest = 1.0 / (len(labels) + 2.0)
    model = IsotonicRegression(y_min=surest, y_max=1.0 - surest).fit(probabilities, labels)
    return Curve("isotonic", np.stack([model.X_thresholds_, model.y_thresholds_]))


def load(
    meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray], load_model: Callable[[bytes], Fitted]
) -> Calibrated:
    """The calibrated model a payload holds; `load_model` reads the model inside."""
    return Calibrated(load_model(arrays["model"].tobytes()), Curve(meta["method"], arrays["points"]))


def _without(
    truth: Sequence[np.ndarray], answers: Sequence[np.ndarray], fold: int
) -> tuple[np.ndarray, np.ndarray]:
    rest = [place for place in range(len(truth)) if place != fold]
    return np.concatenate([truth[place] for place in rest]), np.concatenate(
        [answers[place] for place in rest]
    )
