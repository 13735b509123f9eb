"""Rows of one tenant counted by slot, bin and class: what SanityChecker's measures are made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tiltyard.slots import CATEGORICAL, Slot

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Numbers are read in this many bins of equal count: a perfect split inside one bin still measures above 0.99.
_BINS = 50


def binned(values: Floats, slots: Sequence[Slot]) -> Ints:
    """Each value's bin in its slot: 0 for null, then 1, 2, ... in the order of the values.

    Parameters
    ----------
    values : rows x slots, NaN is null
    """
    every = [_bins(values[:, at], slot.kind == CATEGORICAL) for at, slot in enumerate(slots)]
    return np.stack(every, axis=1)


def counted(bins: Ints, classes: Ints, width: int, kinds: int) -> Floats:
    """Rows by slot, bin and class: slots x `width` x `kinds`.

    Parameters
    ----------
    bins : rows x slots, each below `width`
    classes : one for each row, below `kinds`

    Examples
    --------
    >>> counted(np.array([[0], [1], [1]]), np.array([0, 0, 1]), 2, 2).tolist()
    [[[1.0, 0.0], [1.0, 1.0]]]
    """
    slots = bins.shape[1]
    flat = (np.arange(slots) * width + bins) * kinds + classes[:, None]
    return (
        np.bincount(flat.ravel(), minlength=slots * width * kinds).reshape(slots, width, kinds).astype(float)
    )


def separation(counts: Floats) -> Floats:
    """AUROC of each slot's bins, in their order, for the class it separates worst; at least 0.5, NaN for one class.

    What knows the answer knows every class; one of several may be plain to see, as setosa among irises.
    """
    area = _area(counts, _rest(counts))
    return np.asarray(np.fmin.reduce(np.fmax(area, 1 - area), axis=1))


def learnt_separation(counts: Floats, other: Floats) -> Floats:
    """AUROC of each slot's bins in the order of the classes' shares in `other`, rows that are not in `counts`.

    It finds what no order of the values shows, and stays near 0.5 for a slot of noise, however many bins it has.
    """
    rows, prior = other.sum(axis=2, keepdims=True), other.sum(axis=1, keepdims=True)
    prior = prior / np.maximum(prior.sum(axis=2, keepdims=True), 1)
    order = np.argsort((other + prior) / (rows + 1), axis=1, kind="stable")
    sides = (np.take_along_axis(side, order, axis=1) for side in (counts, _rest(counts)))
    return np.asarray(np.nanmin(np.nan_to_num(_area(*sides), nan=1.0), axis=1))


def cramers_v(counts: Floats) -> Floats:
    """Association of each slot's bins with the classes, 0 to 1, corrected for bias (Bergsma, JKSS 42, 2013)."""
    rows = counts.sum(axis=(1, 2))
    by_bin, by_class = counts.sum(axis=2), counts.sum(axis=1)
    expected = by_bin[:, :, None] * by_class[:, None, :] / rows[:, None, None]
    square = np.divide((counts - expected) ** 2, expected, out=np.zeros_like(counts), where=expected > 0)
    bins, classes = (by_bin > 0).sum(axis=1), (by_class > 0).sum(axis=1)
    free = (bins - 1) * (classes - 1) / (rows - 1)
    phi = np.maximum(square.sum(axis=(1, 2)) / rows - free, 0)
    least = np.minimum(bins - (bins - 1) ** 2 / (rows - 1), classes - (classes - 1) ** 2 / (rows - 1)) - 1
    return np.asarray(np.sqrt(np.divide(phi, least, out=np.zeros_like(phi), where=least > 0)))


def null_or_not(counts: Floats) -> Floats:
    """The counts with two bins left: null, and any value."""
    return np.stack([counts[:, 0], counts[:, 1:].sum(axis=1)], axis=1)


def _bins(values: Floats, categorical: bool) -> Ints:
    present = ~np.isnan(values)
    different, places = np.unique(values[present], return_inverse=True)
    if not categorical and len(different) > _BINS:
        edges = np.quantile(values[present], np.linspace(0, 1, _BINS + 1)[1:-1])
        places = np.searchsorted(edges, values[present], side="right")
    found = np.zeros(len(values), dtype=np.int64)
    found[present] = places + 1
    return found


def _rest(counts: Floats) -> Floats:
    return np.asarray(counts.sum(axis=2, keepdims=True) - counts)


def _area(mine: Floats, rest: Floats) -> Floats:
    """Share of pairs of a class and the rest in which the class's row stands in a higher bin; equal ones are half."""
    below = np.cumsum(rest, axis=1) - rest
    won = (mine * (below + rest / 2)).sum(axis=1)
    pairs = mine.sum(axis=1) * rest.sum(axis=1)
    return np.asarray(np.divide(won, pairs, out=np.full_like(won, np.nan), where=pairs > 0))
