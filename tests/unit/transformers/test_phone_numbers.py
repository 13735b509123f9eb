"""Phone numbers: every country's own examples, in the ways people write them, and texts that are no numbers."""

from __future__ import annotations

import random
from collections.abc import Iterator

import phonenumbers
import pytest
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from tiltyard.transformers.phone_parts import phone_parts

TYPES = {
    PhoneNumberType.FIXED_LINE: "fixed_line",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium_rate",
}


def _examples() -> Iterator[tuple[str, str, PhoneNumber]]:
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind, word in TYPES.items():
            number = phonenumbers.example_number_for_type(region, kind)
            if number:
                yield region, word, number


def _written(number: PhoneNumber, form: int) -> str:
    return phonenumbers.format_number(number, form)


def test_the_examples_of_all_countries_are_valid_however_they_are_written() -> None:
    seen = set()
    for region, word, number in _examples():
        plus = _written(number, PhoneNumberFormat.INTERNATIONAL)
        zeros = "00" + _written(number, PhoneNumberFormat.E164).removeprefix("+")
        ways = [(plus, None), (plus, "DE"), (zeros, None), (zeros, "US")]
        abroad = [phone_parts(*way) for way in ways]
        home = phone_parts(_written(number, PhoneNumberFormat.NATIONAL), region)
        assert abroad == [{**home, "international": True}] * 4, (region, word)
        assert home["valid"] and home["possible"] and not home["international"], (region, word)
        # Some ranges are shared by the countries of one code.
        assert home["region"] in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[number.country_code]
        assert home["country_code"] == str(number.country_code)
        seen.add((word, home["type"]))
    both = {("fixed_line", "fixed_line_or_mobile"), ("mobile", "fixed_line_or_mobile")}
    assert seen == {(word, word) for word in TYPES.values()} | both


def test_valid_is_what_the_library_calls_valid() -> None:
    draw = random.Random(0)
    found = []
    for region, _, number in _examples():
        digits = str(number.national_number)
        kept = digits[: draw.randint(1, len(digits))]
        rest = "".join(draw.choices("0123456789", k=len(digits) - len(kept) + draw.choice([0, 0, 0, 1])))
        written = f"+{number.country_code}{kept}{rest}"
        found.append(phone_parts(written, region)["valid"])
        assert found[-1] == phonenumbers.is_valid_number(phonenumbers.parse(written)), written
    assert 0.2 < sum(found) / len(found) < 0.8


@pytest.mark.parametrize(
    ("written", "region", "valid", "possible", "code", "international"),
    [
        ("030 123456", None, False, False, None, False),
        ("030 123456", "DE", True, True, "49", False),
        ("(123) 456-7890", "US", False, True, "1", False),
        ("+49 (0)30 123456", "US", True, True, "49", True),
        ("(0049) 30-123456", "US", True, True, "49", True),
        ("Tel.: +49.30.123456 ext. 12", None, True, True, "49", True),
        ("\N{FULLWIDTH PLUS SIGN}49 30 123456", None, True, True, "49", True),
        ("011 49 30 123456", "US", True, True, "49", False),  # how one dials abroad there
        ("0011 49 30 123456", "AU", True, True, "49", True),
        ("1-800-FLOWERS", "US", True, True, "1", False),
        ("+999 123456", "US", False, False, None, True),
        ("112", "DE", False, True, "49", False),
        ("", "US", False, False, None, False),
        ("n/a", "US", False, False, None, False),
        ("+", "US", False, False, None, False),
        ("1" * 1000, "US", False, False, None, False),
        ("030 123456", "AQ", False, False, None, False),  # a country without numbers of its own
    ],
)
def test_known_numbers(
    written: str, region: str | None, valid: bool, possible: bool, code: str | None, international: bool
) -> None:
    found = phone_parts(written, region)
    assert (found["valid"], found["possible"], found["international"]) == (valid, possible, international)
    assert found.get("country_code") == code
    assert ("region" in found, "type" in found) == (valid, valid)


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("+1 650 253 0000", "US"),
        ("+1 416 555 0123", "CA"),
        ("+1 876 523 0123", "JM"),
        ("+7 495 123 4567", "RU"),
        ("+7 701 123 4567", "KZ"),
        ("+44 20 7946 0958", "GB"),
        ("+44 1534 123456", "JE"),
    ],
)
def test_countries_with_one_code_are_told_apart(written: str, region: str) -> None:
    assert phone_parts(written, "DE")["region"] == region


def test_numbers_of_no_country() -> None:
    found = phone_parts("+800 1234 5678", None)
    assert (found["region"], found["type"]) == ("001", "toll_free")
