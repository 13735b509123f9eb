"""Segments: models of tenants that belong together, between the model of all tenants and a tenant's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.ml.param.shared import HasOutputCol
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from tiltyard.keyed import HasTenantCol, KeyedModel
from tiltyard.learners import blend
from tiltyard.learners.base import load, matrix_of
from tiltyard.learners.blend import BlendFit
from tiltyard.learners.kernel import Matrix
from tiltyard.pool import EVERYONE, Pool, fitted, learns
from tiltyard.problem import problem_named
from tiltyard.state import ROWS, STATE, TENANT, computed
from tiltyard.streams import over_tenants, rows_of_floats

SEGMENT_ROWS = 2_000
"""Rows of a segment, of the sample that models of all tenants learn from, below which it has no model of its own."""

_MODELS = "part int, payload binary, segment string"


def with_segments(pool: Pool, rows: DataFrame, parts: Sequence[int], *, expanding: bool) -> Pool:
    """The pool with models for each segment of SEGMENT_ROWS rows and more. One Spark job.

    What answers for a segment is a blend of a model of its own rows and that of all tenants, with weights under which
    the labels of its rows, out of fold, are most likely. A segment whose own models are worth nothing has none.

    Parameters
    ----------
    rows : x (packed), y, rates, new (rates as new rows have them), part, segment
    parts, expanding : as for `tiltyard.pooling.pooled`

    Notes
    -----
    Hotel bookings by agent, agents in segments by their hotel: .9535 mean AUROC where the model of all has .9518
    (benchmarks/pooling.py --segments).
    """

    def fit(segment: str | None, table: pa.Table) -> list[dict[str, Any]]:
        if table.num_rows < SEGMENT_ROWS:
            return []
        models = _models(_Lesson.of(table, pool), pool, parts, expanding=expanding)
        return [{"part": part, "payload": model.dump(), "segment": segment} for part, model in models.items()]

    grouped = rows.where(F.col("segment").isNotNull())
    found = over_tenants(grouped, "segment", fit, _MODELS, order=("x", "rates", "new", "part", "y")).collect()
    names = sorted({row.segment for row in found})
    of = {name: {row.part: bytes(row.payload) for row in found if row.segment == name} for name in names}
    return replace(pool, segments=of)


@dataclass(frozen=True)
class _Lesson:
    """A segment's rows: with the rates of their part, and as new rows have them."""

    old: Matrix
    new: Matrix
    labels: np.ndarray
    part: np.ndarray

    @classmethod
    def of(cls, table: pa.Table, pool: Pool) -> _Lesson:
        values = rows_of_floats(table["x"])
        old, new = (matrix_of(values, pool.categorical, rates=table[name]) for name in ("rates", "new"))
        return cls(old, new, table["y"].to_numpy(), table["part"].fill_null(EVERYONE).to_numpy())


def _models(lesson: _Lesson, pool: Pool, parts: Sequence[int], *, expanding: bool) -> dict[int, BlendFit]:
    """The segment's blends by part; none where its own models add nothing."""
    problem = problem_named(pool.problem)
    own = {EVERYONE: fitted(lesson.new, lesson.labels, problem)}
    for part in set(parts) & set(pool.payloads):
        taught = learns(lesson.part, part, expanding=expanding) & (lesson.part != EVERYONE)
        if taught.any():
            own[part] = fitted(lesson.old.rows(taught), lesson.labels[taught], problem)
    pairs = {part: (load(pool.payloads[part]), model) for part, model in own.items()}
    # What came after the first block in time answers for it: no evidence of what such models are worth.
    known = [part for part in sorted(own) if part >= int(expanding) and (lesson.part == part).any()]
    if not known:
        return {}
    asked = {part: lesson.part == part for part in known}
    truth = [lesson.labels[at] for at in asked.values()]
    answers = [
        [pairs[part][who].predict(lesson.old.rows(at)) for part, at in asked.items()] for who in (0, 1)
    ]
    weights = blend.over_all(truth, answers, blend.drawn_to_first(2), problem)
    return {part: BlendFit(pair, weights) for part, pair in pairs.items()} if weights[1] else {}


class SegmentOf(HasTenantCol, HasOutputCol, KeyedModel):
    """Adds the segment of each row's tenant; null for tenants without one, and for those that came later.

    Parameters
    ----------
    tenantCol : column of the tenant
    outputCol : name of the segment, a text; default "segment"

    Examples
    --------
    >>> known = spark.createDataFrame([("Rome", "south"), ("Oslo", None)], "tenant string, segment string")
    >>> stage = SegmentOf.of(known)._set(tenantCol="city")
    >>> rows = spark.createDataFrame([("Rome",), ("Oslo",), ("Lima",)], "city string")
    >>> stage.transform(rows).orderBy("city").collect()
    [Row(city='Lima', segment=None), Row(city='Oslo', segment=None), Row(city='Rome', segment='south')]
    """

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(outputCol="segment")

    @classmethod
    def of(cls, known: DataFrame) -> SegmentOf:
        """The stage that knows the segments of DataFrame[tenant, segment]. One job."""
        state = known.where(F.col("segment").isNotNull()).unionByName(_nobody(known))
        row = F.struct(F.col("segment")).alias(STATE)
        kept = computed(state.select(F.col("tenant").alias(TENANT), F.lit(0).cast("bigint").alias(ROWS), row))
        model = cls()
        model._read_state = lambda: kept
        return model

    def _outputs(self, schema: StructType, state: Callable[[str], Column]) -> list[Column]:
        return [state("segment").alias(self.getOutputCol())]


def _nobody(known: DataFrame) -> DataFrame:
    """What tenants without a segment meet."""
    none = F.lit(None).cast("string")
    return known.sparkSession.range(1).select(none.alias("tenant"), none.alias("segment"))
