"""The packed lane: every tenant's tournament, and every tenant's scores, in one stream each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tiltyard.entries import Contender, Entry, left_behind, ranked
from tiltyard.errors import DataContractError
from tiltyard.learners.base import load, matrix_of
from tiltyard.learners.links import margins_of
from tiltyard.learners.payload import FORMAT, digest
from tiltyard.play import Rules, Verdict, play
from tiltyard.problem import BINARY, Binary, Multiclass, Problem, classes_of_tenant
from tiltyard.streams import over_tenants, rows_of_floats, runs

# One row per contender, and one per tenant (kind "verdict") which holds the champion.
RESULTS = (
    "tenant string, kind string, contender string, learner string, metric string, mean double, sd double,"
    " rank int, status string, message string, rows bigint, positives bigint, total double, classes map<string,bigint>,"
    " fit_seconds double,"
    " score_seconds double,"
    " folds array<struct<fold:int,rows:bigint,metrics:map<string,double>>>, params string,"
    " played boolean, value double, low double, high double, above_chance boolean,"
    " calibration struct<method:string,brier_before:double,brier_after:double,error_before:double,error_after:double>,"
    " threshold double, format int, sha256 string, payload binary"
)
# What scoring adds to a row: the score (probability of the positive class, or of the most probable one, or a number),
# the prediction (1 where it is above the model's threshold, or that number), for several classes the predicted one and
# the probability of each, the model's version, its place in the chain.
SCORED = {
    **{
        "_score": "double",
        "_prediction": "double",
        "_label": "string",
        "_probabilities": "map<string,double>",
    },
    **{"_version": "string", "_fallback": "string"},
}
NO_TENANT = "Rows without a tenant: they are not trained on, and the global model scores them."


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


def tournaments(
    rows: DataFrame,
    contenders: Sequence[Contender],
    rules: Rules,
    categorical: tuple[bool, ...],
    partitions: int | None = None,
    problem: Problem = BINARY,
) -> DataFrame:
    """Play every tenant's tournament: DataFrame[RESULTS].

    Parameters
    ----------
    rows : tenant, key (orders a tenant's rows), fold, y (label), x (packed features), margin (base margin, null in
        all rows for none)
    problem : of all tenants; of its classes each tenant plays for those that it has
    """

    def one(tenant: str | None, table: pa.Table) -> list[dict[str, Any]]:
        labels = table["y"].to_numpy()
        if tenant is None:
            entries: list[Entry] = []
            verdict = Verdict("error", NO_TENANT)
        else:
            entries, verdict = _played(table, categorical, contenders, rules, problem)
        found = [*_contender_rows(entries, rules.metric), _verdict_row(verdict, rules.metric)]
        common = {
            "tenant": tenant,
            "played": bool(entries),
            "rows": len(labels),
            **_counted(labels, problem),
        }
        return [{**row, **common} for row in found]

    return over_tenants(
        rows, "tenant", one, RESULTS, order=("key", "x", "margin", "y"), partitions=partitions
    )


def scores(
    records: DataFrame,
    models: DataFrame,
    fallback: Champion,
    categorical: tuple[bool, ...],
    *,
    tenant: str,
    features: str,
    margin: str | None = None,
    pool: bytes | None = None,
    rates: str | None = None,
    problem: str = Binary.name,
    partitions: int | None = None,
) -> DataFrame:
    """Add SCORED: each row's score and prediction by its tenant's model, and which model that was.

    Payloads travel in the stream ahead of their tenant's records, so a worker holds one model at a time.
    One shuffle; row order is not kept, and neither are the packed column, the margin and the rates.

    Parameters
    ----------
    records : rows with a `tenant` and a packed `features` column
    models : tenant, payload, version, fallback, threshold; at most one row a tenant
    fallback : serves null tenants and those without a row in `models`
    margin : column of the base margin, null in all rows for none; unset: the pool gives it
    pool : payload of the model of all tenants
    rates : column of the numbers that only the pool reads
    problem : name of what is predicted
    """
    own = models.where(F.col("tenant").isNotNull() & F.col("payload").isNotNull())
    model = [F.col(name).alias(place) for name, place in _MODEL.items()]
    stream = records.unionByName(own.select(F.col("tenant").alias(tenant), *model), allowMissingColumns=True)
    read = [features, *filter(None, (margin, rates))]
    kept = records.drop(*read)
    schema = kept.select("*", *[F.lit(None).cast(kind).alias(name) for name, kind in SCORED.items()]).schema
    names = kept.columns

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        server = _Server(fallback, categorical, pool, problem)
        for batch in batches:
            if scored := server.scored(batch, tenant, features, margin, rates):
                rows = batch.filter(pc.is_null(batch.column(_PAYLOAD)))
                yield pa.RecordBatch.from_arrays([*map(rows.column, names), *scored], [*names, *SCORED])

    count = partitions or int(records.sparkSession.conf.get("spark.sql.shuffle.partitions") or 200)
    together = stream.repartition(count, tenant)
    return together.sortWithinPartitions(F.col(tenant), F.col(_PAYLOAD).isNull()).mapInArrow(run, schema)


class _Server:
    """The model of the tenant whose rows a worker meets now; a tenant may go on in the next batch."""

    def __init__(
        self, fallback: Champion, categorical: tuple[bool, ...], pool: bytes | None, problem: str
    ) -> None:
        self.problem = problem
        self.pool = load(pool) if pool else None
        self.default = (load(fallback.payload), fallback)
        self.categorical = categorical
        self.tenant: str | None = None
        self.serving = self.default

    def scored(
        self, batch: pa.RecordBatch, tenant: str, features: str, margin: str | None, rates: str | None
    ) -> list[pa.Array]:
        """The columns SCORED for the batch's records in their order; nothing for a batch without any."""
        found: list[_Answers] = []
        by: list[Champion] = []
        values, end = rows_of_floats(batch.column(features)), 0
        margins = batch.column(margin) if margin else self._margins(values, batch, rates)
        for name, piece in runs(batch, tenant):
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
                answers = fitted.predict(matrix_of(own, self.categorical, begins))
                found.append(_Answers(answers, champion.threshold, getattr(fitted, "classes", ())))
                by.append(champion)
        if not found:
            return []
        place = np.repeat(np.arange(len(by)), [len(part.answers) for part in found])
        versions = pa.array([champion.version for champion in by], pa.string())
        fallbacks = pa.array([champion.fallback for champion in by], pa.string())
        return [*_said(found, self.problem), versions.take(place), fallbacks.take(place)]

    def _margins(self, values: np.ndarray, batch: pa.RecordBatch, rates: str | None) -> pa.Array | None:
        """Where the pool's answers begin: for all rows of the batch at once, as most champions read them."""
        if self.pool is None or not batch.column(_PAYLOAD).null_count:  # no pool, or no records
            return None
        more = batch.column(rates) if rates else None
        answers = self.pool.predict(matrix_of(values, self.categorical, rates=more))
        return pa.array(margins_of(self.problem, answers))


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


def _counted(labels: np.ndarray, problem: Problem) -> dict[str, Any]:
    """What the global row needs to know of a tenant's labels."""
    if isinstance(problem, Multiclass):
        known = labels[(labels >= 0) & (labels < len(problem.classes))].astype(int)
        rows = np.bincount(known, minlength=len(problem.classes)).tolist()
        return {"classes": [pair for pair in zip(problem.classes, rows, strict=True) if pair[1]]}
    if problem.name == Binary.name:
        return {"positives": int((labels == 1.0).sum())}
    return {"total": float(labels[np.isfinite(labels)].sum())}


def _played(
    table: pa.Table,
    categorical: tuple[bool, ...],
    contenders: Sequence[Contender],
    rules: Rules,
    problem: Problem,
) -> tuple[list[Entry], Verdict]:
    labels = table["y"].to_numpy()
    if isinstance(problem, Multiclass):
        problem, labels = classes_of_tenant(labels, problem.classes, rules.min_per_class)
    try:
        matrix = matrix_of(rows_of_floats(table["x"]), categorical, table["margin"])
    except DataContractError as error:
        return [], Verdict("error", str(error))
    return play(matrix, labels, table["fold"].to_numpy(), contenders, rules, problem)


def _contender_rows(entries: Sequence[Entry], metric: str) -> list[dict[str, Any]]:
    placed = [*ranked(entries, metric), *left_behind(entries, metric)]
    ranks = {id(entry): place for place, entry in enumerate(placed, start=1)}
    return [_contender_row(entry, metric, ranks.get(id(entry))) for entry in entries]


def _contender_row(entry: Entry, metric: str, rank: int | None) -> dict[str, Any]:
    values = entry.values(metric)
    return {
        "kind": "contender",
        **_who(entry.contender),
        "metric": metric,
        "mean": float(np.mean(values)) if values else None,
        "sd": float(np.std(values)) if values else None,
        "rank": rank,
        "status": entry.status,
        "message": entry.message,
        "fit_seconds": entry.fit_seconds,
        "score_seconds": entry.score_seconds,
        "folds": [
            {"fold": fold["fold"], "rows": fold["rows"], "metrics": list(fold["metrics"].items())}
            for fold in entry.folds
        ],
    }


def _verdict_row(verdict: Verdict, metric: str) -> dict[str, Any]:
    return {
        "kind": "verdict",
        **(_who(verdict.champion.contender) if verdict.champion else {}),
        "metric": metric,
        "status": verdict.status,
        "message": verdict.message,
        "value": verdict.value,
        "low": verdict.low,
        "high": verdict.high,
        "above_chance": verdict.above_chance,
        "calibration": verdict.calibration.summary() if verdict.calibration else None,
        "format": FORMAT if verdict.payload else None,
        "sha256": digest(verdict.payload) if verdict.payload else None,
        "threshold": verdict.threshold,
        "payload": verdict.payload,
    }


def _who(contender: Contender) -> dict[str, str]:
    params = json.dumps(contender.params, sort_keys=True)
    return {"contender": contender.name, "learner": contender.kernel.name, "params": params}
