"""FieldTyper's rules: from facts about a column to its semantic type, with the evidence in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from pyspark.sql import types as T

from tiltyard.slots import plain_type
from tiltyard.transformers._field_facts import Facts

# Share of the values that must agree before a pattern names the type: data has typing errors.
_MOST = 0.9

# Nearly every value different, in a column that might name its rows.
_UNIQUE = 0.95

# Words of column names that say what the values are.
_ID_WORDS = {
    "id", "uuid", "guid", "key", "number", "no", "nr", "num", "serial", "ref", "reference", "ticket",
}  # fmt: skip
_CODE_WORDS = {
    "id", "code", "class", "category", "type", "group", "segment", "agent", "company", "store",
    "branch", "account", "channel",
}  # fmt: skip
# adr: average daily rate, in hotels
_MONEY_WORDS = {
    "price", "amount", "amt", "cost", "costs", "fare", "revenue", "salary", "wage", "charge", "charges",
    "spend", "spending", "income", "budget", "fee", "fees", "payment", "turnover", "sales", "usd",
    "eur", "gbp", "adr",
}  # fmt: skip
_PERCENT_WORDS = {"percent", "percentage", "pct", "rate", "ratio", "share", "proportion", "humidity", "humid"}
_PHONE_WORDS = {"phone", "mobile", "telephone", "tel", "cell", "fax"}
_PLACES = {
    "Country": {"country", "nation", "nationality"},
    "State": {"state", "province"},
    "City": {"city", "town"},
    "PostalCode": {"zip", "zipcode", "postal", "postcode", "postalcode", "plz"},
}
# Words that stand beside a place's without changing what it is: "billing state", but not "order state".
_BESIDE_PLACES = {
    "billing", "shipping", "mailing", "home", "work", "address", "customer", "company", "name", "code",
    "birth", "us", "of", "origin", "destination", "residence",
}  # fmt: skip


class Finding(NamedTuple):
    """A semantic type, how sure it is (0 to 1), and why."""

    type: str
    confidence: float
    evidence: str


def finding(facts: Facts) -> Finding:
    """The semantic type of a column: the first rule that has an answer."""
    for rule in _RULES:
        found = rule(facts, words_of(facts.name))
        if found is not None:
            return found
    raise AssertionError("the last rule always answers")


def words_of(name: str) -> list[str]:
    """The words of a column name, in lower case; "customerID" is customer, id."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return [word.lower() for word in re.split(r"[^A-Za-z0-9]+", spaced) if word]


def _declared(facts: Facts, words: list[str]) -> Finding | None:
    kind = facts.data_type
    if isinstance(kind, T.BooleanType | T.DateType | T.TimestampType | T.TimestampNTZType):
        return Finding(plain_type(kind), 1.0, f"the column's own type is {kind.simpleString()}")
    if isinstance(kind, T.ArrayType) and isinstance(kind.elementType, T.StringType):
        return Finding("MultiCategory", 1.0, "the column holds lists of texts")
    if isinstance(kind, T.StringType | T.NumericType):
        return None
    return Finding("Text", 0.5, f"no stage reads the column's own type {kind.simpleString()[:60]}")


def _empty(facts: Facts, words: list[str]) -> Finding | None:
    if facts.values:
        return None
    return Finding(
        plain_type(facts.data_type), 0.0, f"no values in {facts.rows} rows: the column's own type decides"
    )


def _two_values(facts: Facts, words: list[str]) -> Finding | None:
    named = ", ".join(repr(value) for value in facts.examples)
    if facts.shares["yes_no"] == 1 and facts.distinct <= 2:
        return Finding("Binary", 1.0, f"all values are {named}")
    if facts.distinct == 2 and facts.numbers < _MOST:
        return Finding("Binary", 0.9, f"there are two values, {named}")
    return None


def _by_pattern(facts: Facts, words: list[str]) -> Finding | None:
    for pattern, (kind, what) in _BY_PATTERN.items():
        share = facts.shares[pattern]
        if share >= _MOST:
            return Finding(kind, share, f"{share:.0%} of the values look like {what}")
    return None


def _phone(facts: Facts, words: list[str]) -> Finding | None:
    share = facts.shares["phone"]
    named = bool(_PHONE_WORDS & set(words))
    if share >= _MOST and (named or facts.shares["phone_marks"] >= _MOST):
        return Finding("Phone", share, f"{share:.0%} of the values look like phone numbers")
    return None


def _place(facts: Facts, words: list[str]) -> Finding | None:
    for kind, names in _PLACES.items():
        if names & set(words) and set(words) <= names | _BESIDE_PLACES and not _is_measure(facts):
            seen = f"{facts.distinct} different values such as {facts.examples[0]!r}"
            return Finding(kind, 0.8, f"the name says so, with {seen}")
    return None


def _number_id(facts: Facts, words: list[str]) -> Finding | None:
    if not _is_number(facts) or facts.whole < 1 or facts.unique < _UNIQUE:
        return None
    named = bool(_ID_WORDS & set(words))
    # Whole numbers without a unit, all different and close together, count the rows.
    bare = max(facts.shares["currency"], facts.shares["percent"]) < _MOST
    dense = bare and facts.unique == 1 and facts.high - facts.low < 3 * facts.values >= 300
    if named or dense:
        why = "the name says so" if named else "they run without large gaps"
        return Finding("Id", 0.9, f"{facts.unique:.0%} of the whole numbers are different, and {why}")
    return None


def _number_code(facts: Facts, words: list[str]) -> Finding | None:
    if not _is_number(facts) or facts.whole < 1:
        return None
    named = next((word for word in words if word in _CODE_WORDS or word.endswith("class")), None)
    if named is None or words[-1] in {"count", "age", "days"}:
        return None
    return Finding(
        "Category", 0.7, f"whole numbers with the word '{named}' in the name, {facts.distinct} of them"
    )


def _number(facts: Facts, words: list[str]) -> Finding | None:
    if not _is_number(facts):
        return None
    span = f"numbers from {facts.low:.15g} to {facts.high:.15g}"
    if facts.shares["currency"] >= _MOST:
        return Finding("Currency", facts.shares["currency"], f"{span} with a currency sign")
    if facts.shares["percent"] >= _MOST:
        return Finding("Percent", facts.shares["percent"], f"{span} with a percent sign")
    if money := _MONEY_WORDS & set(words):
        return Finding("Currency", 0.8, f"{span}, and '{min(money)}' in the name")
    if (part := _PERCENT_WORDS & set(words)) and facts.low >= 0 and facts.high <= 100:
        return Finding("Percent", 0.8, f"{span}, and '{min(part)}' in the name")
    if facts.whole == 1:
        return Finding("Integral", 0.9, f"whole {span}, {facts.distinct} of them")
    return Finding("Real", 0.9, span)


def _text_id(facts: Facts, words: list[str]) -> Finding | None:
    single = facts.words < 1.5 and facts.shares["digit"] >= 0.8 and facts.values >= 20
    named = bool(_ID_WORDS & set(words))
    if (facts.unique >= _UNIQUE and (single or named)) or (named and single and facts.unique >= 0.5):
        why = ", and the name says so" if named else ", single words with digits"
        return Finding("Id", 0.9, f"{facts.unique:.0%} of the values are different{why}")
    return None


def _text_list(facts: Facts, words: list[str]) -> Finding | None:
    share = facts.shares["list"]
    if share < 0.2 or facts.words > 12:
        return None
    return Finding("MultiCategory", 0.7, f"{share:.0%} of the values are lists with ';' or '|'")


def _text_job(facts: Facts, words: list[str]) -> Finding | None:
    share = facts.shares["job"]
    named = "jobtitle" in words or {"job", "title"} <= set(words)
    if named or (share >= 0.5 and {"title", "position", "role", "occupation", "job"} & set(words)):
        return Finding(
            "JobTitle", 0.8, f"{share:.0%} of the values hold a word of job titles, and the name says so"
        )
    return None


def _text_company(facts: Facts, words: list[str]) -> Finding | None:
    share = facts.shares["company"]
    named = bool({"company", "employer", "organization", "organisation"} & set(words))
    if (named and facts.words < 6) or share >= 0.5:
        why = ", and the name says so" if named else ""
        return Finding("Company", 0.8, f"{share:.0%} of the values end like a company's name{why}")
    return None


def _text(facts: Facts, words: list[str]) -> Finding | None:
    long = facts.words >= 4 and facts.unique >= 0.3
    named = facts.words >= 1.8 and facts.unique >= 0.5 and facts.distinct >= 20
    if long or named:
        return Finding(
            "Text", 0.9, f"{facts.words:.1f} words a value, {facts.unique:.0%} of the values different"
        )
    return None


def _category(facts: Facts, words: list[str]) -> Finding | None:
    few = facts.distinct <= 100 or facts.unique < 0.1
    named = ", ".join(repr(value[:40]) for value in facts.examples)
    return Finding("Category", 0.9 if few else 0.6, f"{facts.distinct} different values, most often {named}")


def _is_number(facts: Facts) -> bool:
    return isinstance(facts.data_type, T.NumericType) or facts.numbers >= _UNIQUE


def _is_measure(facts: Facts) -> bool:
    return _is_number(facts) and facts.whole < 1


_BY_PATTERN = {
    "email": ("Email", "e-mail addresses"),
    "url": ("URL", "web addresses"),
    "uuid": ("Id", "UUIDs"),
    "geolocation": ("Geolocation", "pairs of latitude and longitude"),
    "timestamp": ("Timestamp", "timestamps"),
    "date": ("Date", "dates"),
}

_Rule = Callable[[Facts, list[str]], Finding | None]

# In this order: what a column is declared to be, then its values, then its name, then its shape.
_RULES: tuple[_Rule, ...] = (
    _declared, _empty, _two_values, _by_pattern, _phone, _place, _number_id, _number_code, _number,
    _text_list, _text_id, _text_job, _text_company, _text, _category,
)  # fmt: skip
