"""The champions: list them, show one with its leaderboard and features, or roll one back."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from rich.table import Table

from tiltyard.cards import Card, moves, render
from tiltyard.errors import DataContractError
from tiltyard.job import Job
from tiltyard.jobs.tenants import cell
from tiltyard.schemas import TABLES
from tiltyard.tables import Warehouse

_LEADERBOARD = ("rank", "contender", "learner", "metric", "mean", "sd", "score_seconds", "status", "message")
_FEATURES = (
    "name",
    "field",
    "type",
    "importance",
    "direction",
    "dropped",
    "remarks",
)

_PICTURES = 6  # slots whose dependence a card shows


def run(
    job: Job,
    action: Literal["list", "show", "rollback"],
    tenant: str = "",
    to: str | None = None,
    limit: int = 50,
    card: Path | None = None,
) -> dict[str, Any]:
    """Do one of the three actions; `tenant` is for the last two, `to` for the last, `limit` for the first.

    `card` is a file for the tenant's model card, as HTML, beside what is shown.
    """
    if action == "list":
        return _list(job, limit)
    if action == "show":
        return _show(job, tenant, card)
    return _rollback(job, tenant, to)


def champion(warehouse: Warehouse, app: str, tenant: str) -> Row:
    """Return a tenant's row of the champions table.

    Raises
    ------
    DataContractError : the app has no such tenant
    """
    found = _of(warehouse, "champions", app, tenant).collect()
    if not found:
        raise DataContractError(
            f"{app}: there is no champion of tenant '{tenant}': see tiltyard models list {app}."
        )
    return found[0]


def earlier_version(
    warehouse: Warehouse, app: str, tenant: str, current: str | None, to: str | None = None
) -> Row:
    """Return the newest good own model before the current one, or the good one of version `to`.

    Raises
    ------
    DataContractError : there is none; the message has those there are
    """
    good = _of(warehouse, "models", app, tenant).where("status = 'ok' AND payload IS NOT NULL")
    rows = good.select("version", "learner").orderBy(F.col("version").desc()).collect()
    wanted = [row for row in rows if (row.version == to if to else current is None or row.version < current)]
    if not wanted:
        versions = ", ".join(row.version for row in rows if row.version != current) or "none"
        what = f"no good version '{to}'" if to else f"no good version before {current}"
        raise DataContractError(f"{app}: tenant '{tenant}' has {what}; there is {versions}.")
    return wanted[0]


def _list(job: Job, limit: int) -> dict[str, Any]:
    known = job.warehouse.read("champions")
    if job.config.app:
        known = known.where(F.col("app") == job.app.app)
    if job.tenants:
        known = known.where(F.col("tenant").isin(*job.tenants))
    rows = _dicts(known.orderBy("app", F.col("tenant").asc_nulls_first()).limit(limit))
    summary: dict[str, Any] = {"champions": known.count()}
    if job.as_json:
        return {**summary, "rows": rows}
    job.progress.show(_table("Champions", known.columns, rows))
    return {**summary, "shown": len(rows)}


def _show(job: Job, tenant: str, card: Path | None) -> dict[str, Any]:
    app, warehouse = job.app.app, job.warehouse
    serving = champion(warehouse, app, tenant)
    # A tenant served by a fallback has no model of its own, but may have a row that says why.
    own = _of(warehouse, "models", app, tenant).where(F.col("version") == serving.version).drop("payload")
    board = _of(warehouse, "leaderboard", app, tenant).where(F.col("logical_date") == serving.version)
    slots = _of(warehouse, "features", app, tenant).where(F.col("version") == serving.version)
    parts = {
        "champion": [serving.asDict()],
        "model": _dicts(own),
        "leaderboard": _dicts(board.select(*_LEADERBOARD).orderBy(F.col("rank").asc_nulls_last())),
        "features": _dicts(
            slots.select(*_FEATURES, "slot", "kind", "levels", "spread").orderBy(*_heaviest_first())
        ),
    }
    written = {}
    if card:
        card.write_text(render(_card(job, tenant, parts)), encoding="utf-8")
        written = {"card": str(card)}
    if job.as_json:
        return {"app": app, "tenant": tenant, **parts, **written}
    for name in ("champion", "model"):
        job.progress.show(_facts(name.capitalize(), parts[name]))
    job.progress.show(_table("Leaderboard", _LEADERBOARD, parts["leaderboard"]))
    job.progress.show(_table("Features", _FEATURES, parts["features"]))
    if card:
        job.progress.say(f"wrote {card}")
    return {"app": app, "tenant": tenant, "version": serving.version, "learner": serving.learner, **written}


def _card(job: Job, tenant: str, parts: dict[str, list[dict[str, Any]]]) -> Card:
    champion, model = parts["champion"][0], next(iter(parts["model"]), {})
    heavy = [row["slot"] for row in parts["features"] if row["importance"] and row["slot"] is not None]
    drawn: tuple[Any, str] = ([], "")
    if model.get("sha256"):
        try:
            drawn = moves(job.warehouse, job.app, tenant, champion["version"], heavy[:_PICTURES])
        except AnalysisException as error:  # cleaned away since; the rest of the card is in the tables
            job.progress.say(f"{tenant}: no pictures of dependence: {str(error).partition('.')[0]}")
    return Card(
        app=job.app.app,
        tenant=tenant,
        problem=job.app.problem,
        label=job.app.label,
        champion=champion,
        model=model,
        contenders=parts["leaderboard"],
        features=parts["features"],
        dependence=drawn[0],
        answer=drawn[1],
    )


def _rollback(job: Job, tenant: str, to: str | None) -> dict[str, Any]:
    app = job.app.app
    serving = champion(job.warehouse, app, tenant)
    chosen = earlier_version(job.warehouse, app, tenant, serving.version, to)
    frame = job.spark.createDataFrame(
        [_champion_row(app, tenant, chosen, serving.version, job.logical_date)], TABLES["champions"].schema
    )
    job.warehouse.merge("champions", frame, ["app", "tenant"], job.ledger.run_id, where={"app": app})
    job.progress.say(f"tenant {tenant}: {serving.version} -> {chosen.version} ({chosen.learner})")
    return {
        "app": app,
        "tenant": tenant,
        "from": serving.version,
        "to": chosen.version,
        "learner": chosen.learner,
    }


def _champion_row(app: str, tenant: str, chosen: Row, before: str, since: date) -> dict[str, Any]:
    return {
        "app": app,
        "tenant": tenant,
        "version": chosen.version,
        "learner": chosen.learner,
        "status": "ok",
        "fallback": "tenant",
        "since": since,
        "why": f"rollback from {before}",
    }


def _of(warehouse: Warehouse, table: str, app: str, tenant: str) -> DataFrame:
    return warehouse.read(table).where((F.col("app") == app) & (F.col("tenant") == tenant))


def _heaviest_first() -> list[Column]:
    return [F.col("importance").desc_nulls_last(), F.col("slot").asc_nulls_last(), F.col("field")]


def _dicts(frame: DataFrame) -> list[dict[str, Any]]:
    return [row.asDict(recursive=True) for row in frame.collect()]


def _table(title: str, columns: tuple[str, ...] | list[str], rows: list[dict[str, Any]]) -> Table:
    table = Table(*(name.replace("_", " ") for name in columns), title=title)
    for row in rows:
        table.add_row(*(cell(row[name]) for name in columns))
    return table


def _facts(title: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=title, show_header=False)
    for name, value in (pair for row in rows for pair in row.items() if pair[1] is not None):
        table.add_row(name.replace("_", " "), cell(value))
    return table


if __name__ == "__main__":
    from tiltyard.cli import main

    sys.exit(main(["models", *sys.argv[1:]]))
