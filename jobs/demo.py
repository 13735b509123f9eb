"""The demo: two apps from raw rows to the monitoring page. It only calls the other commands."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import functions as F
from rich.table import Table

from tiltyard import demo
from tiltyard.config import AppConfig, load_config
from tiltyard.datasets import TENANT_AND_KEY, write_flights
from tiltyard.errors import DataContractError
from tiltyard.job import Job, execute
from tiltyard.metrics import score
from tiltyard.processes import sigterm_as_error
from tiltyard.synthetic import write_leads
from tiltyard.threads import side_by_side

LATE_MINUTES = 15


@dataclass(frozen=True)
class Story:
    """One app of the demo: its files, and the days of its training, scoring and evaluation."""

    app: str
    write: Callable[[Path], Mapping[str, Path]]
    trained: date
    scored: date
    evaluated: date


STORIES = (
    Story("flight_delay", write_flights, date(2013, 10, 31), date(2013, 11, 1), date(2013, 12, 31)),
    Story("lead_scoring", write_leads, date(2025, 9, 30), date(2025, 10, 1), date(2025, 12, 31)),
)


def run(job: Job) -> dict[str, Any]:
    """Ingest, train, score and evaluate both apps; then the monitor, the page and a summary."""
    started = time.monotonic()
    folder = Path(job.warehouse.artifacts("demo"))
    with ThreadPoolExecutor(len(STORIES)) as writer:
        files = {story.app: writer.submit(story.write, folder) for story in STORIES}
        job.warehouse.create()  # while the files are written
    with sigterm_as_error():
        told = _told(job, {story: files[story.app].result() for story in STORIES})
    execute("monitor", replace(job.options, app=None))
    page = execute("dashboard", replace(job.options, app=None), output=None)
    for app, summaries in told.items():
        job.progress.show(_summary_table(app, summaries))
    with job.progress.step("comparison with one pooled model"):
        compared = _compared(job, files["flight_delay"].result())
    job.progress.show(_comparison_table(compared))
    job.progress.say(f"page: {page['output']}")
    seconds = round(time.monotonic() - started, 1)
    return {"apps": told, "flight_delay_auroc": compared, "output": page["output"], "total_seconds": seconds}


def _told(job: Job, files: Mapping[Story, Mapping[str, Path]]) -> dict[str, dict[str, dict[str, Any]]]:
    """Both apps' stories, chapter by chapter: while the driver plans for one app, tasks of the other run."""
    stories = {story.app: _chapters(job, story, found) for story, found in files.items()}
    told: dict[str, dict[str, Any]] = {app: {} for app in stories}
    for chapter in next(iter(stories.values())):
        with job.progress.step(chapter):
            works = {app: chapters[chapter] for app, chapters in stories.items()}
            for app, summary in side_by_side(job.spark, works).items():
                told[app][chapter] = summary
    return told


def _chapters(job: Job, story: Story, files: Mapping[str, Path]) -> dict[str, Callable[[], dict[str, Any]]]:
    """One app's story, in the order in which a year brings it."""

    def command(name: str, day: date, **own: Any) -> Callable[[], dict[str, Any]]:
        return partial(execute, name, replace(job.options, app=story.app, run_date=day), **own)

    def ingest(name: str, day: date) -> Callable[[], dict[str, Any]]:
        return command("ingest", day, input=str(files[name]), format="parquet")

    return {
        "ingest history": ingest("history", story.trained),
        "train": command("train", story.trained, since=None, until=None),
        "ingest upcoming": ingest("upcoming", story.scored),
        "score": command("score", story.scored, since=story.scored, until=None),
        "ingest outcomes": ingest("outcomes", story.evaluated),
        "evaluate": command("evaluate", story.evaluated, since=story.scored, until=None),
    }


def _summary_table(app: str, told: Mapping[str, Mapping[str, Any]]) -> Table:
    train, score, evaluation = told["train"], told["score"], told["evaluate"]
    table = Table(title=app, show_header=False)
    table.add_row("tenants", f"{train['tenants']:,} ({_words(train['by_status'])})")
    table.add_row("champions", _words(train["champions"]))
    table.add_row("rows scored", f"{score['rows']:,} ({_words(score['rows_by_fallback'])} models)")
    table.add_row("outcomes arrived", f"{evaluation['coverage']:.1%} of the scored rows")
    if quantiles := evaluation["value_p10_p50_p90"]:
        low, middle, high = quantiles
        text = f"median {middle:.3f}, 80 % of tenants from {low:.3f} to {high:.3f}"
        table.add_row(f"{evaluation['metric']} over {evaluation['judged']} tenants", text)
    for name, summary in told.items():
        table.add_row(f"seconds: {name}", f"{sum(summary['seconds'].values()):.1f}")
    return table


def _compared(job: Job, files: Mapping[str, Path]) -> dict[str, dict[str, float]]:
    """AUROC of November and December's flights: Tiltyard's scores, each tenant's prior, one pooled model."""
    app = load_config(job.options.conf, "flight_delay", job.options.env, job.options.overrides).app
    assert app is not None  # it was asked for by name
    history, later = demo.with_outcomes(files, "flight_id")
    known = history[history["arr_delay"].notna()]
    late = known["arr_delay"] > LATE_MINUTES
    own = _own_scores(job, later)
    arrived = later["arr_delay"].notna()
    own, later = own[arrived.to_numpy()], later[arrived].reset_index(drop=True)
    scores = {
        "tiltyard": own,
        "prior": demo.prior_scores(known, later, list(app.tenant), late),
        "pooled": demo.pooled_scores(known, later, _fields(later, app), late),
    }
    truth = later["arr_delay"] > LATE_MINUTES
    tenant = later["carrier"] + "|" + later["dest"]
    return {name: _figures(chances, truth, tenant, app) for name, chances in scores.items()}


def _own_scores(job: Job, upcoming: pd.DataFrame) -> np.ndarray:
    """The score of each flight; every one must have exactly one."""
    written = job.warehouse.read("scores").where(
        (F.col("app") == "flight_delay") & (F.col("score_date") == F.lit(STORIES[0].scored))
    )
    found = written.select(F.col("key").alias("flight_id"), "score").toPandas()
    own: np.ndarray = upcoming.merge(found, on="flight_id", how="left")["score"].to_numpy(dtype=float)
    if len(found) != len(upcoming) or len(own) != len(upcoming) or np.isnan(own).any():
        raise DataContractError(f"demo: there are {len(found):,} scores for {len(upcoming):,} flights.")
    return own


def _fields(frame: pd.DataFrame, app: AppConfig) -> list[str]:
    return [name for name in map(str, frame) if name not in {*app.exclude, *TENANT_AND_KEY[2:], "tailnum"}]


def _figures(chances: Any, truth: pd.Series, tenant: pd.Series, app: AppConfig) -> dict[str, float]:
    found = demo.auroc_by_tenant(chances, truth, tenant, app.gates.min_per_class)
    return {
        "tenants": len(found),
        "median": float(found.median()),
        "mean": float(found.mean()),
        "all_rows": score(truth.to_numpy(dtype=float), chances)["auroc"],
    }


def _comparison_table(compared: Mapping[str, Mapping[str, float]]) -> Table:
    tenants = next(iter(compared.values()))["tenants"]
    table = Table("flight_delay, November and December", "median", "mean", "all rows together")
    table.title = f"AUROC over {tenants:.0f} tenants"
    names = {
        "tiltyard": "Tiltyard: a champion per tenant",
        "prior": "prior: the tenant's base rate",
        "pooled": "pooled: one HistGradientBoosting of all rows",
    }
    for name, figures in compared.items():
        table.add_row(names[name], *(f"{figures[column]:.3f}" for column in ("median", "mean", "all_rows")))
    return table


def _words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda pair: -pair[1]))


if __name__ == "__main__":
    from tiltyard.cli import main

    sys.exit(main(["demo", *sys.argv[1:]]))
