"""Python functions over whole Arrow batches, as functions of columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from pyspark.sql import Column
from pyspark.sql import types as T
from pyspark.sql.pandas.functions import arrow_udf


def arrow_function(on_batch: Callable[..., Any], returns: T.DataType | str) -> Callable[..., Column]:
    """A function of columns that calls `on_batch` with their Arrow arrays, a batch of rows at a time.

    Spark runs it once for each batch, however many fields of its result are read.

    Examples
    --------
    >>> import pyarrow as pa
    >>> import pyarrow.compute as pc
    >>> def doubled(values: pa.Array) -> pa.Array:
    ...     return pc.multiply(values, 2)
    >>> spark.range(3).select(arrow_function(doubled, "bigint")("id").alias("twice")).collect()
    [Row(twice=0), Row(twice=2), Row(twice=4)]
    """
    # pyspark's stubs know no struct as the type of such a function, and no function of any number of columns.
    return cast(Any, arrow_udf)(on_batch, returns)  # type: ignore[no-any-return]
