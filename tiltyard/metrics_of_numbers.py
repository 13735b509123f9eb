"""Metrics of predicted numbers, of one set of weights or of many draws at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# Name in the configuration -> whether larger is better.
METRICS = {"rmse": False, "mae": False, "r2": True}


def score(labels: np.ndarray, numbers: np.ndarray, weights: np.ndarray | None = None) -> dict[str, float]:
    """All metrics of one set of predictions: scikit-learn's `root_mean_squared_error` and its two siblings.

    Parameters
    ----------
    labels, numbers : what came, and what was said, finite
    weights : how often each row counts, default once

    Examples
    --------
    >>> {k: round(v, 3) for k, v in score(np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 4.0])).items()}
    {'rmse': 0.577, 'mae': 0.333, 'r2': 0.786}
    """
    weight = np.ones(len(labels)) if weights is None else weights
    return {name: float(of(labels, numbers, weight[:, None])[0]) for name, of in _OF.items()}


def resampled(metric: str, labels: np.ndarray, numbers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """One metric of the same predictions under many weights (rows x draws); NaN where a draw has no weight.

    Examples
    --------
    >>> draws = np.array([[1.0, 0.0], [1.0, 2.0]])
    >>> resampled("mae", np.array([1.0, 2.0]), np.array([1.0, 3.0]), draws)
    array([0.5, 1. ])
    """
    return _OF[metric](labels, numbers, weights)


def _mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(values @ weights.astype(np.float64) / weights.sum(axis=0, dtype=np.float64))


def _rmse(labels: np.ndarray, numbers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.asarray(np.sqrt(_mean((numbers - labels) ** 2, weights)))


def _mae(labels: np.ndarray, numbers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return _mean(np.abs(numbers - labels), weights)


def _r2(labels: np.ndarray, numbers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Share of the labels' variance that is explained; NaN where they are all the same."""
    apart = labels - labels.mean()  # so that squares of large labels do not swallow their spread
    variance = _mean(apart**2, weights) - _mean(apart, weights) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        found = 1.0 - _mean((numbers - labels) ** 2, weights) / variance
    return np.where(variance > 0.0, found, np.nan)


_OF: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "rmse": _rmse,
    "mae": _mae,
    "r2": _r2,
}
