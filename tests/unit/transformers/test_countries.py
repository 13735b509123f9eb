"""Countries: codes and names, each once, in the ways people write them."""

from __future__ import annotations

from collections import Counter

import pytest
from phonenumbers import SUPPORTED_REGIONS

from tiltyard.transformers._countries import _key, _table, iso_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("de", "DE"), ("DEU", "DE"), (" Germany\n", "DE"), ("DEUTSCHLAND", "DE"),
        ("US", "US"), ("U.S.A.", "US"), ("the United States of America", "US"),
        ("uk", "GB"), ("Great Britain", "GB"), ("Scotland", "GB"),
        ("Russia", "RU"), ("Russian Federation", "RU"), ("Viet Nam", "VN"), ("Vietnam", "VN"),
        ("Turkey", "TR"), ("Türkiye", "TR"), ("TÜRKİYE", "TR"), ("Czech Republic", "CZ"), ("Czechia", "CZ"),
        ("South Korea", "KR"), ("Korea, Republic of", "KR"), ("North Korea", "KP"),
        ("Cote d'Ivoire", "CI"), ("Côte d\N{RIGHT SINGLE QUOTATION MARK}Ivoire", "CI"), ("Ivory Coast", "CI"),
        ("Trinidad & Tobago", "TT"), ("St. Lucia", "LC"), ("Guinea Bissau", "GW"), ("Guinea", "GN"),
        ("Bahamas, The", "BS"), ("Netherlands (the)", "NL"), ("Niger", "NE"), ("Nigeria", "NG"),
        ("Congo", "CG"), ("DR Congo", "CD"), ("Kosovo", "XK"), ("NA", "NA"),
    ],
)  # fmt: skip
def test_a_country_as_people_write_it(text: str, code: str) -> None:
    assert iso_code(text) == code


@pytest.mark.parametrize(
    "text", ["", " ", "N/A", "unknown", "Europe", "Asia/Pacific Region", "US1", "49", "-"]
)
def test_what_names_no_country_has_no_code(text: str) -> None:
    assert iso_code(text) is None


def test_every_country_is_found_by_each_of_its_codes_and_names() -> None:
    for two, three, names in _table():
        for text in (two, three.lower(), *names, *map(str.upper, names)):
            assert iso_code(text) == two, text


def test_no_code_and_no_name_stands_twice() -> None:
    table = _table()
    assert [two for two, _, _ in table] == sorted({two for two, _, _ in table})
    for texts in ([three for _, three, _ in table], [_key(name) for _, _, names in table for name in names]):
        assert [text for text, count in Counter(texts).items() if count > 1] == []


def test_every_region_with_phones_is_a_country() -> None:
    # Ascension and Tristan da Cunha belong to Saint Helena in ISO 3166-1.
    assert {region for region in SUPPORTED_REGIONS if iso_code(region) != region} == {"AC", "TA"}
