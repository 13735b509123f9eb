"""Python functions of states: row-wise over Arrow batches, for what one aggregation has gathered for a tenant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_type

from tiltyard.arrow import arrow_function


def each_state(compute: Callable[..., Any], returns: str | T.DataType) -> Callable[..., Column]:
    """A function of columns that runs `compute` with each row's values as plain Python; `returns` a type or DDL.

    One row at a time becomes Python objects: there are few states, and each may hold thousands of rows. A
    null goes in as None.
    """
    kind = T.DataType.fromDDL(returns) if isinstance(returns, str) else returns
    shape = to_arrow_type(kind)

    def on_batch(*columns: pa.Array) -> pa.Array:
        return pa.array([compute(*[one.as_py() for one in row]) for row in zip(*columns, strict=True)], shape)

    return arrow_function(on_batch, kind)
