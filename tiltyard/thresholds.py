"""Decision thresholds: the probability above which a record is predicted to be positive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tiltyard.metrics import at_thresholds

HALF = 0.5
RULES = ("half", "accuracy", "balanced_accuracy", "f1", "costs")


@dataclass(frozen=True)
class ThresholdRule:
    """How a threshold is found.

    Attributes
    ----------
    by : "half" is 0.5; "costs" weighs what two kinds of mistakes cost; a metric takes the threshold that is best
        by it on out-of-fold predictions
    false_positive, false_negative : what such a mistake costs, > 0; for "costs"

    Notes
    -----
    A probability p that is calibrated costs least above false_positive / (false_positive + false_negative): Elkan,
    "The foundations of cost-sensitive learning", IJCAI 2001.

    Examples
    --------
    >>> rule = ThresholdRule("costs", false_positive=1.0, false_negative=4.0)
    >>> rule.without_evidence, rule.found(np.array([0.0, 1.0]), np.array([0.3, 0.6]))
    (0.2, 0.2)
    >>> round(ThresholdRule("f1").found(np.array([0.0, 1.0, 1.0]), np.array([0.1, 0.2, 0.4])), 2)
    0.15
    """

    by: str = "half"
    false_positive: float = 1.0
    false_negative: float = 1.0

    @property
    def without_evidence(self) -> float:
        """The threshold of a model that knows only the base rate."""
        if self.by == "costs":
            return self.false_positive / (self.false_positive + self.false_negative)
        return HALF

    def found(self, labels: np.ndarray, probabilities: np.ndarray) -> float:
        """The threshold of a model, by its out-of-fold predictions; both classes must be among the labels."""
        if self.by not in _GAINS:
            return self.without_evidence
        positives, rows = at_thresholds(labels, probabilities, np.ones(len(labels)))
        # The first place stands for a threshold that nobody reaches.
        gains = _GAINS[self.by](np.append(0.0, positives), np.append(0.0, rows))
        levels = np.concatenate([[1.0], np.unique(probabilities)[::-1], [0.0]])
        place = int(np.argmax(gains))
        return float(levels[place : place + 2].mean())


def _accuracy(positives: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.asarray(2.0 * positives - rows)


def _balanced_accuracy(positives: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.asarray(positives / positives[-1] - (rows - positives) / (rows - positives)[-1])


def _f1(positives: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.asarray(2.0 * positives / (rows + positives[-1]))


# What each metric ranks thresholds by: the positives, and the rows, at or above each.
_GAINS = {"accuracy": _accuracy, "balanced_accuracy": _balanced_accuracy, "f1": _f1}
