"""What SanityChecker finds in one tenant's sample: measures of every slot, and sentences about the bad ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tiltyard.metrics import CHANCE_AUROC, Z_95, auroc_standard_error
from tiltyard.slots import CATEGORICAL, Slot
from tiltyard.transformers._contingency import (
    Floats,
    binned,
    counted,
    cramers_v,
    learnt_separation,
    null_or_not,
    separation,
)
from tiltyard.transformers._field_words import LATE, by_name

# A label with more values than this is a quantity: it has no classes, correlation is what can be measured.
_CLASSES = 20
# Whole numbers that are all different, yet fill this share of their range, count the rows.
_ID_DENSITY = 0.1
# So improbable must it be that all rows of one value have the same label by chance.
_BY_CHANCE = 1e-6


@dataclass(frozen=True)
class Limits:
    """Where a measure becomes a finding; SanityChecker has the words."""

    auroc: float
    suspicious: float
    correlation: float
    cramersV: float
    nulls: float
    duplicate: float
    support: int


@dataclass(frozen=True)
class Finding:
    """What is wrong with a slot: the measure, its limit, whether that drops it, and a sentence for people."""

    slot: int
    check: str
    measure: float
    threshold: float
    dropped: bool
    sentence: str


@dataclass(frozen=True)
class Measures:
    """One number for each slot, NaN where it has no meaning: shares, a variance, |r|, AUROCs of at least 0.5, V."""

    nulls: Floats
    variance: Floats
    correlation: Floats
    auroc: Floats
    cramersV: Floats
    null_auroc: Floats


def check(
    values: Floats, labels: Floats, slots: Sequence[Slot], limits: Limits
) -> tuple[Measures, list[Finding]]:
    """Measure every slot, and say what is wrong with it.

    Parameters
    ----------
    values : rows x slots, NaN is null; rows in random order
    labels : one a row, finite; up to 20 different ones are classes, more a quantity
    slots : what the columns of `values` are
    """
    kinds, classes = np.unique(labels, return_inverse=True)
    counts = None
    if 1 < len(kinds) <= _CLASSES:
        bins = binned(values, slots)
        width = int(bins.max(initial=0)) + 1
        counts = np.stack([counted(bins[at::2], classes[at::2], width, len(kinds)) for at in (0, 1)])
    measures = _measures(values, labels, counts)
    found = [
        one
        for at in range(len(slots))
        for one in (*_empty(at, values, measures, limits), *_correlates(at, measures, limits))
    ]
    if counts is not None:
        found += _by_class(values, slots, measures, counts.sum(axis=0), kinds, limits)
    dropped = {one.slot for one in found if one.dropped}
    found += _ids(values, slots, dropped)
    return measures, found + _duplicates(values, slots, dropped, limits) + _taken_along(found, slots)


def _measures(values: Floats, labels: Floats, counts: Floats | None) -> Measures:
    unknown = np.full(values.shape[1], np.nan)
    auroc = v = null_auroc = unknown
    if counts is not None:
        first, second = counts
        both = first + second
        learnt = (learnt_separation(first, second) + learnt_separation(second, first)) / 2
        auroc = np.fmax(separation(both[:, 1:]), learnt)
        v, null_auroc = cramers_v(both), separation(null_or_not(both))
    nulls = np.isnan(values).mean(axis=0)
    return Measures(nulls, _variance(values), np.abs(_correlation(values, labels)), auroc, v, null_auroc)


def _empty(at: int, values: Floats, measures: Measures, limits: Limits) -> Iterator[Finding]:
    nulls = float(measures.nulls[at])
    if nulls >= limits.nulls:
        yield Finding(at, "empty", nulls, limits.nulls, True, f"{nulls:.1%} of its values are missing")
    elif nulls == 0 and (values[:, at] == values[0, at]).all():
        yield Finding(at, "constant", 0.0, 0.0, True, f"it is {values[0, at]:g} in all {len(values):,} rows")


def _correlates(at: int, measures: Measures, limits: Limits) -> Iterator[Finding]:
    r = float(measures.correlation[at])
    if r >= limits.correlation:
        said = f"its correlation with the label is {r:.3f}"
        yield Finding(at, "correlation", r, limits.correlation, True, said)


def _by_class(
    values: Floats, slots: Sequence[Slot], measures: Measures, counts: Floats, kinds: Floats, limits: Limits
) -> Iterator[Finding]:
    """What the rows by slot, bin and class (`counts`) say; `kinds` are the classes' labels."""
    for at, slot in enumerate(slots):
        v = float(measures.cramersV[at])
        if v >= limits.cramersV:
            said = f"its association with the label (V) is {v:.3f}"
            yield Finding(at, "cramersV", v, limits.cramersV, True, said)
        auroc = float(measures.auroc[at])
        strong = list(_separates(at, auroc, counts[at], limits))
        yield from strong or _late(at, slot, auroc, counts[at], limits)
        yield from _filled(at, counts[at], kinds, limits)
        if slot.kind == CATEGORICAL:
            yield from _always(at, values[:, at], counts[at], kinds, limits)


def _separates(at: int, auroc: float, counts: Floats, limits: Limits) -> Iterator[Finding]:
    """A slot that predicts the label alone: so well that it is dropped, or well enough to be told."""
    fewest, _ = _judged(counts)
    if not auroc >= limits.suspicious or fewest < limits.support:
        return
    low = _low(auroc, counts)
    dropped = auroc >= limits.auroc and low >= (limits.auroc + limits.suspicious) / 2
    threshold = limits.auroc if dropped else limits.suspicious
    if dropped or low >= (limits.suspicious + CHANCE_AUROC) / 2:
        said = f"alone it predicts the label with an AUROC of {auroc:.3f}"
        yield Finding(at, "auroc", auroc, threshold, dropped, said)


def _late(at: int, slot: Slot, auroc: float, counts: Floats, limits: Limits) -> Iterator[Finding]:
    """A slot of a field whose name speaks of a record's end, where it says more of the label than a little."""
    threshold = (limits.suspicious + CHANCE_AUROC) / 2
    word = by_name(slot.field).any(LATE)
    if word and _judged(counts)[0] >= limits.support and _low(auroc, counts) >= threshold:
        said = f"'{word}' in its name may mean that it is written after the outcome; its AUROC alone is {auroc:.3f}"
        yield Finding(at, "late", auroc, threshold, False, said)


def _judged(counts: Floats) -> tuple[int, int]:
    """Rows of the rarest class, and all: half of them are the evidence, as they judge what the others have taught."""
    return int(counts.sum(axis=0).min()) // 2, int(counts.sum()) // 2


def _low(auroc: float, counts: Floats) -> float:
    """The lower end of the AUROC's 95 % interval."""
    fewest, rows = _judged(counts)
    return auroc - Z_95 * auroc_standard_error(min(auroc, 0.999), fewest, rows - fewest)


def _filled(at: int, counts: Floats, kinds: Floats, limits: Limits) -> Iterator[Finding]:
    """A slot with values for one class only, in more rows than by chance."""
    filled = counts[1:].sum(axis=0)
    rows = _pure(filled, counts, limits)
    if rows and counts[0].sum() >= limits.support:
        said = f"its {rows:,} filled rows all have the label {kinds[filled.argmax()]:g}"
        yield Finding(at, "filled", rows, limits.support, True, said)


def _always(at: int, values: Floats, counts: Floats, kinds: Floats, limits: Limits) -> Iterator[Finding]:
    """A value that always comes with the same label, in more rows than by chance; of several the most frequent."""
    pure = [_pure(one, counts, limits) for one in counts]
    if rows := max(pure):
        place = pure.index(rows)
        said = (
            f"{_code(values, place)} means label {kinds[counts[place].argmax()]:g} in all its {rows:,} rows"
        )
        yield Finding(at, "always", rows, limits.support, False, said)


def _code(values: Floats, place: int) -> str:
    """What a categorical slot's bin holds, in words."""
    if place == 0:
        return "a missing value"
    code = np.unique(values[~np.isnan(values)])[place - 1]
    return f"level {code:g}" if code else "a level that is none of its own"


def _pure(some: Floats, counts: Floats, limits: Limits) -> int:
    """Of rows of one value: how many, if all are of one class and that is no chance, else 0."""
    rows, kind = int(some.sum()), int(some.argmax())
    if rows < limits.support or some[kind] < rows:
        return 0
    share = counts[:, kind].sum() / counts.sum()
    return rows if rows * np.log(share) < np.log(_BY_CHANCE) else 0


def _ids(values: Floats, slots: Sequence[Slot], dropped: set[int]) -> list[Finding]:
    found: list[Finding] = []
    for at in range(len(slots)):
        one = values[:, at]
        if at in dropped or slots[at].kind == CATEGORICAL or np.isnan(one).any() or (one % 1).any():
            continue
        different, span = len(np.unique(one)), float(np.ptp(one)) + 1
        if different == len(one) and different / span >= _ID_DENSITY:
            sentence = (
                f"its {different:,} whole numbers are all different and stand close: they count the rows"
            )
            found.append(Finding(at, "id", different / span, _ID_DENSITY, True, sentence))
    return found


def _duplicates(values: Floats, slots: Sequence[Slot], dropped: set[int], limits: Limits) -> list[Finding]:
    """Slots that say what an earlier one says, nulls included."""
    left = [at for at in range(len(slots)) if at not in dropped]
    z = _standardised(values[:, left])
    r = np.abs(z.T @ z) / len(values)
    null = np.isnan(values[:, left])
    found: list[Finding] = []
    for second, first in zip(*np.nonzero(np.tril(r >= limits.duplicate, k=-1)), strict=True):
        at, other = left[second], left[first]
        same = slots[at].kind == slots[other].kind and (null[:, first] == null[:, second]).all()
        if same and all(one.slot != at for one in found):
            sentence = f"it says what '{slots[other].name}' says (correlation {r[second, first]:.4f})"
            found.append(Finding(at, "duplicate", float(r[second, first]), limits.duplicate, True, sentence))
    return found


def _taken_along(found: Sequence[Finding], slots: Sequence[Slot]) -> list[Finding]:
    """The other slots of a field of which one knows the answer."""
    leaky = {slots[one.slot].field: one for one in found if one.dropped and one.check in LEAKS}
    gone = {one.slot for one in found if one.dropped}
    return [
        Finding(
            at,
            "field",
            cause.measure,
            cause.threshold,
            True,
            f"'{slots[cause.slot].name}' of the same field leaks",
        )
        for at, slot in enumerate(slots)
        if at not in gone and (cause := leaky.get(slot.field))
    ]


LEAKS = ("correlation", "cramersV", "auroc", "filled")


def _variance(values: Floats) -> Floats:
    count = (~np.isnan(values)).sum(axis=0)
    mean = np.nansum(values, axis=0) / np.maximum(count, 1)
    square = np.nansum((values - mean) ** 2, axis=0)
    return np.asarray(np.divide(square, count, out=np.full(values.shape[1], np.nan), where=count > 0))


def _standardised(values: Floats) -> Floats:
    """Each slot with mean 0 and deviation 1 over its values, scaled so that z'z / rows is a correlation; null is 0."""
    count = (~np.isnan(values)).sum(axis=0)
    mean = np.nansum(values, axis=0) / np.maximum(count, 1)
    apart = np.where(np.isnan(values), 0.0, values - mean)
    norm = np.sqrt((apart**2).sum(axis=0) / len(values))
    return np.asarray(np.divide(apart, norm, out=np.zeros_like(apart), where=norm > 0))


def _correlation(values: Floats, labels: Floats) -> Floats:
    """Pearson's r of each slot's values with the label, over the rows that have a value."""
    present = ~np.isnan(values)
    count = np.maximum(present.sum(axis=0), 1)
    y = np.where(present, labels[:, None], 0.0)
    y = np.where(present, y - y.sum(axis=0) / count, 0.0)
    x = np.where(present, values, 0.0)
    x = np.where(present, x - x.sum(axis=0) / count, 0.0)
    norm = np.sqrt((x**2).sum(axis=0) * (y**2).sum(axis=0))
    return np.asarray(
        np.divide((x * y).sum(axis=0), norm, out=np.full(values.shape[1], np.nan), where=norm > 0)
    )
