"""The packed lane: every tenant's tournament, in one stream."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from tiltyard.entries import Contender, Entry, left_behind, ranked
from tiltyard.errors import DataContractError
from tiltyard.importance import IMPORTANCE
from tiltyard.learners.base import matrix_of
from tiltyard.learners.payload import FORMAT, digest
from tiltyard.play import Rules, Verdict, play
from tiltyard.problem import BINARY, Binary, Multiclass, Problem, classes_of_tenant
from tiltyard.streams import over_tenants, rows_of_floats

# One row per contender, and one per tenant (kind "verdict") which holds the champion.
RESULTS = (
    "tenant string, kind string, contender string, learner string, metric string, mean double, sd double,"
    " rank int, status string, message string, rows bigint, positives bigint, total double, classes map<string,bigint>,"
    " fit_seconds double,"
    " score_seconds double,"
    " folds array<struct<fold:int,rows:bigint,metrics:map<string,double>>>, params string,"
    " played boolean, value double, low double, high double, above_chance boolean,"
    " calibration struct<method:string,brier_before:double,brier_after:double,error_before:double,error_after:double>,"
    f" threshold double, importance {IMPORTANCE}, format int, sha256 string, payload binary"
)
NO_TENANT = "Rows without a tenant: they are not trained on, and the global model scores them."


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
        strange = labels[~np.isin(labels, np.arange(len(problem.classes)))]
        if len(strange):
            known = f"0 to {len(problem.classes) - 1}, the places of the classes' names"
            return [], Verdict(
                "error", f"A label must be {known}, {len(strange)} rows have others such as {strange[0]:g}."
            )
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
        "importance": verdict.importance,
        "payload": verdict.payload,
    }


def _who(contender: Contender) -> dict[str, str]:
    params = json.dumps(contender.params, sort_keys=True)
    return {"contender": contender.name, "learner": contender.kernel.name, "params": params}
