"""Borders of a number that tell labels apart: a small decision tree, checked on rows that did not grow it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# The chance that a column of noise gets a border.
_NOISE = 0.01

# More different labels than this are measurements, not classes.
_CLASSES = 100

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class TreeRule:
    """When a border is worth it.

    Attributes
    ----------
    buckets : most buckets of a column
    gain : least share of the labels' gini impurity that a border removes
    leaf : fewest rows of a bucket
    """

    buckets: int
    gain: float
    leaf: int

    def borders(self, numbers: Numbers, labels: NDArray[Any]) -> list[float]:
        """Starts of the buckets above the first, increasing; none when no border is worth it.

        The order of the rows must tell nothing about them. Every other row grows a tree, the others count how
        many of its splits hold: those that remove `gain` of the impurity and for which Fisher's exact test
        leaves noise a chance of a hundredth, over all splits. As many borders are then set by all rows.

        Examples
        --------
        >>> hours = np.arange(200.0)
        >>> TreeRule(buckets=5, gain=0.005, leaf=10).borders(hours[::-1], hours[::-1] >= 120)
        [120.0]
        """
        values, ranks = np.unique(numbers, return_inverse=True)
        kinds, codes = np.unique(labels, return_inverse=True)
        if len(values) < 2 or not 2 <= len(kinds) <= _CLASSES:
            return []
        grown = self._grow(ranks[::2], codes[::2], self.buckets, math.ceil(self.leaf / 2))
        held = self._held(grown, ranks[1::2], codes[1::2])
        if not held:
            return []
        # Ranks are cut at halves, between two values.
        cuts = _thresholds(self._grow(ranks, codes, held + 1, self.leaf))
        return [roundest(values[math.floor(cut)], values[math.ceil(cut)]) for cut in cuts]

    def _grow(self, ranks: Codes, codes: Codes, buckets: int, leaf: int) -> Any:
        # Here, as importing it takes longer than all stages together.
        from sklearn.tree import DecisionTreeClassifier

        # Ranks instead of numbers: the library would round those to 24 bits.
        tree = DecisionTreeClassifier(max_leaf_nodes=buckets, min_samples_leaf=leaf, random_state=0)
        return tree.fit(ranks.reshape(-1, 1), codes).tree_

    def _held(self, tree: Any, ranks: Codes, codes: Codes) -> int:
        """How many splits of the tree hold on these rows; one above a split that holds does so too."""
        total = _impurity(codes)

        def held(node: int, ranks: Codes, codes: Codes) -> int:
            if tree.children_left[node] < 0:
                return 0
            left = ranks <= tree.threshold[node]
            below = sum(
                held(child, ranks[side], codes[side])
                for child, side in ((tree.children_left[node], left), (tree.children_right[node], ~left))
            )
            return below + (below > 0 or self._worth(codes, left, total))

        return held(0, ranks, codes)

    def _worth(self, codes: Codes, left: NDArray[np.bool_], total: float) -> bool:
        removed = _impurity(codes) - _impurity(codes[left]) - _impurity(codes[~left])
        if removed <= 0 or removed < self.gain * total:
            return False
        return _chance(codes, left) < _NOISE / (self.buckets - 1)


def roundest(low: float, high: float) -> float:
    """The number with the fewest digits above `low` and at most `high`.

    Examples
    --------
    >>> roundest(9.73, 10.12), roundest(119, 120), roundest(-0.31, 0.2)
    (10.0, 120.0, 0.0)
    """
    if low < 0 <= high:
        return 0.0
    first = math.floor(math.log10(max(abs(low), abs(high))))
    for power in range(first, max(first - 17, -324), -1):  # a double has 17 digits, the last at 1e-323
        number = float(f"{math.floor(high / float(f'1e{power}'))}e{power}")
        if low < number <= high:
            return number
    return float(high)


def _chance(codes: Codes, left: NDArray[np.bool_]) -> float:
    """At most how often noise sets the labels of the two sides that far apart: each label against the others."""
    from scipy.stats import fisher_exact  # here for the same reason

    counts = np.array([np.bincount(codes[side], minlength=codes.max() + 1) for side in (left, ~left)])
    counts = counts[:, counts.sum(axis=0) > 0]
    rest = counts.sum(axis=1, keepdims=True) - counts
    chances = [fisher_exact([counts[:, kind], rest[:, kind]]).pvalue for kind in range(counts.shape[1])]
    # The two of two labels are the same.
    return float(min(chances) * (len(chances) - 1))


def _impurity(codes: Codes) -> float:
    """Gini impurity times the number of rows."""
    counts = np.bincount(codes).astype(float)
    rows = counts.sum()
    return float(rows - (counts**2).sum() / rows) if rows else 0.0


def _thresholds(tree: Any) -> list[float]:
    return sorted(tree.threshold[tree.children_left >= 0].tolist())
