"""Warehouses to look at: rows by hand, and a lively one of two apps with several weeks behind it."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tiltyard.config import Config, PlatformConfig
from tiltyard.job import Job
from tiltyard.progress import Progress
from tiltyard.schemas import TABLES
from tiltyard.tables import Warehouse

AS_OF = datetime(2013, 12, 18, 14, 30, tzinfo=UTC)  # a Wednesday
TODAY = AS_OF.date()
TENANTS = {"flight_delay": 314, "lead_scoring": 200}
HOSTILE = '<script>document.title="taken"</script>|IAH'
LONG = "a very long customer name " * 12

Row = Mapping[str, Any]


def write(warehouse: Warehouse, table: str, rows: Sequence[Row]) -> None:
    """Replace whole partitions by these rows; columns they leave out are null."""
    schema = TABLES[table].schema
    data = [tuple(row.get(name) for name in schema.names) for row in rows]
    partition = TABLES[table].partition[0]
    values = sorted({row[partition] for row in rows})
    warehouse.replace(table, warehouse.spark.createDataFrame(data, schema), {partition: values}, "example")


def job_on(warehouse: Warehouse, day: date = TODAY) -> Job:
    """Return what the launcher gives a job's `run`; the ledger's row goes nowhere."""
    run: Any = SimpleNamespace(run_id=f"monitor-platform-{day}", note=lambda **facts: None)
    config = Config(platform=PlatformConfig(), app=None, hash="0")
    progress = Progress("test", file=io.StringIO())
    return Job(config, warehouse.spark, warehouse, day, (), True, progress, run=run)


def fill(warehouse: Warehouse, as_of: datetime = AS_OF, scores: int = 60_000) -> None:
    """Fill every table the monitoring reads."""
    warehouse.create()
    people = [Person(app, name, random.Random(f"{app} {name}")) for app in TENANTS for name in names(app)]
    weeks = [as_of.date() - timedelta(days=2 + 7 * back) for back in range(4)]
    for table, rows in {
        "models": [person.model(week) for person in people for week in weeks],
        "champions": [person.champion(weeks[0]) for person in people],
        "evaluations": [person.evaluation(week, n) for person in people for n, week in enumerate(weeks)],
        "tenants": [person.tenant(as_of.date()) for person in people],
        "runs": list(runs(as_of)),
        "metrics": list(metrics(as_of - timedelta(days=7, hours=3))),
    }.items():
        write(warehouse, table, rows)
    where = {"app": list(TENANTS)}
    warehouse.replace("scores", scored(warehouse.spark, as_of, scores), where, "example")


def names(app: str) -> list[str]:
    """Tenants' names as they come, two of them not nice."""
    if app == "lead_scoring":
        return [LONG, *(f"customer-{number:03d}" for number in range(1, TENANTS[app]))]
    carriers = ("UA", "AA", "B6", "DL", "EV", "MQ", "US", "WN", "9E")
    places = [a + b + c for a in "ABDLMS" for b in "AEIO" for c in "BNT"]
    pairs = [f"{carrier}|{place}" for place in places for carrier in carriers]
    return [HOSTILE, *pairs[: TENANTS[app] - 1]]


class Person:
    """One tenant with its luck."""

    def __init__(self, app: str, name: str, luck: random.Random) -> None:
        self.app, self.name, self.luck = app, name, luck
        self.skill = luck.gauss(0.68, 0.07) if app == "flight_delay" else luck.gauss(0.79, 0.08)
        self.status = luck.choices(
            ("ok", "too_few_rows", "one_class", "no_signal", "timeout", "error"), (80, 8, 3, 6, 1, 2)
        )[0]
        self.status = {HOSTILE: "error", LONG: "timeout"}.get(name, self.status)
        self.learner = luck.choices(("linear", "forest", "boosting"), (3, 2, 4))[0]
        self.rows = int(luck.lognormvariate(6.5, 1))

    def model(self, day: date) -> Row:
        ok = self.status == "ok"
        messages = {
            "error": "XGBoostError: label contains <NaN> & infinity",
            "timeout": "Stopped after 20.0 s",
            "too_few_rows": f"{self.rows % 100} rows with a known outcome, 100 needed",
        }
        return {
            "app": self.app, "tenant": self.name, "logical_date": day, "version": day.isoformat(),
            "run_id": f"train-{self.app}-{day}", "status": self.status,
            "learner": self.learner if ok else None, "message": messages.get(self.status),
            "metric": "auroc", "value": self.skill if ok else None,
            "above_chance": {"ok": True, "no_signal": False}.get(self.status), "rows": self.rows,
            "format": 1, "sha256": "0" * 64 if ok else None, "payload": b"model" if ok else None,
        }  # fmt: skip

    def champion(self, day: date) -> Row:
        own = self.status == "ok"
        return {
            "app": self.app, "tenant": self.name, "version": day.isoformat(), "status": self.status,
            "since": day, "learner": self.learner if own else "prior",
            "fallback": "tenant" if own else "prior",
        }  # fmt: skip

    def evaluation(self, day: date, weeks_ago: int) -> Row:
        judged = self.status == "ok" and self.luck.random() < 0.96
        auroc = min(0.99, max(0.3, self.skill + self.luck.gauss(0, 0.05) - 0.004 * weeks_ago))
        return {
            "app": self.app, "tenant": self.name, "logical_date": day, "run_id": f"evaluate-{self.app}-{day}",
            "window_start": day - timedelta(days=7), "window_end": day, "version": day.isoformat(),
            "outcomes": self.rows // 10, "metric": "auroc", "value": auroc if judged else None,
            "metrics": {"auroc": auroc, "brier": 0.15} if judged else None,
            "status": "ok" if judged else "too_few_rows",
        }  # fmt: skip

    def tenant(self, day: date) -> Row:
        bad = self.status == "error" and self.name != HOSTILE
        return {
            "app": self.app, "tenant": self.name, "rows": self.rows, "lane": "packed", "logical_date": day,
            "consecutive_failures": 3 if bad else 0,
            "quarantined_until": day + timedelta(days=5) if bad else None,
        }  # fmt: skip


def runs(as_of: datetime) -> Iterator[Row]:
    """Four weeks of nightly jobs: one failed and tried again, one lost, one still going."""
    luck = random.Random(5)
    for days_ago in range(28):
        start = as_of.replace(hour=2, minute=10) - timedelta(days=days_ago)
        jobs = ["ingest", "score", *(["train", "evaluate"] if days_ago % 7 == 2 else [])]
        for place, job in enumerate(jobs):
            for app in TENANTS:
                seconds = luck.uniform(8, 95) * (4 if job == "train" else 1)
                yield _run(job, app, start + timedelta(minutes=9 * place), seconds)
        yield _run("monitor", None, start + timedelta(hours=1), luck.uniform(4, 8))
    failed = as_of.replace(hour=2, minute=5) - timedelta(days=1)
    yield _run(
        "score", "lead_scoring", failed, 3.2, attempt=2, status="failed", error="FileNotFound: <leads.csv>"
    )
    yield _run("train", "lead_scoring", as_of - timedelta(hours=8), None, attempt=2, status="lost")
    yield _run("train", "lead_scoring", as_of - timedelta(minutes=4), None, attempt=3, status="running")


def _run(job: str, app: str | None, start: datetime, seconds: float | None, **more: Any) -> Row:
    return {
        "job": job, "app": app, "run_id": f"{job}-{app or 'platform'}-{start:%Y-%m-%d}", "attempt": 1,
        "logical_date": start.date(), "status": "ok", "started_at": start,
        "rows": 12_000 if job == "score" else None,
        "ended_at": start + timedelta(seconds=seconds) if seconds else None, **more,
    }  # fmt: skip


def metrics(time: datetime) -> Iterator[Row]:
    """The tiles of a week before."""
    values = {
        "scores_per_hour": 61.2, "predictions_per_day": 1_502.0, "evaluation_auroc": 0.713,
        "models_in_production": 402.0, "share_above_chance": 0.91,
    }  # fmt: skip
    for app, scale in {None: 1.0, "flight_delay": 0.7, "lead_scoring": 0.3}.items():
        for name, value in values.items():
            small = name in ("evaluation_auroc", "share_above_chance")
            yield {"name": name, "app": app, "time": time, "value": value if small else value * scale}


def scored(spark: SparkSession, as_of: datetime, rows: int) -> DataFrame:
    """Five weeks of scores: flights around the clock with a daily wave, leads in one batch each morning."""
    moment = F.lit(as_of.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")).cast("timestamp")
    luck = [F.pmod(F.xxhash64("id", F.lit(salt)), F.lit(1_000_003)) / 1_000_003 for salt in range(4)]
    wave = luck[0] + 0.35 * F.sin(2 * 3.1416 * luck[0]) / 6.2832  # more of the day's scores in the afternoon
    flight = luck[1] < 0.7
    day = F.floor(35 * luck[2] ** 1.15)
    second = F.when(flight, 86_400 * wave).otherwise(6 * 3600 + 1500 * luck[0]).cast("long")
    at = F.timestamp_seconds(F.unix_timestamp(F.date_trunc("day", moment)) - 86_400 * day + second)
    app = F.when(flight, "flight_delay").otherwise("lead_scoring")
    frame = spark.range(rows).select(
        app.alias("app"),
        F.to_date(at).alias("score_date"),
        F.lit("example").alias("run_id"),
        F.concat(F.lit("t"), F.floor(200 * luck[3])).alias("tenant"),
        F.col("id").cast("string").alias("key"),
        luck[3].alias("score"),
        F.round(luck[3]).alias("prediction"),
        F.lit(None).cast("string").alias("label"),
        F.lit(None).cast("map<string,double>").alias("probabilities"),
        F.lit(None).cast("array<struct<field:string,value:string,contribution:double>>").alias("reasons"),
        F.lit("2013-12-16").alias("version"),
        F.lit("tenant").alias("fallback"),
        at.alias("scored_at"),
    )
    return frame.where(F.col("scored_at") <= moment)
