"""Labels of buckets, positive and mirrored."""

from __future__ import annotations

import pytest

from tiltyard.transformers._buckets import labels
from tiltyard.transformers.magnitude_buckets import mirrored


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        ([], []),
        ([5], ["<5", "5+"]),
        ([0, 1, 3, 6], ["<0", "0", "1-2", "3-5", "6+"]),
        ([0.5, 1.5], ["<0.5", "0.5 to <1.5", "1.5+"]),
        ([9.5, 10, 20], ["<9.5", "9.5 to <10", "10-19", "20+"]),
        ([0, 1e6, 1e7], ["<0", "0-999999", "1000000-9999999", "10000000+"]),
    ],
)
def test_labels(starts: list[float], expected: list[str]) -> None:
    assert labels(starts) == expected


def test_negative_magnitudes_mirror_positive_ones() -> None:
    assert mirrored([0.01, 0.1, 1, 10, 100]) == [
        ">-0.01 to <0",
        ">-0.1 to -0.01",
        ">-1 to -0.1",
        "-9 to -1",
        "-99 to -10",
        "<=-100",
    ]
