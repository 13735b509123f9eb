"""Arrow columns as matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tiltyard.errors import DataContractError
from tiltyard.streams import rows_of_floats

FLOATS = pa.list_(pa.float32())
NAN = float("nan")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[1.0, 2.0], None, [3.0, None]], [[1.0, 2.0], [NAN, NAN], [3.0, NAN]]),
        ([None, None], np.empty((2, 0))),
        ([[], []], np.empty((2, 0))),
        ([], np.empty((0, 0))),
    ],
)
def test_rows_become_a_matrix(rows: list[Any], expected: Any) -> None:
    array = pa.array(rows, FLOATS)
    for column in (
        array,
        pa.chunked_array([array.slice(0, 1), array.slice(1)]),
        pa.array([[9.0], *rows], FLOATS).slice(1),
    ):
        found = rows_of_floats(column)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, np.array(expected, dtype=np.float32))


def test_rows_of_different_lengths_are_refused_even_where_they_would_fit() -> None:
    with pytest.raises(DataContractError, match="got rows of 1 to 3 numbers"):
        rows_of_floats(pa.array([[1.0], [2.0, 3.0, 4.0]], FLOATS))
