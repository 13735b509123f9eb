"""Equal shares of numbers, with ties and few rows."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tiltyard.transformers.quantile_buckets import equal_shares


def test_shares_are_equal_without_ties() -> None:
    numbers = np.random.default_rng(0).permutation(100.0 * np.arange(1000))
    assert np.bincount(np.digitize(numbers, equal_shares(numbers, 10))).tolist() == [100] * 10
    assert np.bincount(np.digitize(numbers, equal_shares(numbers, 3))).tolist() == [334, 333, 333]


def test_ties_and_constants_give_fewer_buckets() -> None:
    assert equal_shares(np.array([0.0] * 6 + [1, 2, 3, 4]), 5) == [1, 3]
    assert equal_shares(np.array([0.0] * 9 + [1]), 2) == []
    assert equal_shares(np.full(50, 3.0), 10) == []
    assert equal_shares(np.array([3.0]), 10) == []


@given(st.lists(st.integers(-20, 20), min_size=1, max_size=60), st.integers(2, 12))
def test_starts_are_those_counted_by_hand(values: list[int], buckets: int) -> None:
    ordered = sorted(values)
    places = [math.ceil(Fraction(len(values) * k, buckets)) for k in range(1, buckets)]
    firsts = {ordered[place] for place in places if place < len(values)}
    assert equal_shares(np.array(values, dtype=float), buckets) == sorted(firsts - {ordered[0]})
