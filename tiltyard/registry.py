"""Which model serves a tenant, and who is in quarantine: pure functions of the models table.

Nothing here remembers anything, so a run that is repeated after a crash comes to the same answer.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tiltyard.config import Gates
from tiltyard.learners.pooled import PooledKernel

# Verdicts that say nothing about the tenant's data: an earlier model stays.
FAILED = ("error", "timeout")


def champions(models: DataFrame) -> DataFrame:
    """The version that serves each tenant of one app.

    The newest verdict counts, a failure apart: it leaves an earlier model in place. A tenant whose newest
    verdict has no model of its own is served by what answered for it there (the model of all tenants, or its prior),
    or by the global row (tenant null).

    Parameters
    ----------
    models : rows of the models table, of one app

    Returns
    -------
    DataFrame[tenant, version, learner, status, fallback, since, why]
        One row per tenant and the global row. One aggregation.
    """
    failed = F.col("status").isin(*FAILED)
    verdict = F.struct("version", "status", "learner", "contender", "metric", "value", "message")
    newest = models.groupBy("tenant").agg(
        F.max(verdict).alias("newest"),
        F.max(F.when(~failed, verdict)).alias("settled"),
        F.collect_list(F.when(F.col("segment").isNotNull(), F.col("version"))).alias("by_segment"),
    )
    newest_shared = models.where(F.col("tenant").isNull()).agg(F.max(F.struct("version", "learner")))
    shared = newest_shared.scalar()
    own = F.col("tenant").isNotNull() & (F.col("settled.status") == "ok")
    version = F.coalesce("settled.version", shared.getField("version"))
    learner = F.coalesce("settled.learner", shared.getField("learner"), F.lit("prior"))
    # A verdict with a model of its own reads its own pipeline; any other tenant is served by the global row.
    served = F.when(F.col("settled.status") == "no_signal", F.col("settled.version")).otherwise(
        shared.getField("version")
    )
    by_segment = F.array_contains("by_segment", served) & (learner == PooledKernel.name)
    return newest.select(
        "tenant",
        version.alias("version"),
        learner.alias("learner"),
        F.col("newest.status").alias("status"),
        F.when(own, "tenant").when(by_segment, "segment").otherwise(learner).alias("fallback"),
        F.to_date(version).alias("since"),
        _why().alias("why"),
    )


def serving(champions: DataFrame, models: DataFrame) -> DataFrame:
    """The champions with what scoring needs of their models.

    Parameters
    ----------
    champions, models : rows of these tables, of one app

    Returns
    -------
    DataFrame[tenant, version, fallback, threshold, pipeline, payload]
        Tenants without a payload of their own are left out: the global row (tenant null) serves them.
    """
    known = models.where(F.col("payload").isNotNull())
    known = known.select(
        F.col("tenant").alias("of"), F.col("version").alias("made"), "threshold", "pipeline", "payload"
    )
    same = F.col("tenant").eqNullSafe(F.col("of")) & (F.col("version") == F.col("made"))
    return champions.join(known, same).select(
        "tenant", "version", "fallback", "threshold", "pipeline", "payload"
    )


def failures(models: DataFrame) -> DataFrame:
    """How often each tenant of one app has failed since its last settled verdict.

    Returns
    -------
    DataFrame[tenant, consecutive_failures INT, last_failure DATE]
        `last_failure` is null without failures. The global row is left out. One aggregation.
    """
    failed = F.col("status").isin(*FAILED)
    grouped = models.where(F.col("tenant").isNotNull()).groupBy("tenant")
    seen = grouped.agg(
        F.max(F.when(~failed, F.col("logical_date"))).alias("settled"),
        F.collect_list(F.when(failed, F.col("logical_date"))).alias("failed"),
    )
    since = F.filter("failed", lambda day: F.col("settled").isNull() | (day > F.col("settled")))
    return seen.select(
        "tenant",
        F.size(since).alias("consecutive_failures"),
        F.array_max(since).alias("last_failure"),
    )


def quarantined_until(gates: Gates) -> Column:
    """First day a tenant is trained again, over the columns of `failures`; null: it is not in quarantine."""
    many = F.col("consecutive_failures") >= gates.quarantine_after
    return F.when(many, F.date_add("last_failure", gates.quarantine_days))


def in_quarantine(models: DataFrame, gates: Gates, day: date) -> DataFrame:
    """The tenants that a training on `day` leaves out: DataFrame[tenant]."""
    before = models.where(F.col("logical_date") < F.lit(day))
    return failures(before).where(quarantined_until(gates) > F.lit(day)).select("tenant")


def _why() -> Column:
    won = F.format_string("%s: %s %.3f", "settled.contender", "settled.metric", "settled.value")
    kept = F.concat(F.lit("kept, as the newest training failed: "), F.col("newest.message"))
    current = F.col("newest.version") == F.col("settled.version")
    return (
        F.when(F.col("tenant").isNull(), _shared_why())
        .when(F.col("newest.status") == "ok", won)
        .when(F.col("settled.version").isNotNull() & ~current, kept)
        .otherwise(F.col("newest.message"))
    )


def _shared_why() -> Column:
    pooled = F.col("settled.learner") == PooledKernel.name
    return F.when(pooled, "model of all tenants, for those without one of their own").otherwise(
        "base rate of all rows, for tenants without a model"
    )
