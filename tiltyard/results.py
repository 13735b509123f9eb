"""What a tournament came to, as rows of one table: one for each contender, and one for the tenant."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from tiltyard.entries import Contender, Entry, left_behind, ranked
from tiltyard.importance import IMPORTANCE
from tiltyard.learners.payload import FORMAT, digest
from tiltyard.problem import Binary, Multiclass, Problem
from tiltyard.verdict import Verdict

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


def result_rows(
    tenant: str | None,
    entries: Sequence[Entry],
    verdict: Verdict,
    metric: str,
    labels: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Rows of RESULTS: the entries', and the verdict, which holds the champion. `labels` are as of `counted`."""
    found = [*_contender_rows(entries, metric), _verdict_row(verdict, metric)]
    common = {"tenant": tenant, "played": bool(entries), **labels}
    return [{**row, **common} for row in found]


def with_rows(results: DataFrame, rows: Sequence[Mapping[str, Any]]) -> DataFrame:
    """The results, and more of them from the driver."""
    if not rows:
        return results
    schema = to_arrow_schema(cast(StructType, StructType.fromDDL(RESULTS)))
    more = pa.Table.from_pylist([*rows], schema=schema)
    return results.unionByName(results.sparkSession.createDataFrame(more, RESULTS))


def counted(labels: np.ndarray, problem: Problem) -> dict[str, Any]:
    """The number of rows, and what the global row needs to know of a tenant's labels."""
    rows = {"rows": len(labels)}
    if isinstance(problem, Multiclass):
        known = labels[(labels >= 0) & (labels < len(problem.classes))].astype(int)
        of_classes = np.bincount(known, minlength=len(problem.classes)).tolist()
        return {
            **rows,
            "classes": [pair for pair in zip(problem.classes, of_classes, strict=True) if pair[1]],
        }
    if problem.name == Binary.name:
        return {**rows, "positives": int((labels == 1.0).sum())}
    return {**rows, "total": float(labels[np.isfinite(labels)].sum())}


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
