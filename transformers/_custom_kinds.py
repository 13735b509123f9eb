"""The kinds of a tenant's own fields, from the values they hold: plain Python, without Spark."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NUMBER, BOOLEAN, DATE, CATEGORY, TEXT = "number", "boolean", "date", "category", "text"

# Kinds that have slots, in their order.
SLOTTED = (NUMBER, BOOLEAN, DATE, CATEGORY)

# Share of a key's values that must read as a kind: data has typing errors.
_MOST = 0.9

# Share of a key's values that its levels must cover to make it a category.
_COVERED = 0.5


@dataclass(frozen=True)
class Limits:
    """Keys of a tenant, rows a key or a level needs, levels of a category, and slots by kind, at most."""

    fields: int
    support: int
    levels: int
    slots: Mapping[str, int]


def described(
    keys: Sequence[str], values: Sequence[str], reads: Sequence[str], rows: int, limits: Limits
) -> list[dict[str, Any]]:
    """A tenant's fields, the most filled first: key, kind, slot, filled share and levels.

    Parameters
    ----------
    keys, values : the known values of a sample, key by key and row by row
    reads : what each value reads as: "number", "boolean", "date" or "text"
    rows : rows of the sample

    Returns
    -------
    list of dict
        `slot` counts from 1 for each kind; None where there is none: a text, or one key too many.

    Examples
    --------
    >>> limits = Limits(fields=9, support=2, levels=9, slots={"number": 1, "category": 1})
    >>> found = described(["size", "tier", "size", "tier"], ["3", "gold", "5", "gold"],
    ...                   ["number", "text", "number", "text"], rows=2, limits=limits)
    >>> found[0]
    {'key': 'size', 'kind': 'number', 'slot': 1, 'filled': 1.0, 'levels': None}
    >>> found[1]
    {'key': 'tier', 'kind': 'category', 'slot': 1, 'filled': 1.0, 'levels': ['gold']}
    """
    places: defaultdict[str, list[int]] = defaultdict(list)
    for at, key in enumerate(keys):
        places[key].append(at)
    kept = sorted((-len(at), key) for key, at in places.items() if len(at) >= limits.support)
    taken: Counter[str] = Counter()
    found = []
    for less, key in kept[: limits.fields]:
        mine = places[key]
        kind, levels = _kind([values[one] for one in mine], Counter(reads[one] for one in mine), limits)
        taken[kind] += 1
        slot = taken[kind] if taken[kind] <= limits.slots.get(kind, 0) else None
        found.append({"key": key, "kind": kind, "slot": slot, "filled": -less / rows, "levels": levels})
    return found


def _kind(values: Sequence[str], reads: Counter[str], limits: Limits) -> tuple[str, list[str] | None]:
    for kind in (NUMBER, BOOLEAN, DATE):
        if reads[kind] >= _MOST * len(values):
            return kind, None
    ranked = sorted((-count, value) for value, count in Counter(values).items() if count >= limits.support)
    top = ranked[: limits.levels]
    if -sum(less for less, _ in top) >= _COVERED * len(values):
        return CATEGORY, [value for _, value in top]
    return TEXT, None
