"""Countries on real tables: all that a person recognises, by name or by code."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tiltyard.transformers._countries import iso_code


@pytest.mark.parametrize(
    ("table", "column", "unknown"),
    [
        ("leads_x_education.csv.gz", "Country", {"unknown", "Asia/Pacific Region"}),
        ("hotel_bookings.csv.gz", "country", {"TMP"}),  # East Timor's code until 2002
    ],
)
def test_countries_are_recognised(real_data: Path, table: str, column: str, unknown: set[str]) -> None:
    written = pd.read_csv(real_data / table, usecols=[column])[column].dropna().unique()
    assert {text for text in written if iso_code(text) is None} == unknown
