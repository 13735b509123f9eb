"""Whether a tenant's texts are categories, texts or neither, with the reason in words: plain Python, without Spark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tiltyard.transformers._term_choice import Rules, searchable

PIVOT, TERMS, IGNORE = "pivot", "terms", "ignore"


@dataclass(frozen=True)
class Measures:
    """What is known of a tenant's values in a column.

    Attributes
    ----------
    rows, filled : rows, and those with a text
    distinct : different texts; each one that is too long for a level counts
    levels : texts frequent enough to be levels
    coverage : share of the rows with a text whose text is a level
    length, spread : mean and standard deviation of the characters of a text
    """

    rows: int
    filled: int
    distinct: int
    levels: int
    coverage: float
    length: float
    spread: float


@dataclass(frozen=True)
class Limits:
    """Rows with a text that any decision needs, and what makes texts categories or texts."""

    support: int
    cardinality: int
    coverage: float
    spread: float


def decided(found: Measures, limits: Limits) -> tuple[str, str]:
    """The decision, and the sentence that says why.

    Examples
    --------
    >>> limits = Limits(support=10, cardinality=30, coverage=0.9, spread=1.0)
    >>> decided(Measures(200, 180, 4, 4, 1.0, 5.2, 1.1), limits)
    ('pivot', '4 different texts, and 4 levels cover 100% of the rows with a text')
    >>> decided(Measures(200, 180, 180, 0, 0.0, 8.0, 0.0), limits)
    ('ignore', '180 different texts without levels, all about 8 characters long: they look like keys')
    """
    different = f"{found.distinct} different texts"
    if found.filled < limits.support:
        return IGNORE, f"{found.filled} of {found.rows} rows hold a text, fewer than {limits.support}"
    few = found.distinct <= limits.cardinality or found.coverage >= limits.coverage
    if found.levels and few:
        covered = f"{found.levels} levels cover {found.coverage:.0%} of the rows with a text"
        return PIVOT, f"{different}, and {covered}"
    if found.spread < limits.spread:
        alike = f"all about {found.length:.0f} characters long: they look like keys"
        return IGNORE, f"{different} without levels, {alike}"
    return TERMS, f"{different} of {found.length:.0f} characters, give or take {found.spread:.0f}"


def decision(
    found: Mapping[str, Any],
    texts: Sequence[str],
    labels: Sequence[float | None],
    limits: Limits,
    rules: Rules,
) -> dict[str, Any]:
    """What SmartText's state says: decision, reason, and the terms where they are the way."""
    way, reason = decided(Measures(**found), limits)
    if way != TERMS:
        return {"decision": way, "reason": reason, "terms": None}
    terms = searchable(texts, labels, rules)
    if not terms:
        return {"decision": IGNORE, "reason": f"{reason}; no term is in enough of them", "terms": None}
    return {"decision": TERMS, "reason": f"{reason}; {len(terms)} terms", "terms": terms}
