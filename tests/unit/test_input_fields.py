"""Which columns of a source may become features; no session needed."""

from __future__ import annotations

import pytest

from tiltyard.apps import input_fields, label_columns
from tiltyard.config import AppConfig

COLUMNS = ["id", "Lead Source", "status", "year", "dest", "a.b", "Straße"]


@pytest.mark.parametrize(
    ("expression", "mentioned"),
    [
        ("status = 'dest'", ["status"]),
        ('status = "dest" OR STATUS IS NULL', ["status"]),
        ("`Lead Source` = 'it''s year'", ["Lead Source"]),
        (r"status = 'it\'s year'", ["status"]),
        ("year(status) > 3", ["status"]),
        ("year (status) + year", ["status", "year"]),
        ("`a.b` > 1", ["a.b"]),
        ("Straße IS NOT NULL", ["Straße"]),
        ("1 = 1", []),
    ],
)
def test_columns_a_label_mentions(expression: str, mentioned: list[str]) -> None:
    assert label_columns(expression, COLUMNS) == mentioned


def test_names_match_without_regard_to_case() -> None:
    app = AppConfig(
        app="x", source="s", key=("ID",), tenant=("DEST",), exclude=("Year",), label="STATUS = 'won'"
    )
    assert input_fields(COLUMNS, app) == ["Lead Source", "a.b", "Straße"]


def test_derived_columns_are_no_features_but_time_is() -> None:
    app = AppConfig(app="x", source="s", key=("id",), time="year", label="status")
    columns = [*COLUMNS, "_tenant", "_key", "_time", "_label", "_fold", "_features"]
    assert input_fields(columns, app) == ["Lead Source", "year", "dest", "a.b", "Straße"]
