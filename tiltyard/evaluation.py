"""How scores met their outcomes: metrics, intervals, coverage and calibration of each tenant and of all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tiltyard.metrics import Z_95, auroc_standard_error, resampled, score
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


def evaluated(met: DataFrame, metric: str, min_per_class: int) -> DataFrame:
    """Every tenant's evaluation, and that of all tenants together (tenant null).

    Parameters
    ----------
    met : tenant, key, score, version, y (outcome 0 or 1, null while it is not known); one row a record
    metric : name in `tiltyard.metrics.METRICS`, shown as `value` with its 95 % interval
    min_per_class : outcomes of either class a tenant needs to be judged

    Returns
    -------
    DataFrame[EVALUATED]
        One aggregation to at most 10,001 scores for all tenants together, and one shuffle by tenant.
    """

    def one(tenant: str | None, table: pa.Table) -> list[dict[str, Any]]:
        chances, outcomes, counts = (table[name].to_numpy() for name in ("score", "y", "n"))
        versions = [version for version in table["version"].to_pylist() if version is not None]
        newest = max(versions, default=None)
        row = _row(chances, outcomes, counts.astype(float), metric, min_per_class)
        return [{**row, "tenant": tenant, "version": newest}]

    own = met.where(F.col("tenant").isNotNull()).withColumn("n", F.lit(1).cast("bigint"))
    rows = own.unionByName(_together(met), allowMissingColumns=True)
    return over_tenants(rows, "tenant", one, EVALUATED, order=("key", "score", "y"))


def _together(met: DataFrame) -> DataFrame:
    """The records of all tenants as one more tenant, null: how often each score met each outcome."""
    grouped = met.groupBy(F.round("score", _DIGITS).alias("score"), "y").agg(F.count("*").alias("n"))
    return grouped.withColumn("tenant", F.lit(None).cast("string"))


def _row(
    chances: np.ndarray, outcomes: np.ndarray, counts: np.ndarray, metric: str, min_per_class: int
) -> dict[str, Any]:
    """The evaluation of scored records; `counts` says how often each stands for."""
    arrived = ~np.isnan(outcomes)
    chance, outcome, count = chances[arrived], outcomes[arrived], counts[arrived]
    rows, known, positives = counts.sum(), count.sum(), float((count * outcome).sum())
    facts: dict[str, Any] = {
        "rows": int(rows),
        "outcomes": int(known),
        "positives": int(positives),
        "coverage": float(known / rows),
        "metric": metric,
        **_status(known, positives, min_per_class),
    }
    if known:
        facts["mean_score"] = float(np.average(chance, weights=count))
        facts["mean_outcome"] = float(positives / known)
        facts["calibration"] = _calibration(chance, outcome, count)
    if facts["status"] == "ok":
        metrics = score(outcome, chance, count)
        low, high = _interval(outcome, chance, count, metric, metrics[metric])
        facts |= {"metrics": list(metrics.items()), "value": metrics[metric], "low": low, "high": high}
    return facts


def _status(known: float, positives: float, min_per_class: int) -> dict[str, str | None]:
    fewer = min(positives, known - positives)
    if not known:
        return {"status": "no_outcomes", "message": "No outcome has arrived yet."}
    if not fewer:
        return {"status": "one_class", "message": f"All {known:.0f} outcomes are {1 if positives else 0}."}
    if fewer < min_per_class:
        message = f"{fewer:.0f} outcomes of the rarer class, {min_per_class} are needed."
        return {"status": "too_few_rows", "message": message}
    return {"status": "ok", "message": None}


def _interval(
    outcome: np.ndarray, chance: np.ndarray, count: np.ndarray, metric: str, value: float
) -> tuple[float, float]:
    """The 95 % interval: by formula for AUROC, else by resampling the rows (Poisson bootstrap)."""
    if metric == "auroc":
        positives = int((count * outcome).sum())
        half = Z_95 * auroc_standard_error(value, positives, int(count.sum()) - positives)
        return max(0.0, value - half), min(1.0, value + half)
    draws = np.random.default_rng(0).poisson(count, size=(_RESAMPLES, len(count))).T
    low, high = np.nanquantile(resampled(metric, outcome, chance, draws.astype(float)), [0.025, 0.975])
    return float(low), float(high)


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
