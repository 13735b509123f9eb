"""Pool: models of all tenants, and of segments of them, by the part of the rows that each has not learnt from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql import functions as F

from tiltyard.arrow import arrow_function
from tiltyard.learners.base import load, matrix_of
from tiltyard.learners.boosting import Boosting
from tiltyard.learners.kernel import Fitted, Matrix
from tiltyard.learners.links import margins_of
from tiltyard.learners.numbers import OnNumbers, numbers_of
from tiltyard.learners.prior import PriorKernel
from tiltyard.problem import Binary, Problem
from tiltyard.streams import rows_of_floats

EVERYONE = -1
"""The part that no row is in: its model has learnt from all of them, and answers for new rows."""

# Rows of many tenants carry more and deeper trees than a tenant's own contenders.
PARAMS: Mapping[str, Any] = {
    **Boosting.hyperparams,
    "maxIter": 150,
    "earlyStoppingRounds": 0,
    "stepSize": 0.1,
    "featureShare": 1.0,
    "maxDepth": 5,
    "minInstanceWeight": 10.0,
}


@dataclass(frozen=True)
class Pool:
    """Models of all tenants, by the part of the rows that each has not learnt from.

    Attributes
    ----------
    payloads : one for each part, and EVERYONE's for new rows
    categorical : which slots of the packed rows hold codes
    problem : name of what is predicted: "binary" or "regression"
    segments : the same of each segment that has models of its own
    """

    payloads: Mapping[int, bytes]
    categorical: tuple[bool, ...]
    problem: str = Binary.name
    segments: Mapping[str, Mapping[int, bytes]] = field(default_factory=dict)

    def for_new_rows(self) -> dict[str | None, bytes]:
        """The model that answers for new rows of each segment; None: for those of no such segment."""
        own: dict[str | None, bytes] = {name: models[EVERYONE] for name, models in self.segments.items()}
        return {None: self.payloads[EVERYONE], **own}

    def margin(
        self,
        features: Column,
        part: Column | None = None,
        rates: Column | None = None,
        segment: Column | None = None,
    ) -> Column:
        """Log odds of each row's label, or its number, by the model that has not learnt from the row's part: a double.

        Parameters
        ----------
        features : packed rows, array<float>
        part : as for `tiltyard.pooling.pooled`; unset or null: EVERYONE's model, for new rows. A part that no model
            was fitted without has no margin, NaN.
        rates : as for `tiltyard.pooling.pooled`
        segment : of each row; rows of a segment with models of its own meet these. Unset: none has
        """
        segments = {name: {**self.payloads, **models} for name, models in self.segments.items()}
        shared, categorical, problem = dict(self.payloads), self.categorical, self.problem

        def on_batch(packed: pa.Array, parts: pa.Array, more: pa.Array, names: pa.Array) -> pa.Array:
            places = parts.fill_null(EVERYONE).to_numpy(zero_copy_only=False)
            matrix = matrix_of(rows_of_floats(packed), categorical, rates=more)
            found = np.full(len(matrix), np.nan)
            for name, of_segment in alike(names):
                payloads = shared if name is None else segments.get(name, shared)
                for place in set(np.unique(places[of_segment])) & set(payloads):
                    at = of_segment[places[of_segment] == place]
                    found[at] = margins_of(problem, load(payloads[place]).predict(matrix.rows(at)))
            return pa.array(found)

        known = F.lit(EVERYONE) if part is None else part.cast("int")
        named = (F.lit(None) if segment is None else segment).cast("string")
        return arrow_function(on_batch, "double")(features, known, rates_or_none(rates), named)


def alike(names: pa.Array) -> Iterator[tuple[str | None, np.ndarray]]:
    """The places of each value, null among them.

    Examples
    --------
    >>> [(name, places.tolist()) for name, places in alike(pa.array(["a", None, "a"]))]
    [('a', [0, 2]), (None, [1])]
    """
    encoded = names.dictionary_encode(null_encoding="encode")
    codes = encoded.indices.to_numpy()
    for code, name in enumerate(encoded.dictionary.to_pylist()):
        yield name, np.flatnonzero(codes == code)


def rates_or_none(rates: Column | None) -> Column:
    """The rates as packed numbers; null in all rows where there are none."""
    return (F.lit(None) if rates is None else rates).cast("array<float>")


def fitted(matrix: Matrix, labels: np.ndarray, problem: Problem) -> Fitted:
    """Boosted trees over the rows' numbers; the base rate where there is no number, or one class only."""
    numbers = numbers_of(matrix)
    if not numbers.values.shape[1] or labels.min() == labels.max():
        return PriorKernel().fit(matrix, labels, None, {}, problem)
    return OnNumbers(Boosting.kernel.fit(numbers, labels, None, PARAMS, problem))


def learns(part: Any, target: int, *, expanding: bool) -> Any:
    """Whether a target's model learns from a row of this part: a Column, or an array, as `part` is one.

    Examples
    --------
    >>> learns(np.arange(3), 1, expanding=False).tolist(), learns(np.arange(3), 1, expanding=True).tolist()
    ([True, False, True], [True, False, False])
    """
    if not expanding:
        return part != target
    return part < target if target else part == 1
