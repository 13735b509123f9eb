"""What a command would do, computed without doing it: the answer to `--dry-run`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from pyspark.sql import functions as F

from tiltyard.apps import LABEL, TENANT, TIME, derive
from tiltyard.config import AppConfig, Config
from tiltyard.pooled_margin import POOL_SAMPLE
from tiltyard.tables import Warehouse

# Core-seconds of one fit, measured on one thread with 1,000 rows x 20 columns; time grows with rows.
SECONDS_PER_FIT: Mapping[str, float] = {
    **{"prior": 0.0005, "pooled": 0.0005, "linear": 0.002, "residual": 0.002},
    **{"forest": 0.035, "boosting": 0.014, "catboost": 1.6},
}
ROWS_MEASURED = 1_000
# Core-seconds of one model of all tenants for each 1,000 of its rows; 100,000 took 1.7 s (20 numbers) and 3.5 s (60).
SECONDS_PER_POOL = 0.025
# Core-seconds of one grouped Arrow call: what a tenant costs before its first fit.
SECONDS_PER_TENANT = 0.010

WRITES: Mapping[str, tuple[str, ...]] = {
    "ingest": ("data/{source}", "rejects", "runs"),
    "train": ("models", "leaderboard", "champions", "features", "tenants", "runs"),
    "score": ("scores", "runs"),
    "evaluate": ("evaluations", "runs"),
    "monitor": ("metrics", "runs"),
    "models rollback": ("champions", "runs"),
    "sharing": ("tenants", "runs"),
    "dashboard": ("no table, one HTML file",),
    "demo": (
        *("data/{source}", "rejects", "models", "leaderboard", "champions", "features", "tenants", "scores"),
        *("evaluations", "metrics", "runs"),
    ),
}


@dataclass(frozen=True)
class Lanes:
    """The tenants with known outcomes, by what would happen to them, and their rows."""

    packed: int
    distributed: int
    too_few_rows: int
    rows: int
    playing_rows: int


@dataclass(frozen=True)
class Plan:
    """One command, resolved. `core_seconds` is an estimate from measured constants."""

    command: str
    logical_date: date
    warehouse: str
    config_hash: str
    writes: tuple[str, ...] = ()
    app: str | None = None
    problem: str | None = None
    source: str | None = None
    source_version: int | None = None
    source_rows: int | None = None
    lanes: Lanes | None = None
    contenders: Mapping[str, int] | None = None
    folds: str | None = None
    core_seconds: float | None = None

    def summary(self) -> dict[str, Any]:
        """Return the plan as plain values for JSON; what does not apply is left out."""
        known = {name: value for name, value in asdict(self).items() if value is not None}
        return {"status": "planned", **known, "logical_date": str(self.logical_date)}

    def lines(self) -> list[str]:
        """Return the plan for a person, one fact a line.

        Examples
        --------
        >>> plan = Plan("monitor", date(2013, 11, 1), ".tiltyard", "abc", writes=("metrics", "runs"))
        >>> for line in plan.lines(): print(line)
        plan       monitor for 2013-11-01; a dry run, nothing is written
        warehouse  .tiltyard
        writes     metrics, runs
        """
        facts = {
            "plan": f"{self.command} for {self.logical_date}; a dry run, nothing is written",
            "app": f"{self.app} ({self.problem})" if self.app else None,
            "warehouse": self.warehouse,
            "source": self._source_line(),
            "tenants": self._tenant_line(),
            "contenders": _counts(self.contenders) if self.contenders is not None else None,
            "folds": self.folds,
            "writes": ", ".join(self.writes) or "nothing",
            "estimate": self._estimate_line(),
        }
        return [f"{name:<10} {text}" for name, text in facts.items() if text is not None]

    def _source_line(self) -> str | None:
        if self.source is None:
            return None
        if self.source_version is None:
            return f"{self.source}, not ingested yet"
        return f"{self.source}, version {self.source_version}, {self.source_rows:,} rows"

    def _tenant_line(self) -> str | None:
        if self.lanes is None:
            return None
        lanes = self.lanes
        many = f"{lanes.distributed:,} distributed, " if lanes.distributed else ""
        few = f"{lanes.too_few_rows:,} with too few rows"
        return f"{lanes.packed:,} packed, {many}{few}; {lanes.rows:,} rows with a known outcome"

    def _estimate_line(self) -> str | None:
        if self.core_seconds is None:
            return None
        return (
            f"{self.core_seconds:,.0f} core-seconds of fitting, an estimate "
            f"(from fits of {ROWS_MEASURED:,} rows x 20 columns, scaled by rows)"
        )


def build_plan(
    command: str,
    config: Config,
    warehouse: Warehouse,
    logical_date: date,
    tenants: Sequence[str] = (),
    since: date | None = None,
    until: date | None = None,
) -> Plan:
    """Resolve a command against the warehouse as it is; creates and writes nothing.

    `until` of a training defaults to the day after the logical date, as in the job itself.
    """
    app = config.app
    facts: dict[str, Any] = {} if app is None else _source_facts(app, warehouse)
    if app is not None and command == "train":
        facts |= _train_facts(app, warehouse, tenants, since, until or logical_date + timedelta(days=1))
    named = WRITES.get(command, ())
    return Plan(
        command=command,
        logical_date=logical_date,
        warehouse=warehouse.root,
        config_hash=config.hash,
        writes=tuple(table.format(source=app.source if app else "<source>") for table in named),
        **facts,
    )


def contenders(app: AppConfig) -> dict[str, int]:
    """Return the number of contenders of each learner: the product of its grid's lengths.

    Of those that a search may choose from, it tries `tournament.trials`.

    Examples
    --------
    >>> from tiltyard.config import load_config
    >>> contenders(load_config(app="flight_delay").app)["prior"]
    1
    """
    grids = app.tournament.grids
    return {
        learner: math.prod(len(values) for values in grids.get(learner, {}).values())
        for learner in app.learners
    }


def estimate(app: AppConfig, lanes: Lanes) -> float:
    """Return core-seconds of fitting: contenders on every fold, one refit of the dearest, models of all tenants."""
    costs = [SECONDS_PER_FIT[learner] for learner in app.learners]
    counts = contenders(app)
    tried = min(1.0, _tried(app) / sum(counts.values()))
    fits = tried * sum(SECONDS_PER_FIT[learner] * count for learner, count in counts.items())
    per_thousand_rows = fits * app.folds.count + max(costs)
    own = (
        lanes.packed + lanes.distributed
    ) * SECONDS_PER_TENANT + per_thousand_rows * lanes.playing_rows / ROWS_MEASURED
    if not app.pools:
        return own
    models = app.folds.count + (2 if app.folds.by == "time" else 1)
    return own + SECONDS_PER_POOL * models * min(lanes.rows, POOL_SAMPLE) / ROWS_MEASURED


def _tried(app: AppConfig) -> float:
    """How many contenders a tenant plays at most."""
    conf = app.tournament
    if conf.search == "grid":
        return math.inf
    # Those that play before any search: two that cost nothing, or the first of each learner.
    return (2 if conf.search == "portfolio" else len(app.learners)) + conf.trials


def _source_facts(app: AppConfig, warehouse: Warehouse) -> dict[str, Any]:
    facts: dict[str, Any] = {"app": app.app, "problem": app.problem, "source": app.source}
    if warehouse.source_exists(app.source):
        version = warehouse.source_version(app.source)
        rows = warehouse.source(app.source, version).count()
        facts |= {"source_version": version, "source_rows": rows}
    return facts


def _train_facts(
    app: AppConfig, warehouse: Warehouse, tenants: Sequence[str], since: date | None, until: date
) -> dict[str, Any]:
    by = f"{app.folds.by} of {', '.join(app.folds.group)}" if app.folds.group else app.folds.by
    facts: dict[str, Any] = {"contenders": contenders(app), "folds": f"{app.folds.count} by {by}"}
    if warehouse.source_exists(app.source):
        lanes = _lanes(app, warehouse, tenants, since, until)
        facts |= {"lanes": lanes, "core_seconds": round(estimate(app, lanes), 1)}
    return facts


def _lanes(
    app: AppConfig, warehouse: Warehouse, tenants: Sequence[str], since: date | None, until: date
) -> Lanes:
    rows = derive(warehouse.source(app.source), app)
    rows = rows.where(F.col(LABEL).isNotNull() & F.col(TENANT).isNotNull())
    if tenants:
        rows = rows.where(F.col(TENANT).isin(*tenants))
    if app.time and since:
        rows = rows.where(F.col(TIME) >= F.lit(since))
    if app.time:
        rows = rows.where(F.col(TIME) < F.lit(until))
    n = F.col("count")
    few, many = n < app.gates.min_rows, n > app.tournament.packed_rows
    counted = (
        rows.groupBy(TENANT)
        .count()
        .agg(
            F.count_if(~few & ~many).alias("packed"),
            F.count_if(~few & many).alias("distributed"),
            F.count_if(few).alias("too_few_rows"),
            F.coalesce(F.sum(n), F.lit(0)).alias("rows"),
            F.coalesce(F.sum(F.when(~few, n)), F.lit(0)).alias("playing_rows"),
        )
    )
    return Lanes(**counted.collect()[0].asDict())


def _counts(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in numbers.items())
