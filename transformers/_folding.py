"""Texts as plain words: case, accents and punctuation folded away."""

from __future__ import annotations

import re

from cleanco.clean import remove_accents
from rapidfuzz.utils import default_process

# The dot between two initials: S.A. is one word.
_BETWEEN_INITIALS = re.compile(r"(?<!\w)(\w)\.(?=\w(?!\w))")
# Letters that Unicode does not take apart.
_LIGATURES = str.maketrans({"æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe"})


def folded(text: str) -> str:
    """The text in lower case, without accents.

    Examples
    --------
    >>> folded("Cœur Łódź Straße")
    'coeur lodz strasse'
    """
    if text.isascii():  # most are, and cleanco looks at each letter
        return text.lower()
    plain: str = remove_accents(text.translate(_LIGATURES))
    return plain


def folded_words(text: str) -> list[str]:
    """The words of a text in lower case, without accents and punctuation.

    Examples
    --------
    >>> folded_words("Société Générale S.A.")
    ['societe', 'generale', 'sa']
    """
    return default_process(folded(_BETWEEN_INITIALS.sub(r"\1", text))).split()
