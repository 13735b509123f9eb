"""Elastic net: linear models some of whose weights are exactly 0, by scikit-learn's coordinate descent."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet

from tiltyard.learners.newton import sigmoid

# Where a chance is so near to 0 or 1 its row would count for nothing, and its working response be infinite.
_LEAST_BEND = 1e-5
_HALVINGS = 10
# Of the penalised loss: a step that gains less is the last one.
_GAIN = 1e-7


class Penalty(NamedTuple):
    """Against the mean loss, as in Spark ML: level * (ratio * |weights| + (1 - ratio) / 2 * weights squared)."""

    level: float
    ratio: float

    def of(self, found: np.ndarray) -> float:
        """The penalty of the weights; the bias behind them is free."""
        inside = found[:-1]
        return self.level * float(
            self.ratio * np.abs(inside).sum() + (1.0 - self.ratio) / 2.0 * inside @ inside
        )


def line(
    columns: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray | None,
    penalty: Penalty,
    offset: np.ndarray | None = None,
) -> np.ndarray:
    """The minimum of half the mean squared error plus the penalty, of labels at their own mean and deviation.

    Parameters and returned weights as for `ridge.fitted`.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> columns = random.normal(size=(500, 3))
    >>> found = line(columns, 10.0 * columns[:, 0], None, Penalty(0.1, 1.0))
    >>> float(found[0].round()), np.flatnonzero(found[:-1]).tolist()
    (9.0, [0])
    """
    left = labels if offset is None else labels - offset
    share = _shares(weights, len(labels))
    scale = float(np.sqrt(share @ (labels - share @ labels) ** 2)) or 1.0
    return np.asarray(scale * _descended(columns, left / scale, share, penalty))


def logistic(
    columns: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray | None,
    penalty: Penalty,
    steps: int = 50,
    offset: np.ndarray | None = None,
) -> np.ndarray:
    """The minimum of the mean log loss plus the penalty: a weighted line for each of Newton's steps.

    Parameters and returned weights as for `newton.fitted`.

    References
    ----------
    Friedman, Hastie and Tibshirani, "Regularization Paths for Generalized Linear Models via Coordinate Descent",
    Journal of Statistical Software 33, 2010.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> columns = random.normal(size=(500, 3))
    >>> labels = (columns[:, 0] + 0.1 * random.normal(size=500) > 0).astype(float)
    >>> found = logistic(columns, labels, None, Penalty(0.1, 1.0))
    >>> float(found[0].round(1)), np.flatnonzero(found[:-1]).tolist()
    (1.9, [0])
    """
    share = _shares(weights, len(labels))
    known = np.zeros(len(labels)) if offset is None else offset

    def loss(at: np.ndarray) -> float:
        margin = columns @ at[:-1] + at[-1] + known
        return float(share @ (np.logaddexp(0.0, margin) - labels * margin)) + penalty.of(at)

    found = np.zeros(columns.shape[1] + 1)
    level = loss(found)
    for _ in range(steps):
        margin = columns @ found[:-1] + found[-1]
        chances = sigmoid(margin + known)
        bend = np.maximum(chances * (1.0 - chances), _LEAST_BEND)
        total = float(share @ bend)
        # The loss near here is a weighted line through these responses.
        near = _descended(
            columns,
            margin + (labels - chances) / bend,
            share * bend / total,
            Penalty(penalty.level / total, penalty.ratio),
        )
        tried = (found + 0.5**halving * (near - found) for halving in range(_HALVINGS))
        lower = next((end for end in tried if loss(end) <= level), found)
        gain, found = level - loss(lower), lower
        level -= gain
        if gain <= _GAIN:
            break
    return found


def _shares(weights: np.ndarray | None, rows: int) -> np.ndarray:
    count = np.ones(rows) if weights is None else weights
    return np.asarray(count / count.sum())


def _descended(columns: np.ndarray, target: np.ndarray, share: np.ndarray, penalty: Penalty) -> np.ndarray:
    """The weights of least penalised squares, and the bias; `share` says what each row counts, in all 1."""
    means, mean = share @ columns, float(share @ target)
    root = np.sqrt(share * len(target))
    model = ElasticNet(
        alpha=penalty.level, l1_ratio=penalty.ratio, fit_intercept=False, copy_X=False, tol=1e-6, max_iter=5_000,
        precompute=len(target) > columns.shape[1],
    )  # fmt: skip
    with warnings.catch_warnings():
        # Columns that are nearly the same end late; where the descent ends then is good enough for the next step.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(root[:, None] * (columns - means), root * (target - mean))
    found: np.ndarray = model.coef_
    return np.append(found, mean - means @ found)
