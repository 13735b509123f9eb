"""Host names: their syntax, their one form in DNS, and where they stand below the public suffixes."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

import idna
from tldextract import TLDExtract

# Java's regular expressions. Labels of 63 characters at most, letters of any script; the last one has no digits
# (or is in DNS's ASCII form), so that numbers with dots are no names. The repetition is bounded, since Java's
# matcher goes one call deeper with each.
_LABEL = r"[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?"
_TOP = r"(?:xn--[a-z0-9-]{1,58}[a-z0-9]|[\p{L}\p{M}]{2,63})"
NAME = rf"(?:{_LABEL}\.){{1,126}}{_TOP}"

# Around an address: blanks of any kind, as left by copying.
BLANKS = r"[\s\p{Z}]*+"


def canonical(host: str) -> str:
    """A host in lower case and DNS's ASCII form (IDNA 2008, UTS 46); one that IDNA forbids only in lower case.

    Examples
    --------
    >>> canonical("Bücher.Example")
    'xn--bcher-kva.example'
    """
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return host.lower()


def registered(host: str) -> tuple[str | None, str | None]:
    """The domain somebody registered and its public suffix, each None where there is none.

    Examples
    --------
    >>> registered("news.bbc.co.uk"), registered("co.uk"), registered("printer.local")
    (('bbc.co.uk', 'co.uk'), (None, 'co.uk'), (None, None))
    """
    found = _public_suffixes()(host)
    return found.top_domain_under_public_suffix or None, found.suffix or None


def listed(host: str, domains: Collection[str]) -> bool:
    """Whether a host is one of some domains or below one.

    Examples
    --------
    >>> listed("eu.example.org", {"example.org"}), listed("myexample.org", {"example.org"})
    (True, False)
    """
    labels = host.split(".")
    return any(".".join(labels[at:]) in domains for at in range(len(labels)))


@cache
def _public_suffixes() -> TLDExtract:
    # The list inside the installed package: nothing is downloaded, nothing kept on disk.
    return TLDExtract(suffix_list_urls=(), cache_dir=None)
