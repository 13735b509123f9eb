"""How scores met their outcomes: metrics, intervals, coverage and calibration of each tenant and of all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tiltyard.evaluation_together import together
from tiltyard.metrics import Z_95, auroc_standard_error
from tiltyard.problem import OTHER, Binary, Multiclass, Problem, problem_named
from tiltyard.streams import over_tenants

BINS = 10
"""Bins of equal width a calibration curve has."""

# Scores of all tenants together are compared at this precision: at most 10,001 values, however
# many were scored.
_DIGITS = 4
# Resamples of a tenant's rows for the interval of a metric other than AUROC.
_RESAMPLES = 200

EVALUATED = (
    "tenant string, version string, rows bigint, outcomes bigint, positives bigint, coverage double,"
    " metric string, value double, low double, high double, metrics map<string,double>,"
    " mean_score double, mean_outcome double,"
    " calibration array<struct<bin:int,rows:bigint,mean_score:double,mean_outcome:double>>,"
    " status string, message string"
)


def evaluated(met: DataFrame, metric: str, min_per_class: int, problem: str = Binary.name) -> DataFrame:
    """Every tenant's evaluation, and that of all tenants together (tenant null).

    Parameters
    ----------
    met : tenant, key, score, version, y (outcome, null while it is not known); for several classes also label and
        probabilities; one row a record
    metric : name in the problem's metrics, shown as `value` with its 95 % interval
    min_per_class : outcomes of either class a tenant needs to be judged; twice as many of all without two classes
    problem : name of what is predicted

    Returns
    -------
    DataFrame[EVALUATED]
        One aggregation for all tenants together (of a binary problem to at most 10,001 scores), and one shuffle by
        tenant. For several classes, all tenants together have no `auroc`.
    """
    judge = {Binary.name: _binary, Multiclass.name: _classes}.get(problem, _numbers)

    def one(tenant: str | None, table: pa.Table) -> list[dict[str, Any]]:
        versions = [version for version in table["version"].to_pylist() if version is not None]
        row = judge(table, metric, min_per_class)
        return [{**row, "tenant": tenant, "version": max(versions, default=None)}]

    own = met.where(F.col("tenant").isNotNull()).withColumn("n", F.lit(1).cast("bigint"))
    if problem == Binary.name:
        rows = own.unionByName(_grouped(met), allowMissingColumns=True)
        return over_tenants(rows, "tenant", one, EVALUATED, order=("key", "score", "y"))
    judged = over_tenants(own, "tenant", one, EVALUATED, order=("key", "score", "y"))
    return judged.unionByName(together(met, metric, problem), allowMissingColumns=True)


def _grouped(met: DataFrame) -> DataFrame:
    """The records of all tenants as one more tenant, null: how often each score met each outcome."""
    grouped = met.groupBy(F.round("score", _DIGITS).alias("score"), "y").agg(F.count("*").alias("n"))
    return grouped.withColumn("tenant", F.lit(None).cast("string"))


def _binary(table: pa.Table, metric: str, min_per_class: int) -> dict[str, Any]:
    """The evaluation of scored records; `n` says how often each stands for."""
    chances, outcomes, counts = (table[name].to_numpy() for name in ("score", "y", "n"))
    arrived = ~np.isnan(outcomes)
    chance, outcome, count = chances[arrived], outcomes[arrived], counts[arrived].astype(float)
    known, positives = count.sum(), float((count * outcome).sum())
    fewer = min(positives, known - positives)
    facts = _facts(counts.sum(), known, metric) | {"positives": int(positives)}
    if known:
        facts |= _calibrated(chance, outcome, count)
    if not known or facts["status"] != "ok":
        return facts
    if not fewer:
        return facts | _said("one_class", f"All {known:.0f} outcomes are {1 if positives else 0}.")
    if fewer < min_per_class:
        few = f"{fewer:.0f} outcomes of the rarer class, {min_per_class} are needed."
        return facts | _said("too_few_rows", few)
    return facts | _judged(problem_named(Binary.name), outcome, chance, count, metric)


def _numbers(table: pa.Table, metric: str, min_per_class: int) -> dict[str, Any]:
    numbers, outcomes = table["score"].to_numpy(), table["y"].to_numpy()
    arrived = np.isfinite(outcomes)
    number, outcome = numbers[arrived], outcomes[arrived]
    facts = _facts(len(outcomes), len(outcome), metric)
    if not len(outcome):
        return facts
    facts |= {"mean_score": float(number.mean()), "mean_outcome": float(outcome.mean())}
    if outcome.min() == outcome.max():
        return facts | _said("one_class", f"All {len(outcome)} outcomes are {outcome[0]:g}.")
    if few := _too_few(len(outcome), min_per_class):
        return facts | few
    return facts | _judged(problem_named("regression"), outcome, number, np.ones(len(outcome)), metric)


def _classes(table: pa.Table, metric: str, min_per_class: int) -> dict[str, Any]:
    arrived = table.filter(table["y"].is_valid())
    facts = _facts(len(table), len(arrived), metric)
    if not len(arrived):
        return facts
    chances = [dict(pairs) for pairs in arrived["probabilities"].to_pylist()]
    said = zip(arrived["y"].to_pylist(), chances, strict=True)
    truth = [name if name in known else OTHER for name, known in said]
    hits = np.array([label == name for label, name in zip(arrived["label"].to_pylist(), truth, strict=True)])
    count = np.ones(len(truth))
    facts |= _calibrated(arrived["score"].to_numpy(), hits.astype(float), count)
    if len(set(truth)) == 1:
        return facts | _said("one_class", f"All {len(truth)} outcomes are '{truth[0]}'.")
    if few := _too_few(len(truth), min_per_class):
        return facts | few
    names = tuple(sorted({*truth, *(name for known in chances for name in known)}))
    answers = np.array([[known.get(name, 0.0) for name in names] for known in chances])
    labels = np.array([float(names.index(name)) for name in truth])
    return facts | _judged(Multiclass(names), labels, answers, count, metric)


def _facts(rows: float, known: float, metric: str) -> dict[str, Any]:
    facts = {"rows": int(rows), "outcomes": int(known), "coverage": float(known / rows), "metric": metric}
    return facts | (_said("ok") if known else _said("no_outcomes", "No outcome has arrived yet."))


def _said(status: str, message: str | None = None) -> dict[str, Any]:
    return {"status": status, "message": message}


def _too_few(known: int, min_per_class: int) -> dict[str, Any] | None:
    if known >= 2 * min_per_class:
        return None
    return _said("too_few_rows", f"{known} outcomes, {2 * min_per_class} are needed.")


def _judged(
    problem: Problem, outcome: np.ndarray, answers: np.ndarray, count: np.ndarray, metric: str
) -> dict[str, Any]:
    metrics = problem.score(outcome, answers, count)
    low, high = _interval(problem, outcome, answers, count, metric, metrics[metric])
    return {"metrics": list(metrics.items()), "value": metrics[metric], "low": low, "high": high}


def _interval(
    problem: Problem,
    outcome: np.ndarray,
    answers: np.ndarray,
    count: np.ndarray,
    metric: str,
    value: float,
) -> tuple[float, float]:
    """The 95 % interval: by formula for a binary AUROC, else by resampling the rows (Poisson bootstrap)."""
    if metric == "auroc" and problem.name == Binary.name:
        positives = int((count * outcome).sum())
        half = Z_95 * auroc_standard_error(value, positives, int(count.sum()) - positives)
        return max(0.0, value - half), min(1.0, value + half)
    draws = np.random.default_rng(0).poisson(count, size=(_RESAMPLES, len(count))).T
    reached = problem.resampled(metric, outcome, answers, draws.astype(float))
    low, high = np.nanquantile(reached, [0.025, 0.975])
    return float(low), float(high)


def _calibrated(chance: np.ndarray, outcome: np.ndarray, count: np.ndarray) -> dict[str, Any]:
    return {
        "mean_score": float(np.average(chance, weights=count)),
        "mean_outcome": float(np.average(outcome, weights=count)),
        "calibration": _calibration(chance, outcome, count),
    }


def _calibration(chance: np.ndarray, outcome: np.ndarray, count: np.ndarray) -> list[dict[str, Any]]:
    """Mean score and outcome in bins of equal width; empty bins are left out."""
    place = np.minimum((chance * BINS).astype(int), BINS - 1)
    return [
        {
            "bin": int(number),
            "rows": int(count[place == number].sum()),
            "mean_score": float(np.average(chance[place == number], weights=count[place == number])),
            "mean_outcome": float(np.average(outcome[place == number], weights=count[place == number])),
        }
        for number in np.unique(place)
    ]
