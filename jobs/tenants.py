"""List an app's tenants, the worst first: who is not served by an own, good model, and why."""

from __future__ import annotations

import sys
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from rich.table import Table
from rich.text import Text

from tiltyard.errors import ConfigError
from tiltyard.job import Job
from tiltyard.problem import LARGER_IS_BETTER
from tiltyard.schemas import TENANT_STATUSES
from tiltyard.tables import Warehouse

COLUMNS = (
    "tenant",
    "rows",
    "lane",
    "segment",
    "shares_data",
    "learner",
    "status",
    "metric",
    "value",
    "consecutive_failures",
    "quarantined_until",
)
_LOWER_IS_BETTER = tuple(name for name, larger in LARGER_IS_BETTER.items() if not larger)


def run(job: Job, status: str | None = None, limit: int = 50) -> dict[str, Any]:
    """Show up to `limit` tenants of the app, of one status or all."""
    if status is not None and status not in TENANT_STATUSES:
        raise ConfigError(f"--status must be one of {', '.join(TENANT_STATUSES)}, got '{status}'.")
    known = tenants(job.warehouse, job.app.app)
    if job.tenants:
        known = known.where(F.col("tenant").isin(*job.tenants))
    if status:
        known = known.where(F.col("status") == status)
    counts = {row["status"] or "unknown": row["count"] for row in known.groupBy("status").count().collect()}
    worst = [row.asDict() for row in known.orderBy(*worst_first()).limit(limit).collect()]
    if job.as_json:
        return {"tenants": sum(counts.values()), "by_status": counts, "rows": worst}
    job.progress.show(_table(job.app.app, worst))
    return {"tenants": sum(counts.values()), "by_status": counts, "shown": len(worst)}


def tenants(warehouse: Warehouse, app: str) -> DataFrame:
    """Return one row for each tenant of an app: size, lane, what serves it and how well.

    A tenant without an own model has the learner that serves it instead, and no value.
    """

    def rows_of(name: str) -> DataFrame:
        return warehouse.read(name).where(F.col("app") == app)

    serving = rows_of("champions").select("tenant", "version", "learner", "status")
    quality = rows_of("models").select("tenant", "version", "metric", "value")
    return (
        rows_of("tenants")
        .select(
            "tenant", "rows", "lane", "segment", "shares_data", "consecutive_failures", "quarantined_until"
        )
        .join(serving, "tenant", "left")
        .join(quality, ["tenant", "version"], "left")
        .select(*COLUMNS)
    )


def worst_first() -> list[Column]:
    """Return an order: no good model first, then failures in a row, then the worse metric."""
    goodness = F.when(F.col("metric").isin(*_LOWER_IS_BETTER), -F.col("value")).otherwise(F.col("value"))
    return [
        F.coalesce(F.col("status") == "ok", F.lit(False)),
        F.col("consecutive_failures").desc_nulls_last(),
        goodness.asc_nulls_first(),
        F.col("tenant"),
    ]


def _table(app: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=f"Tenants of {app}, the worst first")
    shown = [name for name in COLUMNS if any(row[name] is not None for row in rows)]
    for name in shown:
        table.add_column(name.replace("_", " "), justify="right" if name in ("rows", "value") else "left")
    for row in rows:
        table.add_row(*(cell(row[name]) for name in shown))
    return table


def cell(value: Any) -> Text:
    """Return a table's cell; never markup, whatever brackets a tenant's name has.

    Examples
    --------
    >>> [cell(value).plain for value in (12345, 0.71239, True, None, "[red]")]
    ['12,345', '0.712', 'True', '-', '[red]']
    """
    if value is None:
        return Text("-")
    if isinstance(value, float):
        return Text(f"{value:.3f}")
    grouped = isinstance(value, int) and not isinstance(value, bool)
    return Text(f"{value:,}" if grouped else str(value))


if __name__ == "__main__":
    from tiltyard.cli import main

    sys.exit(main(["tenants", *sys.argv[1:]]))
