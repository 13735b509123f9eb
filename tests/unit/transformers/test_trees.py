"""TreeRule: known borders are found, noise has none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tiltyard.transformers._trees import TreeRule, roundest

RULE = TreeRule(buckets=5, gain=0.005, leaf=20)


def _drawn(rows: int, seed: int) -> tuple[np.random.Generator, np.ndarray]:
    draw = np.random.default_rng(seed)
    return draw, draw.uniform(0, 100, rows)


def test_a_step_is_one_border() -> None:
    draw, numbers = _drawn(2000, 0)
    labels = draw.random(2000) < np.where(numbers < 30, 0.2, 0.7)
    (border,) = RULE.borders(numbers, labels)
    assert border == pytest.approx(30, abs=2)


def test_steps_of_an_interval_and_of_many_classes_are_all_found() -> None:
    _, numbers = _drawn(2000, 1)
    assert RULE.borders(numbers, (numbers > 40) & (numbers < 60)) == [40, 60]
    classes = np.array(["a", "b", "c", "d"])[np.digitize(numbers, [20, 50, 80])]
    assert RULE.borders(numbers, classes) == [20, 50, 80]


def test_offset_and_scale_of_the_numbers_do_not_matter() -> None:
    # 24 bits of a float cannot tell these numbers apart.
    numbers = np.tile(np.arange(100.0), 4)
    for number in (numbers + 1.7e9, numbers * 1e-30, numbers * 1e200):
        (border,) = RULE.borders(number, numbers >= 50)
        assert number[49] < border <= number[50]


@pytest.mark.parametrize("rows", [100, 1000])
@pytest.mark.parametrize("share", [0.5, 0.03])
@pytest.mark.parametrize("classes", [2, 4])
def test_noise_has_no_borders(rows: int, share: float, classes: int) -> None:
    draw = np.random.default_rng(2)
    chances = [1 - share, *[share / (classes - 1)] * (classes - 1)]
    found = 0
    for _ in range(100):
        numbers = np.where(draw.random(rows) < 0.3, 0, draw.lognormal(size=rows))
        found += bool(RULE.borders(numbers, draw.choice(classes, rows, p=chances)))
    assert found <= 4  # one in a hundred is expected at most


def test_limits_are_kept() -> None:
    draw, numbers = _drawn(4000, 3)
    labels = draw.random(4000) < numbers / 100
    for rule in (TreeRule(3, 0.005, 20), TreeRule(9, 0.005, 600)):
        borders = rule.borders(numbers, labels)
        sizes = np.bincount(np.digitize(numbers, borders))
        assert 2 <= len(sizes) <= rule.buckets
        assert sizes.min() >= rule.leaf
    weak = draw.random(4000) < np.where(numbers < 50, 0.4, 0.6)  # removes about 4 %
    assert TreeRule(5, 0.02, 20).borders(numbers, weak)
    assert not TreeRule(5, 0.08, 20).borders(numbers, weak)


def test_nothing_to_tell_has_no_borders() -> None:
    numbers = np.arange(400.0)
    assert RULE.borders(np.zeros(400), numbers < 200) == []
    assert RULE.borders(numbers, np.zeros(400)) == []
    assert RULE.borders(numbers, numbers) == []  # measurements, not classes
    assert RULE.borders(numbers[:1], np.array([True])) == []


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
@example(0.0, 5e-324)
@example(-1.7e308, -1.6e308)
@settings(max_examples=300, deadline=None)
def test_the_roundest_number_is_between(one: float, other: float) -> None:
    low, high = sorted((one, other))
    if low < high:
        assert low < roundest(low, high) <= high


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(9, 10, 10), (9.73, 10.12, 10), (119, 120, 120), (0.123456, 0.123494, 0.12349), (-12.7, -11.2, -12)],
)
def test_the_roundest_number_has_few_digits(low: float, high: float, expected: float) -> None:
    assert math.isclose(roundest(low, high), expected)
