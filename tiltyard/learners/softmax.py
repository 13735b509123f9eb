"""Multinomial logistic regression, by scikit-learn."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from tiltyard.learners.elastic import Penalty


def fitted(
    columns: np.ndarray, labels: np.ndarray, weights: np.ndarray | None, penalty: Penalty, steps: int
) -> np.ndarray:
    """The minimum of the mean log loss plus the penalty; biases are not penalised.

    Parameters
    ----------
    columns : rows x columns, finite, of similar scale
    labels : 0.0 to K - 1, each of them present
    weights : how much each row counts, default once
    steps : at most so many

    Returns
    -------
    np.ndarray
        (columns + 1) x K: a column of weights for each class, its bias last.

    Examples
    --------
    >>> columns = np.array([[-1.0], [-0.9], [0.0], [0.1], [1.0], [1.1]])
    >>> found = fitted(columns, np.array([0.0, 0.0, 1.0, 1.0, 2.0, 2.0]), None, Penalty(0.01, 0.0), steps=50)
    >>> (columns @ found[:-1] + found[-1]).argmax(axis=1).tolist()
    [0, 0, 1, 1, 2, 2]
    """
    count = float(len(labels) if weights is None else weights.sum())
    # With weights of exactly 0 the loss has edges: those go by another way, one row after the other.
    way = {"solver": "saga", "l1_ratio": penalty.ratio, "random_state": 0} if penalty.ratio else {}
    model = LogisticRegression(C=1.0 / (penalty.level * count), max_iter=steps, **way)
    with warnings.catch_warnings():
        # So many steps are wanted; each tenant's worker would say for each contender that they ended.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(columns, labels, sample_weight=weights)
    found = np.vstack([model.coef_.T, model.intercept_])
    return np.hstack([np.zeros_like(found), found]) if found.shape[1] == 1 else found
