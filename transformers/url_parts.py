"""UrlParts: host, registered domain and shape of web addresses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pyspark import keyword_only
from pyspark.ml.param import Param, Params
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.params import some_of
from tiltyard.slots import CATEGORICAL, NUMERIC
from tiltyard.transformers._data import REMEMBERED
from tiltyard.transformers._domains import BLANKS, NAME, canonical, registered
from tiltyard.transformers._texts import Compute, Part, TextParts

PARTS = {
    "valid": Part(T.BooleanType(), NUMERIC),
    "domain": Part(T.StringType(), CATEGORICAL),
    "registered_domain": Part(T.StringType(), CATEGORICAL),
    "suffix": Part(T.StringType(), CATEGORICAL),
    "secure": Part(T.BooleanType(), NUMERIC),
    "path_depth": Part(T.IntegerType(), NUMERIC),
    "has_query": Part(T.BooleanType(), NUMERIC),
}

# A user's name needs a scheme before it: without one, "ann@example.org" would be an address of the web.
_START = r"(?:(https?)://(?:[^\s\p{Z}/?#@]*@)?)?"
_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
# 253 characters at most (RFC 1035), not counting the dot that may end a name.
_LENGTH = r"(?=[^\s\p{Z}/?#:]{1,253}\.?(?:[\s\p{Z}/?#:]|\z))"
_HOST = rf"{_LENGTH}({NAME}|(?:{_BYTE}\.){{3}}{_BYTE})\.?(?::\d*)?"
_END = r"(/[^\s\p{Z}?#]*)?(?:\?([^\s\p{Z}#]*))?(?:#[^\s\p{Z}]*)?"
_ADDRESS = rf"(?i)\A{BLANKS}{_START}{_HOST}{_END}{BLANKS}\z"
# Matched once for all parts: an address becomes its groups, each behind a mark that no address holds.
_MARK = "\x01"
_GROUPS = "".join(f"{_MARK}${group}" for group in (1, 2, 3, 4))
_SCHEME, _HOSTNAME, _PATH, _QUERY = 1, 2, 3, 4


class UrlParts(TextParts):
    """Say of web addresses whether they are well formed, whose domain they belong to, and how they are built.

    Addresses have the scheme http, https or none: "www.example.org/a" is valid and not secure. Blanks around
    the address do not count. Null stays null in all parts; a text that is no web address, an empty one
    included, has `valid` false and null for all else. No job, no shuffle; `domain`, `registered_domain` and
    `suffix` cost a call of Python for each batch of rows, with its distinct hosts, the other parts are Spark's
    own expressions.

    Parameters
    ----------
    inputCols : text columns of single addresses
    parts : some of "valid", "domain", "registered_domain", "suffix", "secure", "path_depth", "has_query";
        default all

    Notes
    -----
    Output columns are called `<input>__<part>`:

    - valid, boolean: a check of the syntax; nobody asks DNS or the server. Hosts are names with a dot or IPv4
      addresses. Without a scheme any words joined by a dot are valid, such as "letter.doc": their `suffix` is
      null.
    - domain, text: the host, in lower case and DNS's ASCII form ("xn--..."), with its "www.".
    - registered_domain, text: the domain somebody registered, "bbc.co.uk" of "news.bbc.co.uk"; null for IP
      addresses and for an ending that is not in the public suffix list. Its private section does not count:
      "github.io" is one.
    - suffix, text: the public suffix, "co.uk" of "news.bbc.co.uk"; null as above.
    - secure, boolean: the scheme is https.
    - path_depth, integer: names between slashes after the host, 2 of "/a/b/" and 0 of "/".
    - has_query, boolean: something follows a question mark.

    The public suffixes come with the package tldextract: the same version gives the same answers.

    Examples
    --------
    >>> rows = [("https://News.BBC.co.uk/a/b?page=2",), ("www.example.org",), ("none",)]
    >>> frame = spark.createDataFrame(rows, "site string")
    >>> made = UrlParts(inputCols=["site"]).transform(frame).drop("site")
    >>> made.toDF(*[name.removeprefix("site__") for name in made.columns]).show()
    +-----+---------------+-----------------+------+------+----------+---------+
    |valid|         domain|registered_domain|suffix|secure|path_depth|has_query|
    +-----+---------------+-----------------+------+------+----------+---------+
    | true| news.bbc.co.uk|        bbc.co.uk| co.uk|  true|         2|     true|
    | true|www.example.org|      example.org|   org| false|         0|    false|
    |false|           NULL|             NULL|  NULL|  NULL|      NULL|     NULL|
    +-----+---------------+-----------------+------+------+----------+---------+
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
        return {
            "valid": _matched(text) != text,
            "secure": F.lower(_group(text, _SCHEME)) == "https",
            "path_depth": F.regexp_count(_group(text, _PATH), F.lit("[^/]+")),
            "has_query": _group(text, _QUERY) != "",
        }

    # Python for the public suffixes and for IDNA, which Spark does not know; it gets the hosts, since far fewer
    # of them than of addresses are distinct.
    def _arguments(self, schema: T.StructType, text: Column) -> list[Column]:
        return [F.lower(_group(text, _HOSTNAME))]

    def _compute(self) -> Compute:
        return _of_hosts


@lru_cache(REMEMBERED)
def host_parts(written: str) -> dict[str, Any]:
    """All parts that depend on the host alone.

    Examples
    --------
    >>> host_parts("www.example.org")
    {'domain': 'www.example.org', 'registered_domain': 'example.org', 'suffix': 'org'}
    """
    domain = canonical(written)
    registered_domain, suffix = registered(domain)
    return {"domain": domain, "registered_domain": registered_domain, "suffix": suffix}


def _of_hosts(hosts: Sequence[str | None]) -> list[dict[str, Any] | None]:
    return [None if host is None else host_parts(host) for host in hosts]


def _matched(text: Column) -> Column:
    """An address as its marked groups; any other text as it is."""
    return F.regexp_replace(text, _ADDRESS, _GROUPS)


def _group(text: Column, group: int) -> Column:
    """A group of an address, empty if it has none; null for other texts."""
    return F.when(_matched(text) != text, F.get(F.split(_matched(text), _MARK), F.lit(group)))
