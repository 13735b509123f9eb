"""Target statistics of a tenant's levels, whole and out of fold, from counts of (fold, label, level)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Counts(NamedTuple):
    """Rows by level, fold and label, one entry a combination; `folds` is -1 for rows of no fold."""

    levels: npt.NDArray[np.object_]
    folds: npt.NDArray[np.int64]
    labels: Floats
    rows: Floats


class Rates(NamedTuple):
    """Encodings: of each level, and of a value that is no level.

    Attributes
    ----------
    levels : the kept ones, the most frequent first
    rates : levels x (1 + folds); column 0 of all rows, column k + 1 as fold k may know it
    other : one for each column: the mean label
    """

    levels: list[str]
    rates: Floats
    other: Floats


def target_rates(counts: Counts, *, smoothing: float, most: int, support: int, expanding: bool) -> Rates:
    """Mean label of each level, drawn toward the mean of all by `smoothing` rows of it.

    A fold may know the rows outside it, or with `expanding` those of earlier folds only: NaN for the first. Folds
    count from 0 to the highest one there is.

    Examples
    --------
    >>> levels, folds, labels = np.array(["a", "a", "b"]), np.array([0, 1, 1]), np.array([1.0, 0.0, 0.0])
    >>> counts = Counts(levels, folds, labels, rows=np.array([3.0, 1.0, 4.0]))
    >>> target_rates(counts, smoothing=0.0, most=10, support=1, expanding=False).rates.tolist()
    [[0.75, 0.0, 1.0], [0.0, 0.0, nan]]
    """
    different, at = np.unique(counts.levels, return_inverse=True)
    shape = (len(different), int(counts.folds.max(initial=-1)) + 2)
    # Column 0 holds the rows of no fold: every fold may know them.
    cells = at * shape[1] + counts.folds + 1
    rows = _summed(cells, counts.rows, shape)
    sums = _summed(cells, counts.rows * counts.labels, shape)
    known_rows, known_sums = _known(rows, expanding), _known(sums, expanding)
    with np.errstate(invalid="ignore", divide="ignore"):
        other = known_sums.sum(axis=0) / known_rows.sum(axis=0)
        rates = (known_sums + smoothing * other) / (known_rows + smoothing)
    total = rows.sum(axis=1)
    order = [one for one in np.lexsort((different, -total)) if total[one] >= support][:most]
    return Rates([str(different[one]) for one in order], rates[order], other)


def of_words(texts: Sequence[str], labels: Sequence[float], folds: Sequence[int], **wanted: Any) -> Rates:
    """What `target_rates` says of the words of some texts, each counted once in a text.

    Examples
    --------
    >>> wanted = {"smoothing": 0.0, "most": 1, "support": 1, "expanding": False}
    >>> of_words(["so good", "good"], [1.0, 0.0], [0, 1], **wanted).levels
    ['good']
    """
    words = [sorted(set(text.split())) for text in texts]
    counted = [len(one) for one in words]
    return target_rates(
        Counts(
            np.array([word for one in words for word in one], dtype=object),
            np.repeat(np.asarray(folds, dtype=np.int64), counted),
            np.repeat(np.asarray(labels, dtype=np.float64), counted),
            np.ones(sum(counted)),
        ),
        **wanted,
    )


def _summed(cells: npt.NDArray[np.int64], weights: Floats, shape: tuple[int, int]) -> Floats:
    return np.bincount(cells, weights, minlength=int(np.prod(shape))).reshape(shape).astype(float)


def _known(cells: Floats, expanding: bool) -> Floats:
    """Sums over what each column may know: all, then what each fold may."""
    every = cells.sum(axis=1, keepdims=True)
    if expanding:
        before = np.cumsum(cells, axis=1)[:, :-1]
        return np.hstack([every, before])
    return np.hstack([every, every - cells[:, 1:]])
