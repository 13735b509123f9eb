"""FieldTyper's rules: from facts about a column to its semantic type, with the evidence in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pyspark.sql import types as T

from tiltyard.slots import plain_type
from tiltyard.transformers import _field_words as words
from tiltyard.transformers._field_facts import Facts
from tiltyard.transformers._field_words import Said, by_comment, by_name
from tiltyard.transformers._places import coordinates

# Share of the values that must agree before a pattern names the type: data has typing errors.
_MOST = 0.9

# Nearly every value different, in a column that might name its rows.
_UNIQUE = 0.95

# Below it values repeat so often that they say something of other rows: tickets of families, customers of orders.
_REPEATED = 0.8

# Values that must be different before it says something about the column, and not only about a small table.
_MANY = 100


class Finding(NamedTuple):
    """A semantic type, how sure it is (0 to 1), and why."""

    type: str
    confidence: float
    evidence: str


def finding(facts: Facts) -> Finding:
    """The semantic type of a column, from its name; from its comment where the name changes nothing."""
    found = _first(facts, by_name(facts.name))
    comment = by_comment(facts.comment)
    if comment is None or found.type != _first(facts, Said(())).type:
        return found
    return _first(facts, comment)


def _first(facts: Facts, said: Said) -> Finding:
    for rule in _RULES:
        found = rule(facts, said)
        if found is not None:
            return found
    raise AssertionError("the last rule always answers")


def _declared(facts: Facts, said: Said) -> Finding | None:
    kind = facts.data_type
    if isinstance(kind, T.BooleanType | T.DateType | T.TimestampType | T.TimestampNTZType):
        return Finding(plain_type(kind), 1.0, f"the column's own type is {kind.simpleString()}")
    if isinstance(kind, T.ArrayType) and isinstance(kind.elementType, T.StringType):
        return Finding("MultiCategory", 1.0, "the column holds lists of texts")
    if isinstance(kind, T.MapType) and all(
        isinstance(part, T.StringType) for part in (kind.keyType, kind.valueType)
    ):
        return Finding("Custom", 1.0, "the column holds texts by name")
    if place := coordinates(kind):
        return Finding("Geolocation", 1.0, f"the column holds {' and '.join(place)}")
    if isinstance(kind, T.StringType | T.NumericType):
        return None
    return Finding("Other", 1.0, f"no stage reads the column's own type {kind.simpleString()[:60]}")


def _empty(facts: Facts, said: Said) -> Finding | None:
    if facts.values:
        return None
    return Finding(
        plain_type(facts.data_type), 0.0, f"no values in {facts.rows} rows: the column's own type decides"
    )


def _two_values(facts: Facts, said: Said) -> Finding | None:
    named = ", ".join(repr(value) for value in facts.examples)
    if facts.shares["yes_no"] == 1 and facts.distinct <= 2:
        return Finding("Binary", 1.0, f"all values are {named}")
    if facts.distinct == 2 and facts.numbers < _MOST:
        return Finding("Binary", 0.9, f"there are two values, {named}")
    return None


def _by_pattern(facts: Facts, said: Said) -> Finding | None:
    for pattern, (kind, what) in _BY_PATTERN.items():
        share = facts.shares[pattern]
        if share >= _MOST:
            return Finding(kind, share, f"{share:.0%} of the values look like {what}")
    return None


def _phone(facts: Facts, said: Said) -> Finding | None:
    share = facts.shares["phone"]
    if share >= _MOST and (said.any(words.PHONE) or facts.shares["phone_marks"] >= _MOST):
        return Finding("Phone", share, f"{share:.0%} of the values look like phone numbers")
    return None


def _place(facts: Facts, said: Said) -> Finding | None:
    if _is_number(facts) and facts.whole < 1:
        return None
    for kind, names in words.PLACES.items():
        if said.any(names) and set(said.words) <= names | words.BESIDE_PLACES:
            if kind == "State" and facts.shares["status"] >= 0.3:  # of an order, not of a federation
                return None
            seen = f"{facts.distinct} different values such as {facts.examples[0]!r}"
            return Finding(kind, 0.8, f"the {said.where} says so, with {seen}")
    return None


def _number_id(facts: Facts, said: Said) -> Finding | None:
    if not _is_number(facts) or facts.whole < 1 or facts.unique < _UNIQUE:
        return None
    named = said.any(words.ID | words.ROW) and not said.counts
    # Whole numbers without a unit, all different and close together, count the rows.
    bare = max(facts.shares["currency"], facts.shares["percent"]) < _MOST
    dense = bare and facts.unique == 1 and facts.high - facts.low < 3 * facts.values >= 3 * _MANY
    if named or dense:
        why = f"the {said.where} says so" if named else "they run without large gaps"
        return Finding("Id", 0.9, f"{facts.unique:.0%} of the whole numbers are different, and {why}")
    return None


def _number_code(facts: Facts, said: Said) -> Finding | None:
    if not _is_number(facts) or facts.whole < 1 or said.counts:
        return None
    if said.head in words.CODE or said.head.endswith("class"):
        seen = f"{facts.distinct} of them"
        return Finding(
            "Category", 0.7, f"whole numbers with the word '{said.head}' in the {said.where}, {seen}"
        )
    return None


def _number_unit(facts: Facts, said: Said) -> Finding | None:
    if not _is_number(facts):
        return None
    for pattern, kind, what in (("currency", "Currency", "currency"), ("percent", "Percent", "percent")):
        share = facts.shares[pattern]
        if share >= _MOST:
            return Finding(kind, share, f"{_span(facts)} with a {what} sign")
    if said.counts or said.head in words.CODE:
        return None
    part, money = said.any(words.PERCENT), said.any(words.MONEY)
    if part and not said.any(words.NO_SHARE) and facts.low >= 0 and facts.high <= 100:
        return Finding("Percent", 0.8, f"{_span(facts)}, and '{part}' in the {said.where}")
    if money:
        return Finding("Currency", 0.8, f"{_span(facts)}, and '{money}' in the {said.where}")
    return None


def _number(facts: Facts, said: Said) -> Finding | None:
    if not _is_number(facts):
        return None
    if facts.whole == 1:
        return Finding("Integral", 0.9, f"whole {_span(facts)}, {facts.distinct} of them")
    return Finding("Real", 0.9, _span(facts))


def _text_list(facts: Facts, said: Said) -> Finding | None:
    share = facts.shares["list"]
    if share < 0.2 or facts.words > 12:
        return None
    return Finding("MultiCategory", 0.7, f"{share:.0%} of the values are lists with ';' or '|'")


def _text_id(facts: Facts, said: Said) -> Finding | None:
    named = said.any(words.ID)
    single = facts.words < 1.5 and facts.shares["digit"] >= 0.8 and facts.values >= 20
    bare = facts.words == 1 and facts.unique == 1 and facts.values >= _MANY
    if (
        (facts.unique >= _UNIQUE and (single or named))
        or (named and single and facts.unique >= _REPEATED)
        or bare
    ):
        why = f", and the {said.where} says so" if named else ", single words"
        return Finding(
            "Id", 0.9 if named or single else 0.7, f"{facts.unique:.0%} of the values are different{why}"
        )
    return None


def _text_job(facts: Facts, said: Said) -> Finding | None:
    share = facts.shares["job"]
    named = "jobtitle" in said.words or {"job", "title"} <= set(said.words)
    if named or (share >= 0.5 and said.any(words.JOB)):
        return Finding(
            "JobTitle",
            0.8,
            f"{share:.0%} of the values hold a word of job titles, and the {said.where} says so",
        )
    return None


def _text_company(facts: Facts, said: Said) -> Finding | None:
    share = facts.shares["company"]
    named = said.any(words.COMPANY) and said.head in words.COMPANY | {"name"} and facts.words < 6
    if named or share >= 0.5:
        why = f", and the {said.where} says so" if named else ""
        return Finding("Company", 0.8, f"{share:.0%} of the values end like a company's name{why}")
    return None


def _text(facts: Facts, said: Said) -> Finding | None:
    long = facts.words >= 4 and facts.unique >= 0.3
    short = facts.words >= 1.8 and facts.unique >= 0.5 and facts.distinct >= 20
    if long or short:
        seen = f"{facts.words:.1f} words a value, {facts.unique:.0%} of the values different"
        return Finding("Text", 0.9, seen)
    return None


def _category(facts: Facts, said: Said) -> Finding | None:
    few = facts.distinct <= 100 or facts.unique < 0.1
    named = ", ".join(repr(value[:40]) for value in facts.examples)
    return Finding("Category", 0.9 if few else 0.6, f"{facts.distinct} different values, most often {named}")


def _is_number(facts: Facts) -> bool:
    return isinstance(facts.data_type, T.NumericType) or facts.numbers >= _UNIQUE


def _span(facts: Facts) -> str:
    return f"numbers from {facts.low:.15g} to {facts.high:.15g}"


_BY_PATTERN = {
    "email": ("Email", "e-mail addresses"),
    "url": ("URL", "web addresses"),
    "uuid": ("Id", "UUIDs"),
    "geolocation": ("Geolocation", "pairs of latitude and longitude"),
    "timestamp": ("Timestamp", "timestamps"),
    "date": ("Date", "dates"),
}

_Rule = Callable[[Facts, Said], Finding | None]

# In this order: what a column is declared to be, then its values, then its name, then its shape.
_RULES: tuple[_Rule, ...] = (
    _declared, _empty, _two_values, _by_pattern, _phone, _place, _number_id, _number_code, _number_unit,
    _number, _text_list, _text_id, _text_job, _text_company, _text, _category,
)  # fmt: skip
