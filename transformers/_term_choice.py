"""Which terms of a tenant's texts are worth a slot: plain Python, without Spark."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist

# Share of choices on pure noise that may take a term for tied to the label, over all terms together.
_LUCK = 0.05

_Rows = tuple[int, ...]


@dataclass(frozen=True)
class Rules:
    """Which terms may be chosen.

    Attributes
    ----------
    top : terms chosen, at most
    support : texts a term needs
    share : share of the texts a term may be in, at most
    words : 1 for single words, 2 for pairs of neighbours too
    """

    top: int
    support: int
    share: float
    words: int


def searchable(texts: Sequence[str], labels: Sequence[float | None], rules: Rules) -> list[str]:
    """The chosen terms between two spaces: so a search in a text finds whole words only.

    Examples
    --------
    >>> searchable([" on time ", " on hold "], [None] * 2, Rules(top=1, support=2, share=1.0, words=1))
    [' on ']
    """
    return [f" {term} " for term in chosen(texts, labels, rules)]


def chosen(texts: Sequence[str], labels: Sequence[float | None], rules: Rules) -> list[str]:
    """The most useful terms of some texts, the best first.

    Without labels (all None) the weight of a term in a share p of the texts is p * log(1 / p): document
    frequency times inverse document frequency. Terms whose tie to the labels is more than luck come before
    all others, by chi-squared. Of terms in exactly the same texts the first one is kept: single words before
    pairs, then by the alphabet.

    Parameters
    ----------
    texts : lower-case words with spaces between them
    labels : one for each text

    Examples
    --------
    >>> texts = ["new york office", "new york hotel", "hotel in rome", "office in rome"]
    >>> chosen(texts, [None] * 4, Rules(top=3, support=2, share=0.9, words=2))
    ['hotel', 'in', 'new']
    """
    most = rules.share * len(texts)
    rows = {term: at for term, at in _rows_by_term(texts, rules).items() if len(at) <= most}
    ties = _ties(rows, labels)

    def place(term: str) -> tuple[float, float, int, str]:
        return -ties[term], -_weight(len(rows[term]) / len(texts)), term.count(" "), term

    different: dict[_Rows, str] = {}
    for term in sorted(rows, key=place):
        different.setdefault(rows[term], term)
    return list(different.values())[: rules.top]


def _rows_by_term(texts: Sequence[str], rules: Rules) -> dict[str, _Rows]:
    words = [text.split() for text in texts]
    found = _supported(words, rules.support)
    if rules.words > 1:
        # A pair has no more rows than its words have.
        pairs = [[f"{a} {b}" for a, b in pairwise(text) if a in found and b in found] for text in words]
        found |= _supported(pairs, rules.support)
    return found


def _supported(texts: Sequence[Sequence[str]], support: int) -> dict[str, _Rows]:
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for at, terms in enumerate(texts):
        for term in set(terms):
            rows[term].append(at)
    return {term: tuple(found) for term, found in rows.items() if len(found) >= support}


def _weight(share: float) -> float:
    return -share * math.log(share)


def _ties(rows: Mapping[str, _Rows], labels: Sequence[float | None]) -> dict[str, float]:
    """Chi-squared of each term with the labels, 0 for what luck explains (Bonferroni over all terms)."""
    known = {at: label for at, label in enumerate(labels) if label is not None and math.isfinite(label)}
    mean = math.fsum(known.values()) / max(len(known), 1)
    apart = {at: label - mean for at, label in known.items()}
    spread = math.fsum(value * value for value in apart.values())
    if not rows or spread == 0.0:
        return dict.fromkeys(rows, 0.0)
    limit = NormalDist().inv_cdf(1 - _LUCK / (2 * len(rows))) ** 2
    squares = {term: _chi_squared(at, apart, spread) for term, at in rows.items()}
    return {term: square if square > limit else 0.0 for term, square in squares.items()}


def _chi_squared(rows: _Rows, apart: Mapping[int, float], spread: float) -> float:
    """Rows times the squared correlation of having the term and the label: Pearson's statistic if it is 0 or 1."""
    have = [apart[at] for at in rows if at in apart]
    count, total = len(have), len(apart)
    if count in (0, total):
        return 0.0
    return math.fsum(have) ** 2 / (count * (1 - count / total)) / (spread / total)
