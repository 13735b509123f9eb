"""Registers the monitoring views: SQL texts over the warehouse's tables, one view a file in `views/`."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files

from pyspark.sql import SparkSession

# A view stands after those it reads.
VIEWS = (
    "clock",
    "scopes",
    "recent_scores",
    "scores_per_hour",
    "predictions_per_day",
    "newest_models",
    "newest_evaluations",
    "evaluation_skill",
    "skill_distribution",
    "models_in_production",
    "models_trained_this_month",
    "share_above_chance",
    "experiments_this_week",
    "champions_by_learner",
    "tenant_health",
    "tenant_states",
    "worst_tenants",
    "newest_runs",
    "tiles",
    "tiles_week_before",
)


def view_text(name: str) -> str:
    """Return the SELECT of a view.

    The texts name tables without a schema, so `CREATE VIEW name AS <text>` also makes it a catalog view.

    >>> print(view_text("clock").splitlines()[-1])
    SELECT current_timestamp() AS as_of
    """
    return (files("tiltyard.monitoring") / "views" / f"{name}.sql").read_text(encoding="utf-8")


def register_views(spark: SparkSession, as_of: datetime | None = None) -> datetime:
    """Make every monitoring view a temporary view of the session. Launches no job.

    The tables must be temporary views of their own names already: `Warehouse.register()`.

    Parameters
    ----------
    as_of : the moment the numbers are taken at, default now; without a time zone it is UTC

    Returns
    -------
    The moment, with time zone.
    """
    moment = utc(as_of or datetime.now(UTC))
    _create(spark, "clock", f"SELECT TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S.%f}Z' AS as_of")
    for name in VIEWS[1:]:
        _create(spark, name, view_text(name))
    return moment


def utc(moment: datetime) -> datetime:
    """Return the moment in UTC; one without a time zone is UTC already.

    >>> utc(datetime(2013, 11, 1, 12)).isoformat()
    '2013-11-01T12:00:00+00:00'
    """
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _create(spark: SparkSession, name: str, text: str) -> None:
    spark.sql(f"CREATE OR REPLACE TEMPORARY VIEW {name} AS\n{text}")
