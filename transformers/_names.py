"""How alike two names are: company names without legal forms, e-mail and web addresses as the name in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from cleanco.clean import prepare_default_terms, strip_punct
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.fuzz import token_set_ratio

from tiltyard.transformers._data import REMEMBERED
from tiltyard.transformers._folding import folded, folded_words

if TYPE_CHECKING:
    from tldextract import TLDExtract

# Letters of a text that are read. Domains have 253; what is longer is no name, and costs its length squared.
_READ = 256

# cleanco's own removal tries every form on each name; a look-up is quicker.
_FORMS = frozenset(tuple(words) for _, words in prepare_default_terms())
_LONGEST_FORM = max(map(len, _FORMS))

_MAIL_HOST = re.compile(r"[^\s@]@([\w.-]*\w)")
_WEB_ADDRESS = re.compile(r"\S+\.\S+")
# What joins words, and what keeps a legal form from being one: L'Oréal, "Acme (Pty) Ltd", "Acme,Inc."
_MARKS = str.maketrans("(),", "   ", "'’`")  # noqa: RUF001


def _jaro_winkler(one: str, other: str) -> float:
    # Domains have no spaces: "acmetools" is "acme tools".
    return float(JaroWinkler.similarity(one.replace(" ", ""), other.replace(" ", "")))


def _token_set(one: str, other: str) -> float:
    return float(token_set_ratio(one, other)) / 100


MEASURES: dict[str, Callable[[str, str], float]] = {"jaro_winkler": _jaro_winkler, "token_set": _token_set}


def similarities(
    measures: Sequence[str], ones: Sequence[str | None], others: Sequence[str | None]
) -> list[tuple[float, ...] | None]:
    """The measures of each pair, from 0 to 1; None where a text is None or has no letters."""
    # Companies recur in many pairs: each text is reduced once.
    names: dict[str | None, str] = {text: plain_name(text) for text in {*ones, *others} if text is not None}
    pairs = [(names.get(one), names.get(other)) for one, other in zip(ones, others, strict=True)]
    return [
        tuple(MEASURES[measure](one, other) for measure in measures) if one and other else None
        for one, other in pairs
    ]


def plain_name(text: str) -> str:
    """The name in a text, folded; empty if it has no letters.

    Examples
    --------
    >>> plain_name("Jane Doe <jane@acme-tools.co.uk>"), plain_name("ACME Tools, Ltd.")
    ('acme tools', 'acme tools')
    """
    return _plain(text[:_READ])


@lru_cache(REMEMBERED)
def _plain(text: str) -> str:
    read = text.translate(_MARKS)
    if mail := _MAIL_HOST.search(read):
        return _folded(_label(mail[1])[0])
    name = _without_forms(read)
    if _WEB_ADDRESS.fullmatch(name):
        label, suffix = _label(name)
        return _folded(label if suffix else name)
    return _folded(name)


@lru_cache(REMEMBERED)
def _folded(name: str) -> str:
    return " ".join(folded_words(_without_forms(name)))


def _without_forms(name: str) -> str:
    """Without the legal forms at the end, unless the name is nothing else."""
    words = name.split()
    plain = [strip_punct(folded(word)) for word in words]
    while form := _form_at_end(plain):
        del plain[-form:]
    return " ".join(words[: len(plain) or len(words)])


def _form_at_end(words: list[str]) -> int:
    """The number of words of the longest legal form that ends a name; 0 without one."""
    lengths = range(min(_LONGEST_FORM, len(words)), 0, -1)
    return next((length for length in lengths if tuple(words[-length:]) in _FORMS), 0)


@lru_cache(REMEMBERED)
def _label(host: str) -> tuple[str, str]:
    """The words of the label before a host's public suffix, and the suffix."""
    parts = _suffixes()(host)
    return parts.domain.replace("-", " "), parts.suffix


@cache
def _suffixes() -> TLDExtract:
    """The public suffixes as they came with tldextract: no network, no cache on disk."""
    # It imports an HTTP client, half a second that other stages need not wait.
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None)
