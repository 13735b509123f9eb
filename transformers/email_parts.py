"""EmailParts: whether an e-mail address is well formed, and what its domain tells."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from disposable_email_domains import blocklist
from pyspark import keyword_only
from pyspark.ml.param import Param, Params
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.params import some_of
from tiltyard.slots import CATEGORICAL, NUMERIC
from tiltyard.transformers._data import REMEMBERED, data_lines
from tiltyard.transformers._domains import BLANKS, NAME, canonical, listed, registered
from tiltyard.transformers._texts import Compute, Part, TextParts

PARTS = {
    "valid": Part(T.BooleanType(), NUMERIC),
    "domain": Part(T.StringType(), CATEGORICAL),
    "registered_domain": Part(T.StringType(), CATEGORICAL),
    "free_mail": Part(T.BooleanType(), NUMERIC),
    "disposable": Part(T.BooleanType(), NUMERIC),
}

# Words joined by single dots (RFC 5322's dot-atom), letters of any script (RFC 6531). The lengths of RFC 5321,
# 64 characters before the @ and 254 in all, are looked at first: they bound the matcher's work.
_WORD = r"[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+"
_LENGTHS = rf"(?=[^@]{{1,64}}@)(?=\S{{3,254}}{BLANKS}\z)"
_ADDRESS = rf"(?i)\A{BLANKS}{_LENGTHS}{_WORD}(?:\.{_WORD})*@({NAME}){BLANKS}\z"


class EmailParts(TextParts):
    """Say of e-mail addresses whether they are well formed, and whose domain they belong to.

    `valid` is a check of the syntax; nobody asks DNS or the mailbox. Blanks around the address do not count.
    Null stays null in all parts; a text that is no address, an empty one included, has `valid` false and null
    for all else. No job, no shuffle; `valid` is Spark's own expression, the other parts cost a call of Python
    for each batch of rows, with its distinct domains.

    Parameters
    ----------
    inputCols : text columns of single addresses, without a name before them
    parts : some of "valid", "domain", "registered_domain", "free_mail", "disposable"; default all

    Notes
    -----
    Output columns are called `<input>__<part>`:

    - valid, boolean. Addresses with quotes, comments or an IP address are not taken for valid.
    - domain, text: what follows the @, in lower case and DNS's ASCII form ("xn--...").
    - registered_domain, text: the domain somebody registered, "bbc.co.uk" of "news.bbc.co.uk"; null for an
      ending that is not in the public suffix list. Its private section does not count: "github.io" is one.
    - free_mail, boolean: a provider of mailboxes for private persons, from a list in this package of those most
      used in the world, so that false is no proof of a company.
    - disposable, boolean: mailboxes to throw away, from the list of the package disposable-email-domains.

    The public suffixes come with the package tldextract, the disposable domains with theirs: the same versions
    give the same answers.

    Examples
    --------
    >>> rows = [("Ann.Lee@News.BBC.co.uk",), ("joe@gmail.com",), ("joe@mailinator.com",), ("joe at home",)]
    >>> frame = spark.createDataFrame(rows, "email string")
    >>> made = EmailParts(inputCols=["email"]).transform(frame).drop("email")
    >>> made.toDF(*[name.removeprefix("email__") for name in made.columns]).show()
    +-----+--------------+-----------------+---------+----------+
    |valid|        domain|registered_domain|free_mail|disposable|
    +-----+--------------+-----------------+---------+----------+
    | true|news.bbc.co.uk|        bbc.co.uk|    false|     false|
    | true|     gmail.com|        gmail.com|     true|     false|
    | true|mailinator.com|   mailinator.com|    false|      true|
    |false|          NULL|             NULL|     NULL|      NULL|
    +-----+--------------+-----------------+---------+----------+
    """

    parts: Param[list[str]] = Param(Params._dummy(), "parts", "which parts to give", some_of(*PARTS))

    @keyword_only
    def __init__(self, *, inputCols: list[str] | None = None, parts: list[str] | None = None) -> None:
        super().__init__()
        self._setDefault(parts=list(PARTS))
        self._set(**self._input_kwargs)

    def _parts(self) -> dict[str, Part]:
        return {name: PARTS[name] for name in self.getOrDefault(self.parts)}

    def _native(self, text: Column) -> dict[str, Column]:
        return {"valid": _domain(text) != ""}

    # Python for the public suffixes and for IDNA, which Spark does not know; it gets the domains, since far
    # fewer of them than of addresses are distinct.
    def _arguments(self, schema: T.StructType, text: Column) -> list[Column]:
        return [F.nullif(F.lower(_domain(text)), F.lit(""))]

    def _compute(self) -> Compute:
        return _of_domains


def _domain(text: Column) -> Column:
    """What follows the @ of an address, empty for any other text."""
    return F.regexp_extract(text, _ADDRESS, 1)


@lru_cache(REMEMBERED)
def domain_parts(written: str) -> dict[str, Any]:
    """All parts that depend on the domain alone.

    Examples
    --------
    >>> domain_parts("web.de")
    {'domain': 'web.de', 'registered_domain': 'web.de', 'free_mail': True, 'disposable': False}
    """
    domain = canonical(written)
    return {
        "domain": domain,
        "registered_domain": registered(domain)[0],
        "free_mail": listed(domain, _free_mail()),
        "disposable": listed(domain, blocklist),
    }


def _of_domains(domains: Sequence[str | None]) -> list[dict[str, Any] | None]:
    return [None if domain is None else domain_parts(domain) for domain in domains]


@cache
def _free_mail() -> frozenset[str]:
    return frozenset(data_lines("free_mail.txt"))
