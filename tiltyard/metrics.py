"""Metrics of binary models: scikit-learn's, by the short names of the configuration."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sklearn
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

CHANCE_AUROC = 0.5
# Two-sided 95 % of the normal distribution.
Z_95 = 1.959964


@dataclass(frozen=True)
class Metric:
    """A metric's name, direction and function of (labels, probabilities)."""

    name: str
    larger_is_better: bool
    function: Callable[[np.ndarray, np.ndarray], float]


METRICS = {
    metric.name: metric
    for metric in (
        Metric("auroc", True, roc_auc_score),
        Metric("aupr", True, average_precision_score),
        Metric("log_loss", False, lambda labels, scores: log_loss(labels, scores, labels=[0.0, 1.0])),
        Metric("brier", False, brier_score_loss),
    )
}


def score(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """All metrics of one set of predictions.

    Parameters
    ----------
    labels : 0.0 or 1.0, both present
    probabilities : of the positive class, in [0, 1], finite

    Examples
    --------
    >>> {k: round(v, 3) for k, v in score(np.array([0.0, 1.0, 1.0]), np.array([0.2, 0.6, 0.9])).items()}
    {'auroc': 1.0, 'aupr': 1.0, 'log_loss': 0.28, 'brier': 0.07}
    """
    # The arrays are ours and finite: scikit-learn's own checks would cost more than the metrics.
    with sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
        return {name: float(metric.function(labels, probabilities)) for name, metric in METRICS.items()}


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
