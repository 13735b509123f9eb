"""All the page shows, taken from the views: a few queries, and never more rows than a page can hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from pyspark.sql import SparkSession

from tiltyard.monitoring.tiles import TileValue, tile_values
from tiltyard.threads import side_by_side

APPS = 50  # apps on the page, those with most tenants; it has a chart and a table for each
TEXT = 160  # characters of a name or message; both are other people's text and have no end


@dataclass(frozen=True)
class Snapshot:
    """The monitoring at one moment; every list is bounded whatever the number of tenants.

    Rows are dicts named as in the view of the same name; `app` None is the platform.
    """

    as_of: datetime
    apps: tuple[str, ...]
    more_apps: int
    tiles: list[TileValue]
    scores_per_hour: list[dict[str, Any]]
    predictions_per_day: list[dict[str, Any]]
    evaluation_skill: list[dict[str, Any]]
    skill_distribution: list[dict[str, Any]]
    champions_by_learner: list[dict[str, Any]]
    tenant_states: list[dict[str, Any]]
    worst_tenants: list[dict[str, Any]]
    newest_runs: list[dict[str, Any]]


def take_snapshot(spark: SparkSession, as_of: datetime) -> Snapshot:
    """Query the registered views. The number of Spark jobs does not depend on apps or tenants.

    Parameters
    ----------
    as_of : what `register_views` returned
    """
    queries = {name: partial(_rows, spark, query) for name, query in _QUERIES.items()}
    works: dict[str, Callable[[], list[Any]]] = {"tiles": partial(tile_values, spark), **queries}
    found = side_by_side(spark, works)
    tiles = found.pop("tiles")
    apps = _largest_first(tiles, found["tenant_states"])
    shown = {None, *apps[:APPS]}
    return Snapshot(
        as_of=as_of,
        apps=tuple(apps[:APPS]),
        more_apps=len(apps[APPS:]),
        tiles=[tile for tile in tiles if tile.app in shown],
        **{name: [row for row in rows if row["app"] in shown] for name, rows in found.items()},
    )


def _largest_first(tiles: list[TileValue], states: list[dict[str, Any]]) -> list[str]:
    tenants: dict[str, int] = {tile.app: 0 for tile in tiles if tile.app is not None}
    for row in states:
        if row["app"] is not None:
            tenants[row["app"]] = tenants.get(row["app"], 0) + row["tenants"]
    return sorted(tenants, key=lambda app: (-tenants[app], app))


def _rows(spark: SparkSession, query: str) -> list[dict[str, Any]]:
    return [row.asDict() for row in spark.sql(query).collect()]


def _clipped(*columns: str) -> str:
    return ", ".join(
        f"IF(length({name}) > {TEXT}, concat(left({name}, {TEXT}), '…'), {name}) AS {name}"
        for name in columns
    )


# By field of the snapshot. Times leave Spark as text: collected timestamps would be in the driver's zone, not in
# UTC.
_QUERIES = {
    "scores_per_hour": """
        SELECT app, date_format(hour, 'yyyy-MM-dd HH:mm') AS time, scores AS count, moving_average
        FROM scores_per_hour ORDER BY app, hour
    """,
    "predictions_per_day": """
        SELECT app, date_format(day, 'yyyy-MM-dd HH:mm') AS time, predictions AS count, moving_average
        FROM predictions_per_day ORDER BY app, day
    """,
    "evaluation_skill": "SELECT * FROM evaluation_skill",
    "skill_distribution": "SELECT * FROM skill_distribution ORDER BY app, bin",
    "champions_by_learner": """
        SELECT app, fallback, IF(fallback = 'tenant', learner, NULL) AS learner, sum(tenants) AS tenants
        FROM champions_by_learner GROUP BY ALL
        ORDER BY app, fallback <> 'tenant', tenants DESC
    """,
    "tenant_states": "SELECT * FROM tenant_states ORDER BY tenants DESC, state",
    "worst_tenants": f"""
        SELECT app, state, reason, learner, fallback, rows, skill, measure, outcomes, platform_rank, app_rank,
          {_clipped("tenant", "message")}
        FROM worst_tenants ORDER BY platform_rank
    """,
    "newest_runs": f"""
        SELECT job, app, attempt, CAST(logical_date AS STRING) AS logical_date, status, seconds, rows,
          date_format(started_at, 'd MMM HH:mm') AS started, platform_rank, app_rank, {_clipped("error")}
        FROM newest_runs ORDER BY platform_rank
    """,
}


def groups(rows: list[dict[str, Any]]) -> Iterator[tuple[str | None, list[dict[str, Any]]]]:
    """Yield each app with its rows, in the order they come."""
    found: dict[str | None, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["app"], []).append(row)
    yield from found.items()
