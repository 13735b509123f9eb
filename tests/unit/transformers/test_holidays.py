"""Holidays' Python part against the library asked day by day, without Spark."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from holidays import country_holidays

from tiltyard.errors import TiltyardError
from tiltyard.transformers import Holidays
from tiltyard.transformers.holidays import day_parts


@pytest.mark.parametrize("country", ["DE", "US", "SA", "CN", "IN"])
def test_holidays_are_the_librarys_and_the_next_one_is_counted_to(country: str) -> None:
    days = [date(2021, 12, 1) + timedelta(days=n) for n in range(420)]
    known = country_holidays(country, years=range(2021, 2025))
    found = day_parts(20, days, [country] * len(days))
    for day, parts in zip(days, found, strict=True):
        ahead = next(n for n in range(400) if day + timedelta(days=n) in known)
        assert parts == (float(day in known), float(min(ahead, 20)))


def test_a_year_ends_in_the_next_ones_new_year() -> None:
    assert day_parts(30, [date(2023, 12, 27)], ["DE"]) == [(0.0, 5.0)]


@pytest.mark.parametrize(
    ("day", "country"),
    [
        (None, "DE"),
        (date(2024, 12, 25), None),
        (date(2024, 12, 25), "Atlantis"),
        (date(2024, 12, 25), "XX"),
        (date(1, 1, 1), "DE"),
        (date(9999, 12, 31), "DE"),
    ],
)
def test_what_nobody_knows_is_neither_holiday_nor_workday(day: date | None, country: str | None) -> None:
    assert day_parts(30, [day], [country]) == [None]


def test_at_the_end_of_the_known_years_the_next_holiday_is_far() -> None:
    assert day_parts(30, [date(2100, 12, 27)], ["DE"]) == [(0.0, 30.0)]


@pytest.mark.parametrize("country", ["Atlantis", "XX", "", 3])
def test_a_fixed_country_has_to_be_known(country: object) -> None:
    with pytest.raises(
        TiltyardError, match="Holidays: 'country' must be a country that the library 'holidays'"
    ):
        Holidays(country=country)


def test_a_fixed_country_is_kept_by_its_code() -> None:
    stage = Holidays(country="de")
    assert stage.getOrDefault(stage.country) == "DE"
