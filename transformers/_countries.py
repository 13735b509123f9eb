"""Countries by their ISO 3166 codes."""

from __future__ import annotations


def iso_code(text: str | None) -> str | None:
    """The two-letter code a text names, None for none.

    Examples
    --------
    >>> iso_code(" de ")
    'DE'
    """
    code = (text or "").strip().upper()
    return code if len(code) == 2 and code.isascii() and code.isalpha() else None
