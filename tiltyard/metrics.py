"""Metrics of binary models, all from one sort: scikit-learn's numbers without its input checks."""

from __future__ import annotations

import math

import numpy as np

# Name in the configuration -> whether larger is better.
METRICS = {"auroc": True, "aupr": True, "log_loss": False, "brier": False}
CHANCE_AUROC = 0.5
# Two-sided 95 % of the normal distribution.
Z_95 = 1.959964


def score(
    labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None = None
) -> dict[str, float]:
    """All metrics of one set of predictions.

    Parameters
    ----------
    labels : 0.0 or 1.0, both present
    probabilities : of the positive class, in [0, 1], finite
    weights : how often each row counts, default once

    Notes
    -----
    A tournament asks for these hundreds of times per tenant, on a few hundred rows each: scikit-learn's
    input checks alone would cost more than all fits (measured on a
    busy machine: 11 ms a time, against less than 0.4 ms here). The tests hold every
    number to scikit-learn's `roc_auc_score`, `average_precision_score`, `log_loss` and `brier_score_loss`.

    Examples
    --------
    >>> {k: round(v, 3) for k, v in score(np.array([0.0, 1.0, 1.0]), np.array([0.2, 0.6, 0.9])).items()}
    {'auroc': 1.0, 'aupr': 1.0, 'log_loss': 0.28, 'brier': 0.07}
    """
    weight = np.ones(len(labels)) if weights is None else weights
    curve = at_thresholds(labels, probabilities, weight)
    return {
        **{name: of(*curve) for name, of in _OF_CURVE.items()},
        **{
            name: float(np.average(of(labels, probabilities), weights=weight))
            for name, of in _OF_ROWS.items()
        },
    }


def resampled(metric: str, labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """One metric of the same predictions under many weights, from one sort.

    Parameters
    ----------
    weights : rows x draws

    Returns
    -------
    np.ndarray
        The metric of each draw; NaN where a draw has no weight, or none on one of the classes of a ranking metric.

    Examples
    --------
    >>> draws = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0], [1.0, 2.0, 1.0]])
    >>> resampled("auroc", np.array([0.0, 1.0, 1.0]), np.array([0.6, 0.2, 0.9]), draws)
    array([0.5, 1. , nan])
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        if metric in _OF_ROWS:
            values = _OF_ROWS[metric](labels, probabilities).astype(weights.dtype)
            return np.asarray(values @ weights / weights.sum(axis=0))
        positive = labels > 0.5
        yes, no = weights[positive], weights[~positive]
        # Rising places: the most probable rows come first.
        places = -probabilities[positive], -probabilities[~positive]
        both = (yes.sum(axis=0) > 0) & (no.sum(axis=0) > 0)
        return np.where(both, _OF_DRAWS[metric](*places, yes, no), np.nan)


def at_thresholds(
    labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Positives, and rows, at or above each distinct probability, the highest first."""
    order = np.argsort(-probabilities, kind="stable")
    found = probabilities[order]
    last_of_ties = np.append(np.flatnonzero(np.diff(found)), len(found) - 1)
    weights = weights[order]
    return np.cumsum(weights * labels[order])[last_of_ties], np.cumsum(weights)[last_of_ties]


def _area_under_roc(positives: np.ndarray, rows: np.ndarray) -> float:
    """Trapezoids: a positive and a negative of the same probability count half."""
    negatives = rows - positives
    heights = 2.0 * positives - np.diff(positives, prepend=0.0)
    area = np.sum(heights * np.diff(negatives, prepend=0.0)) / 2.0
    return float(area / (positives[-1] * negatives[-1]))


def _average_precision(positives: np.ndarray, rows: np.ndarray) -> float:
    precision = positives / np.maximum(rows, np.finfo(rows.dtype).tiny)  # above the first row of weight: 0
    return float(np.sum(np.diff(positives, prepend=0.0) * precision) / positives[-1])


def _areas_of_draws(
    yes_places: np.ndarray, no_places: np.ndarray, yes: np.ndarray, no: np.ndarray
) -> np.ndarray:
    """The share of pairs in which the positive comes first; ties count half."""
    order = np.argsort(yes_places, kind="stable")
    above, ranks = _cumulated(yes[order]), yes_places[order]
    first, last = (np.searchsorted(ranks, no_places, side) for side in ("left", "right"))
    before = above[first] if (first == last).all() else (above[first] + above[last]) / 2
    won = np.sum(before * no, axis=0, dtype=np.float64)
    return np.asarray(won / (above[-1] * no.sum(axis=0, dtype=np.float64)))


def _precisions_of_draws(
    yes_places: np.ndarray, no_places: np.ndarray, yes: np.ndarray, no: np.ndarray
) -> np.ndarray:
    """The mean precision at the places of the positives."""
    orders = [np.argsort(places, kind="stable") for places in (yes_places, no_places)]
    found, false = _cumulated(yes[orders[0]]), _cumulated(no[orders[1]])
    ranks = yes_places[orders[0]]
    right = found[np.searchsorted(ranks, ranks, "right")]
    wrong = false[np.searchsorted(no_places[orders[1]], ranks, "right")]
    # Above the first row of weight there is none: 0.
    precision = right / np.maximum(right + wrong, np.finfo(right.dtype).tiny)
    return np.asarray(np.sum(yes[orders[0]] * precision, axis=0, dtype=np.float64) / found[-1])


def _cumulated(weights: np.ndarray) -> np.ndarray:
    """Sums of the first 0, 1, ... rows."""
    sums = np.zeros((len(weights) + 1, *weights.shape[1:]), dtype=weights.dtype)
    np.cumsum(weights, axis=0, out=sums[1:])
    return sums


def _log_losses(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    least = np.finfo(np.float64).eps  # as scikit-learn: a wrong certainty costs 36, not infinity
    clipped = np.clip(probabilities, least, 1.0 - least)
    return np.asarray(-np.log(np.where(labels > 0.5, clipped, 1.0 - clipped)))


def _squares(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    return np.asarray((probabilities - labels) ** 2)


_OF_CURVE = {"auroc": _area_under_roc, "aupr": _average_precision}
_OF_DRAWS = {"auroc": _areas_of_draws, "aupr": _precisions_of_draws}
_OF_ROWS = {"log_loss": _log_losses, "brier": _squares}


def calibration_error(labels: np.ndarray, probabilities: np.ndarray, bins: int = 10) -> float:
    """Mean distance of probability and outcome, over bins of equal width (ECE), in [0, 1].

    Examples
    --------
    >>> round(calibration_error(np.array([0.0, 1.0, 1.0]), np.array([0.2, 0.9, 0.94])), 2)
    0.12
    """
    place = np.minimum((probabilities * bins).astype(int), bins - 1)
    gaps = np.bincount(place, weights=probabilities - labels, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def auroc_standard_error(auroc: float, positives: int, negatives: int) -> float:
    """Standard error of an AUROC (Hanley and McNeil, Radiology 143, 1982).

    Examples
    --------
    >>> round(auroc_standard_error(0.5, 50, 50), 3)
    0.058
    """
    q1 = auroc / (2.0 - auroc)
    q2 = 2.0 * auroc**2 / (1.0 + auroc)
    spread = (positives - 1) * (q1 - auroc**2) + (negatives - 1) * (q2 - auroc**2)
    return math.sqrt((auroc * (1.0 - auroc) + spread) / (positives * negatives))
