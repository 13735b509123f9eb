"""What a column is called: the words of its name or comment, and which of them say what the values are."""

from __future__ import annotations

import re
from dataclasses import dataclass

ID = frozenset(
    {
        "id", "uuid", "guid", "uid", "pk", "key", "number", "no", "nr", "num", "serial", "ref", "reference",
        "ticket", "sku", "isbn", "iban", "vin", "imei", "ssn", "hash", "token",
    }
)  # fmt: skip
# Names of the running number that tools write in front of a table; "c0" is Spark's for a column without one.
ROW = frozenset({"index", "row", "rownum", "rowid", "unnamed", "c0"})
CODE = frozenset(
    {
        "id", "code", "class", "category", "type", "group", "segment", "agent", "company", "store",
        "branch", "account", "channel",
    }
)  # fmt: skip
# adr: average daily rate, in hotels
MONEY = frozenset(
    {
        "price", "amount", "amt", "cost", "costs", "fare", "revenue", "salary", "wage", "wages", "charge",
        "charges", "spend", "spending", "income", "budget", "fee", "fees", "payment", "payments",
        "turnover", "sales", "bill", "invoice", "rent", "earnings", "profit", "debt", "mrr", "usd", "eur",
        "gbp", "dollars", "euros", "adr",
    }
)  # fmt: skip
PERCENT = frozenset(
    {"percent", "percentage", "pct", "rate", "ratio", "share", "proportion", "humidity", "humid"}
)
# Rates that are no shares of anything: of a heart, of an hour's work, between currencies.
NO_SHARE = frozenset({"heart", "pulse", "hourly", "daily", "exchange", "frame", "sample", "sampling", "bit"})
# What a name counts or names beside a word of money or of identity: "payment days" are days.
COUNT = frozenset(
    {
        "count", "counts", "number", "num", "no", "nr", "quantity", "qty", "age", "rank", "score", "size",
        "level", "duration", "term", "frequency", "year", "years", "month", "months", "week", "weeks", "day",
        "days", "hour", "hours", "minutes", "seconds", "date",
    }
)  # fmt: skip
PHONE = frozenset({"phone", "mobile", "telephone", "tel", "cell", "fax"})
COMPANY = frozenset({"company", "employer", "organization", "organisation"})
JOB = frozenset({"title", "position", "role", "occupation", "job"})
PLACES = {
    "Country": frozenset({"country", "nation", "nationality"}),
    "State": frozenset({"state", "province"}),
    "City": frozenset({"city", "town", "municipality"}),
    "PostalCode": frozenset({"zip", "zipcode", "postal", "postcode", "postalcode", "plz"}),
}
# Names of what is written again and again until a record is closed, so maybe after its outcome.
LATE = frozenset(
    {
        "last", "latest", "final", "closed", "close", "closing", "ended", "ending", "outcome", "result",
        "resolution", "status", "updated", "modified", "lost", "won", "cancelled", "canceled",
    }
)  # fmt: skip
# Words that stand beside a place's without changing what it is: "billing state", but not "order state".
BESIDE_PLACES = frozenset(
    {
        "billing", "shipping", "mailing", "home", "work", "address", "customer", "company", "name", "code",
        "birth", "us", "of", "origin", "destination", "residence", "iso", "contact", "account",
    }
)  # fmt: skip

# What follows one of these says more about the word before it.
_BREAKS = frozenset(
    {
        "of", "for", "in", "from", "to", "per", "by", "at", "on", "with", "until", "since", "after", "before",
        "when", "where", "that", "which", "last", "past", "previous",
    }
)  # fmt: skip
_ARTICLES = frozenset({"the", "a", "an", "this", "its", "s", "is", "and"})

# A longer comment is about more than what the values are.
_MOST_WORDS = 8


@dataclass(frozen=True)
class Said:
    """Words about a column, in lower case, and what they were read from: its "name" or its "comment"."""

    words: tuple[str, ...]
    where: str = "name"

    @property
    def head(self) -> str:
        """The word that the others describe: "price" of "unit price", "days" of "days until payment"."""
        for before, word in zip(self.words, self.words[1:], strict=False):
            if word in _BREAKS or word.isdigit():
                return before
        return self.words[-1] if self.words else ""

    @property
    def counts(self) -> bool:
        """Whether the words are about how many or how long: "number of fees", "num visits", "payment days"."""
        of = any(
            pair[0] in COUNT and pair[1] == "of" for pair in zip(self.words, self.words[1:], strict=False)
        )
        first = len(self.words) > 1 and self.words[0] in {"num", "no", "nr"}
        return of or first or self.head in COUNT - ID

    def any(self, known: frozenset[str]) -> str | None:
        """The first word that is one of these."""
        return next((word for word in self.words if word in known), None)


def by_name(name: str) -> Said:
    """The words of a column name.

    >>> by_name("customerID").words
    ('customer', 'id')
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return Said(_words(spaced))


def by_comment(comment: str) -> Said | None:
    """The words of a column comment up to its first comma or full stop; None where that is a longer text.

    >>> by_comment("The country of residence, as ISO code").words
    ('country', 'of', 'residence')
    """
    phrase = re.split(r"[.,;:()\n]", comment.strip(), maxsplit=1)[0]
    words = tuple(word for word in _words(phrase) if word not in _ARTICLES)
    return Said(words, "comment") if 0 < len(words) <= _MOST_WORDS else None


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in re.split(r"[^A-Za-z0-9]+", text) if word)
