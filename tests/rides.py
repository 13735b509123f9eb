"""A small app for the tests of jobs: rides of some cities, late or not, with a signal that differs by city."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import SparkSession

from tiltyard.job import Options, execute
from tiltyard.tables import Warehouse

TRAINED, SCORED, EVALUATED = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 31)
CITIES = ("Rome", "Oslo", "Lima", "Bern")
PER_CITY, OPEN_PER_CITY = 240, 40
CONF = {
    "base.yaml": """
spark: {spark.sql.codegen.factoryMode: NO_CODEGEN}
mlflow: {enabled: false}
tournament:
  learners: [prior, linear, boosting]
  grids: {linear: {regParam: [0.01, 0.1]}, boosting: {maxDepth: [2], maxIter: [20]}}
""",
    "env/local.yaml": "{}\n",
    "apps/rides.yaml": """
source: rides
tenant: [city]
key: [id]
time: at
label: late
tournament: {threshold: {by: costs, false_negative: 3}}
""",
}


def frame(seed: int = 0) -> pd.DataFrame:
    """Rides with an outcome before 2 March, and some of later days whose outcome is known to nobody yet.

    Rome and Oslo have a signal, of opposite sign; Lima is pure noise; Bern is never late; "Ulm" has 5 rides.
    """
    rng = np.random.default_rng(seed)
    parts = [_city(rng, city, PER_CITY, OPEN_PER_CITY) for city in CITIES]
    return pd.concat([*parts, _city(rng, "Ulm", 5, 2)], ignore_index=True)


def _city(rng: np.random.Generator, city: str, known: int, later: int) -> pd.DataFrame:
    rows = known + later
    start = pd.Timestamp("2026-01-01", tz="UTC")
    day = np.concatenate([rng.uniform(0, 60, known), rng.uniform(61, 80, later)])
    rain, stops = rng.normal(size=rows), rng.integers(1, 9, rows)
    effect = {"Rome": 2.0, "Oslo": -2.0, "Ulm": 2.0}.get(city, 0.0)
    late = rng.random(rows) < 1 / (1 + np.exp(-effect * rain))
    return pd.DataFrame(
        {
            "id": [f"{city}-{number:04d}" for number in range(rows)],
            "city": city,
            "at": start + pd.to_timedelta(day, unit="D").floor("s"),
            "rain": rain,
            "stops": stops,
            "line": rng.choice(["red", "blue", "green"], rows),
            "late": pd.array(np.where(city == "Bern", False, late), dtype="boolean"),
        }
    ).assign(late=lambda made: made["late"].where(np.arange(rows) < known))


def outcomes(seed: int = 0) -> pd.DataFrame:
    """What became of the open rides: key, tenant and label only."""
    made = frame(seed)
    opened = made[made["late"].isna()]
    chance = np.where(opened["city"] == "Rome", 1 / (1 + np.exp(-2 * opened["rain"])), 0.4)
    late = np.random.default_rng(seed + 1).random(len(opened)) < chance
    return opened[["id", "city"]].assign(late=pd.array(late, dtype="boolean"))


# What a clock decides.
_TIMED = ("fit_seconds", "score_seconds", "scored_at")


class Place:
    """A configuration and a warehouse in a folder, and the commands that work there."""

    def __init__(self, folder: Path, warehouse: str = "warehouse") -> None:
        self.folder, self.root = folder, str(folder / warehouse)
        for name, text in CONF.items():
            path = folder / "conf" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def copy(self, folder: Path) -> Place:
        """The same place in an empty folder, as it is now: a Delta table may be copied as files."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Place(folder, Path(self.root).name)

    def options(self, day: date, **more: Any) -> Options:
        return Options(app="rides", conf=self.folder / "conf", warehouse=self.root, run_date=day, **more)

    def ingest(self, rows: pd.DataFrame, name: str = "rides", day: date = TRAINED) -> dict[str, Any]:
        path = self.folder / f"{name}.parquet"
        rows.to_parquet(path, index=False, coerce_timestamps="us")
        return execute("ingest", self.options(day), input=str(path), format="parquet")

    def train(self, day: date = TRAINED, **more: Any) -> dict[str, Any]:
        return execute("train", self.options(day, **more), since=None, until=None)

    def score(self, day: date = SCORED, **more: Any) -> dict[str, Any]:
        return execute("score", self.options(day, **more), since=None, until=None)

    def evaluate(self, day: date = EVALUATED, **more: Any) -> dict[str, Any]:
        return execute("evaluate", self.options(day, **more), since=None, until=None)

    def rows(self, spark: SparkSession, table: str) -> list[str]:
        """A table's rows as text that is the same in a copy: without what a clock or the folder decides."""
        found = Warehouse(spark, self.root).read(table).drop(*_TIMED)
        return sorted(re.sub(r"'/[^']*/pipelines/[^']*'", "pipeline", str(row)) for row in found.collect())
