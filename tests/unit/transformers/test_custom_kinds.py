"""The kinds of custom fields, from values and what they read as."""

from __future__ import annotations

import random
from typing import Any

from tiltyard.transformers._custom_kinds import Limits, described

LIMITS = Limits(fields=9, support=3, levels=2, slots={"number": 1, "boolean": 1, "date": 1, "category": 1})


def _described(fields: dict[str, list[tuple[str, str]]], limits: Limits = LIMITS) -> list[dict[str, Any]]:
    """The fields found in values and their readings by key, given in any order; 20 rows."""
    entries = [(key, value, reads) for key, values in fields.items() for value, reads in values]
    random.Random(0).shuffle(entries)
    keys, values, reads = zip(*entries, strict=True) if entries else ((), (), ())
    return described(keys, values, reads, 20, limits)


def test_nine_of_ten_values_make_a_kind() -> None:
    words = [("x", "text")]
    for kind in ("number", "boolean", "date"):
        assert _described({"key": [("v", kind)] * 9 + words})[0]["kind"] == kind
        assert _described({"key": [(f"{n}", kind) for n in range(8)] + words * 2})[0]["kind"] == "text"


def test_a_category_has_levels_that_cover_half_of_its_values() -> None:
    rare = [(f"r{n}", "text") for n in range(6)]
    found = _described({"key": [("b", "text")] * 3 + [("a", "text")] * 3 + rare})[0]
    assert (found["kind"], found["levels"]) == ("category", ["a", "b"])
    assert _described({"key": [("b", "text")] * 5 + rare})[0]["kind"] == "text"
    # Two levels at most, the most frequent ones.
    three = [(value, "text") for value, count in (("a", 3), ("b", 4), ("c", 5)) for _ in range(count)]
    assert _described({"key": three})[0]["levels"] == ["c", "b"]


def test_the_most_filled_keys_take_the_slots() -> None:
    number = ("1", "number")
    found = _described({"d": [number] * 2, "b": [number] * 5, "a": [number] * 5, "c": [number] * 10})
    assert [(one["key"], one["slot"], one["filled"]) for one in found] == [
        ("c", 1, 0.5),
        ("a", None, 0.25),
        ("b", None, 0.25),
    ]


def test_at_most_so_many_fields_and_texts_take_no_slot() -> None:
    limits = Limits(fields=2, support=1, levels=2, slots={"number": 1})
    texts = [(f"t{n}", "text") for n in range(12)]
    number = ("1", "number")
    found = _described({"memo": [*texts[:9], ("yes", "boolean")], "n": [number] * 5, "m": [number]}, limits)
    assert [(one["key"], one["kind"], one["slot"]) for one in found] == [
        ("memo", "text", None),
        ("n", "number", 1),
    ]
    assert _described({}) == []
