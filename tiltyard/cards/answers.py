"""How a stored champion's answers move with its heaviest slots, over rows of its tenant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from tiltyard.apps import FEATURES, KEY, RATES, SEGMENT, TENANT, derive
from tiltyard.cards.dependence import Dependence, dependence
from tiltyard.config import AppConfig
from tiltyard.learners.base import categorical_slots, load, matrix_of
from tiltyard.learners.kernel import Fitted, Matrix
from tiltyard.learners.links import margins_of
from tiltyard.pooled_margin import PooledMarginModel
from tiltyard.streams import rows_of_floats
from tiltyard.tables import Warehouse

ROWS = 300
"""Rows of the tenant that answers are taken over, at most."""


def moves(
    warehouse: Warehouse, app: AppConfig, tenant: str, version: str, slots: Sequence[int]
) -> tuple[list[Dependence], str]:
    """The dependence on some slots, and what its numbers are in words; nothing for a tenant without rows.

    Raises
    ------
    AnalysisException : the pipeline, or the version of the source that was learnt from, is gone
    """
    stored = _stored(warehouse, app, tenant, version)
    pipeline = PipelineModel.load(stored.pipeline)
    matrix, segment = _read(pipeline.transform(_rows(warehouse, app, tenant, stored.data_version)))
    if not len(matrix):
        return [], ""
    model, pool = load(bytes(stored.payload)), _pool(pipeline, segment)
    answers, said = _answers(app.problem, model, pool, matrix)
    return dependence(answers, matrix, slots), said


def _stored(warehouse: Warehouse, app: AppConfig, tenant: str, version: str) -> Row:
    same = (F.col("app") == app.app) & (F.col("tenant") == tenant) & (F.col("version") == version)
    return warehouse.read("models").where(same).select("payload", "pipeline", "data_version").collect()[0]


def _rows(warehouse: Warehouse, app: AppConfig, tenant: str, data_version: int) -> DataFrame:
    """Some of the tenant's rows of the version that the model learnt from, the same ones every time."""
    rows = derive(warehouse.source(app.source, data_version), app).where(F.col(TENANT) == tenant)
    return rows.orderBy(F.xxhash64(KEY), KEY).limit(ROWS)


def _read(packed: DataFrame) -> tuple[Matrix, str | None]:
    """The rows as models read them, and what their tenant belongs to."""
    packs = [name for name in (FEATURES, RATES) if name in packed.columns]
    segment = F.col(SEGMENT) if SEGMENT in packed.columns else F.lit(None).cast("string").alias(SEGMENT)
    table: pa.Table = packed.select(
        *[F.col(name).cast("array<float>").alias(name) for name in packs], segment
    ).toArrow()
    more = table[RATES] if RATES in packs else None
    matrix = matrix_of(
        rows_of_floats(table[FEATURES]), categorical_slots(packed.schema, FEATURES), rates=more
    )
    return matrix, table[SEGMENT][0].as_py() if len(table) else None


def _pool(pipeline: PipelineModel, segment: str | None) -> Fitted | None:
    """The model of all tenants, or of the segment; None where the champion starts from none."""
    last = pipeline.stages[-1]
    if not isinstance(last, PooledMarginModel):
        return None
    models = last.pool.for_new_rows()
    return load(models.get(segment, models[None]))


def _answers(problem: str, model: Fitted, pool: Fitted | None, matrix: Matrix) -> tuple[Any, str]:
    """The champion's answer as one number a row, with all tenants' model asked again; and what that number is."""

    def answers(seen: Matrix) -> np.ndarray:
        begins = margins_of(problem, pool.predict(seen)) if pool else None
        return model.predict(Matrix(seen.values, seen.categorical, begins))

    if problem != "multiclass":
        return answers, "The mean probability" if problem == "binary" else "The mean prediction"
    classes = model.classes  # type: ignore[attr-defined]
    common = int(np.bincount(answers(matrix).argmax(axis=1), minlength=len(classes)).argmax())
    return lambda seen: answers(seen)[:, common], f"The mean probability of '{classes[common]}'"
