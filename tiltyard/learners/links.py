"""Links: from what a learner adds up for a row (its margin) to its answer, and back."""

from __future__ import annotations

import numpy as np

from tiltyard.learners import newton
from tiltyard.problem import Binary, Multiclass


def answers_of(problem: str, margin: np.ndarray) -> np.ndarray:
    """The answers of margins: probabilities of log odds (binary, multiclass), or the numbers themselves.

    Parameters
    ----------
    problem : name in `tiltyard.problem.METRICS_OF`
    margin : one a row; for multiclass rows x classes

    Examples
    --------
    >>> answers_of("multiclass", np.array([[0.0, 0.0], [0.0, 1.0]])).round(2).tolist()
    [[0.5, 0.5], [0.27, 0.73]]
    """
    if problem == Binary.name:
        return newton.sigmoid(margin)
    if problem == Multiclass.name:
        raised = np.exp(margin - margin.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))
    return margin


def margins_of(problem: str, answers: np.ndarray) -> np.ndarray:
    """The margins of answers of a binary problem or a regression, never infinite.

    Examples
    --------
    >>> margins_of("regression", np.array([3.5])).tolist(), margins_of("binary", np.array([0.5])).tolist()
    ([3.5], [0.0])
    """
    return newton.log_odds(answers) if problem == Binary.name else answers
