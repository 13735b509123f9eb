"""Stages of parts compute each distinct combination of a batch's inputs once, and give it to every row that has it."""

from __future__ import annotations

import pyarrow as pa

from tiltyard.transformers._texts import _distinct


def test_a_batch_has_each_combination_once_and_every_row_its_place() -> None:
    words, countries = ["b", "a", None, "b", "b", "a"], ["X", "X", "X", "Y", "X", "X"]
    lists, back = _distinct([pa.array(words), pa.array(countries)])
    pairs = list(zip(*lists, strict=True))
    assert len(pairs) == len(set(pairs)) == 4
    assert [pairs[at] for at in back] == list(zip(words, countries, strict=True))


def test_a_batch_without_rows_has_none() -> None:
    lists, back = _distinct([pa.array([], pa.string())])
    assert lists == [[]] and len(back) == 0
