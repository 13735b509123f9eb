"""Metrics of predictions among several classes, of one set of weights or of many draws at once."""

from __future__ import annotations

import numpy as np

from tiltyard import metrics

# Name in the configuration -> whether larger is better.
METRICS = {"log_loss": False, "brier": False, "accuracy": True, "auroc": True}


def score(
    labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None = None
) -> dict[str, float]:
    """All metrics of one set of predictions, as scikit-learn has them.

    `auroc` is the mean over the classes of each one against the rest; classes of no row, or of all, are left out.

    Parameters
    ----------
    labels : class of each row, 0.0 to K - 1
    probabilities : rows x K, each row's sum 1
    weights : how often each row counts, default once

    Examples
    --------
    >>> chances = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.3, 0.4, 0.3]])
    >>> {name: round(value, 2) for name, value in score(np.array([0.0, 1.0, 2.0]), chances).items()}
    {'log_loss': 0.69, 'brier': 0.38, 'accuracy': 0.67, 'auroc': 0.92}
    """
    weight = np.ones(len(labels)) if weights is None else weights
    return {name: float(resampled(name, labels, probabilities, weight[:, None])[0]) for name in METRICS}


def resampled(metric: str, labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """One metric of the same predictions under many weights (rows x draws); NaN where a draw says nothing.

    Examples
    --------
    >>> draws = np.array([[1.0, 0.0], [1.0, 2.0]])
    >>> resampled("accuracy", np.array([0.0, 1.0]), np.array([[0.9, 0.1], [0.8, 0.2]]), draws)
    array([0.5, 0. ])
    """
    if metric == "auroc":
        return _one_against_rest(labels, probabilities, weights)
    values = _OF_ROWS[metric](labels.astype(int), probabilities)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(values @ weights.astype(np.float64) / weights.sum(axis=0, dtype=np.float64))


def _one_against_rest(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    areas = np.stack(
        [
            metrics.resampled(
                "auroc", (labels == number).astype(np.float64), probabilities[:, number], weights
            )
            for number in range(probabilities.shape[1])
        ]
    )
    known = np.isfinite(areas)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, areas, 0.0).sum(axis=0) / known.sum(axis=0))


def _log_losses(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    of_truth = probabilities[np.arange(len(labels)), labels]
    return np.asarray(-np.log(np.clip(of_truth, np.finfo(np.float64).eps, 1.0)))


def _squares(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    truth = np.eye(probabilities.shape[1])[labels]
    return np.asarray(((probabilities - truth) ** 2).sum(axis=1))


def _hits(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    return np.asarray((probabilities.argmax(axis=1) == labels).astype(np.float64))


_OF_ROWS = {"log_loss": _log_losses, "brier": _squares, "accuracy": _hits}
