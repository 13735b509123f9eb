"""Serving: every record scored by its tenant's champion, in one stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tiltyard.learners.base import load, matrix_of
from tiltyard.learners.explanation import Ask, explained
from tiltyard.learners.kernel import Fitted, Matrix
from tiltyard.learners.links import margins_of
from tiltyard.learners.pooled import PooledKernel
from tiltyard.pool import alike
from tiltyard.problem import Binary, Multiclass
from tiltyard.reasons import REASONS, Lineage, by_field, no_reasons, strongest
from tiltyard.streams import rows_of_floats, runs

# What scoring adds to a row: the score (probability of the positive class, or of the most probable one, or a number),
# the prediction (1 where it is above the model's threshold, or that number), for several classes the predicted one and
# the probability of each, the model's version, its place in the chain, and the reasons if somebody asks.
SCORED = {
    **{
        "_score": "double",
        "_prediction": "double",
        "_label": "string",
        "_probabilities": "map<string,double>",
    },
    **{"_version": "string", "_fallback": "string", "_reasons": REASONS},
}

Pools = Mapping[str | None, bytes]
"""Payloads of models of many tenants: that of all at None, those of segments by name."""


@dataclass(frozen=True)
class Why:
    """What reasons shall say.

    Attributes
    ----------
    lineage : fields of the packed columns
    values : column with the values of these fields, array<string>
    top : fields that a record's reasons name, at most
    """

    lineage: Lineage
    values: str
    top: int


@dataclass(frozen=True)
class Champion:
    """A payload with what is said of every score it gives."""

    payload: bytes
    version: str | None
    fallback: str
    threshold: float | None


# A Champion in a stream of rows, field by field: Arrow goes through a struct's fields with every row.
_MODEL = {name: f"_model_{name}" for name in ("payload", "version", "fallback", "threshold")}
_PAYLOAD = _MODEL["payload"]


def scores(
    records: DataFrame,
    models: DataFrame,
    fallback: Champion,
    categorical: tuple[bool, ...],
    *,
    tenant: str,
    features: str,
    margin: str | None = None,
    pool: Pools | None = None,
    rates: str | None = None,
    segment: str | None = None,
    problem: str = Binary.name,
    why: Why | None = None,
    partitions: int | None = None,
) -> DataFrame:
    """Add SCORED: each row's score and prediction by its tenant's model, and which model that was.

    Payloads travel in the stream ahead of their tenant's records, so a worker holds one model at a time.
    One shuffle; row order is not kept, and neither are the columns that only models read.

    Parameters
    ----------
    records : rows with a `tenant` and a packed `features` column
    models : tenant, payload, version, fallback, threshold; at most one row a tenant
    fallback : serves null tenants and those without a row in `models`
    margin : column of the base margin, null in all rows for none; unset: the pool gives it
    pool : payload of the model of all tenants, at None, and of those of segments
    rates : column of the numbers that only the pool reads
    segment : column of what the row's tenant belongs to; unset: nothing
    problem : name of what is predicted
    why : what reasons shall say; by default there are none
    """
    own = models.where(F.col("tenant").isNotNull() & F.col("payload").isNotNull())
    model = [F.col(name).alias(place) for name, place in _MODEL.items()]
    stream = records.unionByName(own.select(F.col("tenant").alias(tenant), *model), allowMissingColumns=True)
    read = [name for name in (features, margin, rates, segment, why.values if why else None) if name]
    kept = records.drop(*read)
    schema = kept.select("*", *[F.lit(None).cast(kind).alias(name) for name, kind in SCORED.items()]).schema
    names = kept.columns
    read_from = _Columns(tenant, features, margin, rates, segment)

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        server = _Server(fallback, categorical, read_from, pool or {}, problem, why)
        for batch in batches:
            if scored := server.scored(batch):
                rows = batch.filter(pc.is_null(batch.column(_PAYLOAD)))
                yield pa.RecordBatch.from_arrays([*map(rows.column, names), *scored], [*names, *SCORED])

    count = partitions or int(records.sparkSession.conf.get("spark.sql.shuffle.partitions") or 200)
    together = stream.repartition(count, tenant)
    return together.sortWithinPartitions(F.col(tenant), F.col(_PAYLOAD).isNull()).mapInArrow(run, schema)


@dataclass(frozen=True)
class _Columns:
    """Names of what a batch is read from; None for what there is not."""

    tenant: str
    features: str
    margin: str | None
    rates: str | None
    segment: str | None


class _Server:
    """The model of the tenant whose rows a worker meets now; a tenant may go on in the next batch."""

    def __init__(
        self,
        fallback: Champion,
        categorical: tuple[bool, ...],
        columns: _Columns,
        pool: Pools,
        problem: str,
        why: Why | None,
    ) -> None:
        self.columns, self.problem, self.why = columns, problem, why
        self.pool = pool
        self.loaded: dict[str | None, Fitted] = {}
        self.default = (load(fallback.payload), fallback)
        self.categorical = categorical
        self.tenant: str | None = None
        self.serving = self.default

    def scored(self, batch: pa.RecordBatch) -> list[pa.Array]:
        """The columns SCORED for the batch's records in their order; nothing for a batch without any."""
        found: list[_Answers] = []
        by: list[Champion] = []
        reasons: list[pa.Array] = []
        values, end = rows_of_floats(batch.column(self.columns.features)), 0
        margins = batch.column(self.columns.margin) if self.columns.margin else self._margins(values, batch)
        for name, piece in runs(batch, self.columns.tenant):
            end += len(piece)
            if name != self.tenant:
                self.serving, self.tenant = self.default, name
            # A tenant's model sorts before its records.
            if piece.column(_PAYLOAD)[0].is_valid:
                champion = Champion(*[piece.column(place)[0].as_py() for place in _MODEL.values()])
                self.serving, piece = (load(champion.payload), champion), piece.slice(1)
            if len(piece):
                fitted, champion = self.serving
                own = values[end - len(piece) : end]
                begins = None if margins is None else margins[end - len(piece) : end]
                matrix, segment = matrix_of(own, self.categorical, begins), self._segment(piece)
                answers = fitted.predict(matrix)
                found.append(_Answers(answers, champion.threshold, getattr(fitted, "classes", ())))
                by.append(_in_chain(champion, segment))
                if self.why:
                    reasons.append(self._reasons(fitted, matrix, piece, segment))
        if not found:
            return []
        place = np.repeat(np.arange(len(by)), [len(part.answers) for part in found])
        versions = pa.array([champion.version for champion in by], pa.string())
        fallbacks = pa.array([champion.fallback for champion in by], pa.string())
        why = pa.concat_arrays(reasons) if reasons else no_reasons(len(place))
        return [*_said(found, self.problem), versions.take(place), fallbacks.take(place), why]

    def _reasons(
        self, fitted: Fitted, matrix: Matrix, piece: pa.RecordBatch, segment: str | None
    ) -> pa.Array:
        why = cast(Why, self.why)
        ask, pool = Ask(self.problem), None
        found = explained(fitted, matrix, ask)
        if self.pool and found.pool.any():
            rated = matrix_of(matrix.values, self.categorical, rates=self._rates(piece))
            pool = explained(self._pool_of(segment), rated, ask)
        values = np.array(piece.column(why.values).to_pylist(), dtype=object)
        parts, base = by_field(found, pool, why.lineage)
        return strongest(parts, base, values.reshape(len(piece), -1), why.lineage.fields, why.top)

    def _margins(self, values: np.ndarray, batch: pa.RecordBatch) -> pa.Array | None:
        """Where the pool's answers begin: for all rows of the batch at once, as most champions read them."""
        if not self.pool or not batch.column(_PAYLOAD).null_count:  # no pool, or no records
            return None
        matrix = matrix_of(values, self.categorical, rates=self._rates(batch))
        if not self.columns.segment:
            return pa.array(margins_of(self.problem, self._pool_of(None).predict(matrix)))
        margins = np.empty(len(values))
        for segment, at in alike(batch.column(self.columns.segment)):
            margins[at] = margins_of(self.problem, self._pool_of(segment).predict(matrix.rows(at)))
        return pa.array(margins)

    def _rates(self, batch: pa.RecordBatch) -> pa.Array | None:
        return batch.column(self.columns.rates) if self.columns.rates else None

    def _segment(self, piece: pa.RecordBatch) -> str | None:
        """The segment of a tenant's records that has a model of its own; None for any other."""
        name = piece.column(self.columns.segment)[0].as_py() if self.columns.segment else None
        return name if name in self.pool else None

    def _pool_of(self, segment: str | None) -> Fitted:
        """The model of the segment, or of all tenants; read from its payload when it is first asked."""
        name = segment if segment in self.pool else None
        if name not in self.loaded:
            self.loaded[name] = load(self.pool[name])
        return self.loaded[name]


def _in_chain(champion: Champion, segment: str | None) -> Champion:
    """The champion with its place in the chain: what models of many tenants say is by a segment's or by that of all."""
    if champion.fallback not in ("segment", PooledKernel.name):
        return champion
    return replace(champion, fallback="segment" if segment else PooledKernel.name)


@dataclass(frozen=True)
class _Answers:
    """What one model has said of some records."""

    answers: np.ndarray
    threshold: float | None
    classes: tuple[str, ...]


def _said(found: Sequence[_Answers], problem: str) -> list[pa.Array]:
    """The first four columns of SCORED."""
    if problem == Multiclass.name:
        return _said_of_classes(found)
    scores = np.concatenate([part.answers for part in found])
    rows = len(scores)
    predictions = scores
    if problem == Binary.name:
        above = [part.answers > part.threshold for part in found]
        predictions = np.concatenate(above).astype(np.float64)
    neither = [pa.nulls(rows, pa.string()), pa.nulls(rows, _PROBABILITIES)]
    return [pa.array(scores), pa.array(predictions), *neither]


_PROBABILITIES = pa.map_(pa.string(), pa.float64())


def _said_of_classes(found: Sequence[_Answers]) -> list[pa.Array]:
    best = [part.answers.argmax(axis=1) for part in found]
    scores = np.concatenate([part.answers.max(axis=1) for part in found])
    labels = [np.array(part.classes, dtype=object)[places] for part, places in zip(found, best, strict=True)]
    keys = [np.tile(np.array(part.classes, dtype=object), len(part.answers)) for part in found]
    sizes = [np.full(len(part.answers), len(part.classes)) for part in found]
    ends = np.concatenate([[0], *sizes]).cumsum().astype(np.int32)
    items = pa.array(np.concatenate([part.answers.ravel() for part in found]))
    maps = pa.MapArray.from_arrays(ends, pa.array(np.concatenate(keys), pa.string()), items)
    predicted = pa.array(np.concatenate(labels), pa.string())
    return [pa.array(scores), pa.nulls(len(scores), pa.float64()), predicted, maps]
