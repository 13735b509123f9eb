"""How one field's recent values differ from those of training: fill rates and the divergence of binned shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Values = npt.NDArray[np.object_] | Floats

# Bins of equal count over the training values; more would see noise in a hundred rows.
_BINS = 10
# A category's most frequent values in training each have a bin, all others share one.
_LEVELS = 20


@dataclass(frozen=True)
class Limits:
    """Where a difference becomes a finding; DriftFilter has the words."""

    fill_difference: float
    fill_ratio: float
    divergence: float
    rows: int


@dataclass(frozen=True)
class Drift:
    """What was measured of a field; the divergence is NaN where one side has no value."""

    training_rows: int
    recent_rows: int
    training_fill: float
    recent_fill: float
    divergence: float


def drift(training: Values, recent: Values) -> Drift:
    """Compare a field's values; NaN (of numbers) and None (of texts) are missing.

    Examples
    --------
    >>> drift(np.array([1.0, 2.0, np.nan, 3.0]), np.array([np.nan, 2.0])).recent_fill
    0.5
    """
    known, now = training[_present(training)], recent[_present(recent)]
    return Drift(
        training_rows=len(training),
        recent_rows=len(recent),
        training_fill=len(known) / len(training) if len(training) else np.nan,
        recent_fill=len(now) / len(recent) if len(recent) else np.nan,
        divergence=_divergence(known, now),
    )


def findings(found: Drift, limits: Limits) -> Iterator[tuple[str, float, float, str]]:
    """(check, measure, limit, sentence) for each difference beyond its limit; none with too few rows to tell."""
    if min(found.training_rows, found.recent_rows) < limits.rows:
        return
    before, now = found.training_fill, found.recent_fill
    filled = f"{before:.0%} of its values were filled in training, {now:.0%} are now"
    if abs(before - now) > limits.fill_difference:
        yield "fill_difference", abs(before - now), limits.fill_difference, filled
    ratio = max(before, now) / min(before, now) if min(before, now) else np.inf
    if max(before, now) > 0 and ratio > limits.fill_ratio:
        yield "fill_ratio", ratio, limits.fill_ratio, filled
    if np.isnan(found.divergence):
        yield "divergence", np.nan, limits.divergence, f"its values cannot be compared: {filled}"
    elif found.divergence > limits.divergence:
        said = f"its values are spread otherwise than in training (divergence {found.divergence:.2f})"
        yield "divergence", found.divergence, limits.divergence, said


def _present(values: Values) -> npt.NDArray[np.bool_]:
    if values.dtype == object:
        return np.array([one is not None for one in values], dtype=bool)
    return ~np.isnan(values.astype(np.float64))


def _divergence(training: Values, recent: Values) -> float:
    """Jensen-Shannon divergence to base 2, 0 (same shares) to 1 (nothing in common), of bins fixed by training."""
    if not len(training) or not len(recent):
        return float("nan")
    places = _places(training)
    before, now = places(training), places(recent)
    width = int(max(before.max(), now.max())) + 1
    p, q = (np.bincount(one, minlength=width) / len(one) for one in (before, now))
    return (_entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2) / float(np.log(2))


def _places(training: Values) -> Callable[[Values], npt.NDArray[np.int64]]:
    """A function of values to their bins."""
    if training.dtype != object:
        edges = np.unique(np.quantile(training, np.linspace(0, 1, _BINS + 1)[1:-1]))
        # Values equal to an edge have a bin of their own, so that a constant or a flag is seen to change.
        return lambda values: np.searchsorted(edges, values, "left") + np.searchsorted(edges, values, "right")
    names, counts = np.unique(training.astype(str), return_counts=True)
    top = {name: at for at, name in enumerate(names[np.lexsort((names, -counts))][:_LEVELS])}
    return lambda values: np.array([top.get(str(one), len(top)) for one in values], dtype=np.int64)


def _entropy(shares: Floats) -> float:
    some = shares[shares > 0]
    return float(-(some * np.log(some)).sum())
