"""FieldTyper's rules on plain lists of values: no session needed."""

from __future__ import annotations

import doctest
from collections.abc import Sequence

import pytest
from pyspark.sql import types as T

from tests.field_facts import facts_of
from tiltyard.slots import SEMANTIC_TYPES
from tiltyard.transformers import _field_words
from tiltyard.transformers._field_rules import finding
from tiltyard.transformers._field_words import by_comment, by_name

WHOLE = [n % 7 for n in range(200)]
SPREAD = [n * n for n in range(200)]
PARTS = [n / 8 for n in range(200)]
CODES = ["DE", "FR", "IT"] * 50


def _type(name: str, values: Sequence[object], comment: str = "") -> str:
    return finding(facts_of(name, values, comment)).type


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        # Money and shares are read from the words, unless these count something or name it.
        ("unit_price", WHOLE, "Currency"),
        ("PriceUsd", PARTS, "Currency"),
        ("revenue_last_30_days", SPREAD, "Currency"),
        ("company_revenue", SPREAD, "Currency"),
        ("payment_days", WHOLE, "Integral"),
        ("number_of_fees", WHOLE, "Integral"),
        ("num_invoices", WHOLE, "Integral"),
        ("price_class", WHOLE, "Category"),
        ("win_rate", PARTS, "Percent"),
        ("win_rate", [-1.5, *PARTS], "Real"),
        ("heart_rate", PARTS, "Real"),
        ("discount_rate", PARTS, "Percent"),
        # Codes are named by the word the others describe.
        ("agent", WHOLE, "Category"),
        ("Clothing ID", WHOLE, "Category"),
        ("group_size", WHOLE, "Integral"),
        ("class_count", WHOLE, "Integral"),
        # Numbers that name rows are all different, and called so or without large gaps.
        ("Lead Number", SPREAD, "Id"),
        ("number_of_votes", SPREAD, "Integral"),
        ("num_votes", SPREAD, "Integral"),
        ("votes", SPREAD, "Integral"),
        ("anything", range(200), "Id"),
        ("Unnamed: 0", SPREAD, "Id"),
        ("_c0", SPREAD, "Id"),
        # Texts that name rows.
        ("faa", [f"{a}{b}" for a in "abcdefghijkl" for b in "mnopqrstuvw"], "Id"),
        ("sku", [f"A-{n % 110}" for n in range(120)], "Id"),
        ("sku", [f"A-{n % 90}" for n in range(120)], "Category"),
        ("sku", [f"A-{n % 9}" for n in range(120)], "Category"),
        # Places by name, unless what stands beside it makes it something else.
        ("shippingCountry", CODES, "Country"),
        ("country_rank", WHOLE, "Integral"),
        ("state", ["CA", "NY", "TX"] * 20, "State"),
        ("state", ["open", "closed", "CA"] * 20, "Category"),
        ("zip", [10115 + n for n in WHOLE], "PostalCode"),
        ("zip", [0.5, *PARTS], "Real"),
        # Firms and their sizes.
        ("company name", ["Acme", "Bolt", "Core"] * 20, "Company"),
        ("company_size", ["1 to 10", "11 to 50", "more"] * 20, "Category"),
        ("mobile", [4915112345678 + n for n in WHOLE], "Phone"),
        ("amount", [4915112345678 + n for n in WHOLE], "Currency"),
        ("answer", ["No"] * 30, "Binary"),
        ("answer", [1, 2] * 30, "Integral"),
    ],
)  # fmt: skip
def test_type_of_name_and_values(name: str, values: Sequence[object], expected: str) -> None:
    assert _type(name, values) == expected


@pytest.mark.parametrize(
    ("name", "comment", "values", "expected"),
    [
        ("x1", "Country of residence, two letters", CODES, "Country"),
        ("x1", "Amount of the last invoice", SPREAD, "Currency"),
        ("x1", "Number of invoices", SPREAD, "Integral"),
        ("x1", "Code of the product", WHOLE, "Category"),
        ("x1", "Phone.", ["0301234567", "0307654321"] * 20, "Phone"),
        ("x1", "How it came about that the price of a country is what everybody says", CODES, "Category"),
        # The name wins where it says something.
        ("agent", "Number of the agent", WHOLE, "Category"),
        ("city", "Country", CODES, "City"),
        # Values that speak for themselves need no words.
        ("x1", "Country", ["a@x.org", "b@x.org", "c@x.org"] * 20, "Email"),
    ],
)
def test_a_comment_helps_where_the_name_says_nothing(
    name: str, comment: str, values: Sequence[object], expected: str
) -> None:
    found = finding(facts_of(name, values, comment))
    assert found.type == expected
    if expected == "Country":
        assert "the comment says so" in found.evidence


TEXT, REAL = T.StringType(), T.DoubleType()


def _struct(**kinds: T.DataType) -> T.StructType:
    return T.StructType([T.StructField(name, kind) for name, kind in kinds.items()])


@pytest.mark.parametrize(
    ("data_type", "expected"),
    [
        (T.ArrayType(TEXT), "MultiCategory"),
        (T.MapType(TEXT, TEXT), "Custom"),
        (_struct(lat=REAL, lon=REAL), "Geolocation"),
        (_struct(Longitude=T.FloatType(), Latitude=T.FloatType()), "Geolocation"),
        (_struct(lat=REAL, lon=REAL, name=TEXT), "Other"),
        (_struct(lat=TEXT, lon=TEXT), "Other"),
        (T.ArrayType(REAL), "Other"),
        (T.MapType(TEXT, REAL), "Other"),
        (T.BinaryType(), "Other"),
        (T.TimestampNTZType(), "Timestamp"),
        (T.BooleanType(), "Binary"),
    ],
    ids=str,
)
def test_columns_that_are_declared(data_type: T.DataType, expected: str) -> None:
    assert finding(facts_of("x", [], data_type=data_type)).type == expected


@pytest.mark.parametrize(
    ("data_type", "expected"), [(TEXT, "Category"), (T.LongType(), "Integral"), (REAL, "Real")], ids=str
)
def test_a_column_without_values_is_what_it_is_declared(data_type: T.DataType, expected: str) -> None:
    found = finding(facts_of("price", [None, "NA"], data_type=data_type))
    assert (found.type, found.confidence) == (expected, 0.0)


@pytest.mark.parametrize(
    "kind", [*"0123456789", "", "?", "数量", "  ", "_", "ID", "of", "number of", "1 2 3"]
)
def test_any_name_has_a_type(kind: str) -> None:
    for values in ([], [None], ["x"], WHOLE, PARTS, CODES):
        found = finding(facts_of(kind, values, kind))
        assert found.type in SEMANTIC_TYPES
        assert 0 <= found.confidence <= 1


@pytest.mark.parametrize(
    ("name", "words", "head"),
    [
        ("customerID", ("customer", "id"), "id"),
        ("HTTPStatus code", ("http", "status", "code"), "code"),
        ("arr_del15", ("arr", "del15"), "del15"),
        ("price_per_unit", ("price", "per", "unit"), "price"),
        ("days_since_last_order", ("days", "since", "last", "order"), "days"),
        ("spend 90 days", ("spend", "90", "days"), "spend"),
        ("to_address", ("to", "address"), "address"),
        ("", (), ""),
    ],
)
def test_words_of_a_name_and_the_one_the_others_describe(
    name: str, words: tuple[str, ...], head: str
) -> None:
    assert (by_name(name).words, by_name(name).head) == (words, head)


def test_long_and_empty_comments_say_nothing() -> None:
    assert by_comment("") is None
    assert by_comment("one two three four five six seven eight nine") is None


def test_examples() -> None:
    result = doctest.testmod(_field_words)
    assert result.attempted > 0 and result.failed == 0
