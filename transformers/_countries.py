"""Countries: from what people write to the ISO 3166-1 code of two letters."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from tiltyard.transformers._data import data_lines

_WORD = re.compile(r"[^\W_]+")


# A column of countries holds few texts many times; the bound is for columns that hold something else.
@lru_cache(maxsize=10_000)
def iso_code(text: str | None) -> str | None:
    """The two-letter code of a country, None for a text that names none and for None.

    Parameters
    ----------
    text : a code of two or three letters, or an English name, official, usual or older; own names of some
        countries too. Case, accents, punctuation and "the" do not matter.

    Notes
    -----
    Codes are taken literally: "NA" is Namibia, "CA" Canada and "GA" Gabon. "N/A" is no country.

    Examples
    --------
    >>> [iso_code(text) for text in ("Germany", "usa", " GBR ", "Côte d'Ivoire", "Korea, Republic of", "N/A")]
    ['DE', 'US', 'GB', 'CI', 'KR', None]
    """
    if text is None:
        return None
    return _codes().get(text.strip().upper()) or _names().get(_key(text))


def _key(name: str) -> str:
    """The letters of a name: equal for the ways to write it."""
    folded = unicodedata.normalize("NFKD", name.casefold().replace("&", " and "))
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return "".join("saint" if word == "st" else word for word in _WORD.findall(plain) if word != "the")


@cache
def _codes() -> dict[str, str]:
    return {code: two for two, three, _ in _table() for code in (two, three)}


@cache
def _names() -> dict[str, str]:
    return {_key(name): two for two, _, names in _table() for name in names}


def _table() -> list[tuple[str, str, list[str]]]:
    """Both codes and the names of every country."""
    lines = [line.split(" ", 2) for line in data_lines("countries.txt")]
    return [(two, three, names.split("; ")) for two, three, names in lines]
