"""What tenants gain from each other: own models only, one model for all, and both in one tournament.

    python benchmarks/pooling.py [--data ../shared/data] [--only hotel] [--segments] [--json]

Three real tables, trained on what came first and tested on what came later: flights of New York by carrier and
destination, the same flights by aircraft, hotel bookings by agent. Of each tenant with five later rows of each class
the AUROC is taken, and the mean of it for each class of training rows. Features are the same for all but the last
column, which is what one would do without tenants: scikit-learn's HistGradientBoosting over all rows, the tenant's
columns among its fields. With --segments carriers are segments of routes, and hotels of agents.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from bench import GRIDS, LEARNERS, TOGETHER, measured, report, workplace
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tiltyard import datasets, demo, training
from tiltyard.apps import KEY, LABEL, TENANT, TIME, derive
from tiltyard.config import AppConfig
from tiltyard.metrics import score

CLASSES = (0, 100, 200, 500, 1_500, 5_000)
PER_CLASS = 5


@dataclass(frozen=True)
class Case:
    """A table, its app, the day that parts training from test, and a column whose most frequent value is a segment."""

    app: AppConfig
    read: Callable[[Path], pd.DataFrame]
    until: date
    segment: str | None = None


def flights(_: Path) -> pd.DataFrame:
    """Flights with weather and aircraft."""
    return datasets.flights()


def bookings(data: Path) -> pd.DataFrame:
    """Hotel bookings with their day of arrival."""
    frame = pd.read_csv(data / "hotel_bookings.csv.gz")
    parts = [frame[f"arrival_date_{part}"].astype(str) for part in ("year", "month", "day_of_month")]
    frame["arrival"] = pd.to_datetime(parts[0] + " " + parts[1] + " " + parts[2], format="%Y %B %d")
    frame["booking"] = frame.index.astype(str)
    frame["agent"] = frame["agent"].fillna(0).astype(int).astype(str)
    return frame


def _app(name: str, **values: Any) -> AppConfig:
    return AppConfig.model_validate({"app": name, "source": name, "tournament": {"grids": GRIDS}, **values})


AFTERWARDS = ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time", "sched_dep_time"]
_FLIGHTS = {
    "key": ["flight_id"],
    "time": "scheduled_departure",
    "label": "arr_delay > 15",
    "exclude": AFTERWARDS,
    "fields": {"flight": "Category"},
}
CASES = {
    "route": Case(
        _app("route", tenant=["carrier", "dest"], **_FLIGHTS), flights, date(2013, 11, 1), "carrier"
    ),
    "aircraft": Case(_app("aircraft", tenant=["tailnum"], **_FLIGHTS), flights, date(2013, 11, 1)),
    "hotel": Case(
        _app(
            "hotel",
            tenant=["agent"],
            key=["booking"],
            time="arrival",
            label="is_canceled = 1",
            exclude=["reservation_status", "reservation_status_date"],
        ),
        bookings,
        date(2017, 4, 1),
        "hotel",
    ),
}


def scored(
    spark: SparkSession, case: Case, data: Path, folder: Path, *, segments: bool = False
) -> tuple[pd.DataFrame, dict[str, float]]:
    """The later rows with tenant, label, rows of training and each way's probability; and seconds of CPU."""
    app, table = case.app, case.read(data)
    source = spark.createDataFrame(table).repartition(4).localCheckpoint()
    rows = training.labelled_rows(source, app, None, case.until).persist()
    later = derive(source, app).where(F.col(LABEL).isNotNull() & (F.col(TIME) >= F.lit(case.until)))
    cost: dict[str, float] = {}
    with measured() as features:
        sharing = _segments(source, case) if segments and case.segment else None
        pipeline = training.fitted_pipeline(rows, app, str(folder / app.app), sharing)
    packed, unseen = (pipeline.transform(frame).persist() for frame in (rows, later))
    cost["features"] = features.cpu
    found = unseen.select(
        TENANT, KEY, F.col(LABEL).alias("label"), F.expr("1 / (1 + exp(-_margin))").alias("pooled")
    )
    answers = found.toPandas()
    for name, learners in (("own", LEARNERS), ("ours", TOGETHER)):
        contest = app.tournament.model_copy(update={"learners": learners})
        with measured() as played:
            model = training.play(packed, app.model_copy(update={"tournament": contest}))
        cost[name] = played.cpu
        chances = model.transform(unseen).select(
            TENANT, KEY, vector_to_array(F.col("probability"))[1].alias(name)
        )
        answers = answers.merge(chances.toPandas(), on=[TENANT, KEY])
    sizes = rows.groupBy(TENANT).count().withColumnRenamed("count", "rows").toPandas()
    for frame in (rows, packed, unseen):
        frame.unpersist()
    answers = answers.merge(sizes, on=TENANT, how="left").fillna({"rows": 0})
    return answers.merge(_one_model(case, table), on=KEY), cost


def _segments(source: DataFrame, case: Case) -> DataFrame:
    """What `tiltyard sharing` would have said: each tenant's most frequent value."""
    value = F.mode(F.col(str(case.segment)).cast("string"), deterministic=True)
    found = derive(source, case.app).groupBy(F.col(TENANT).alias("tenant")).agg(value.alias("segment"))
    return found.withColumn("shares_data", F.lit(None).cast("boolean"))


def _one_model(case: Case, table: pd.DataFrame) -> pd.DataFrame:
    """HistGradientBoosting's probability of each later row."""
    app = case.app
    moment = pd.to_datetime(table[str(app.time)], utc=True)
    until = pd.Timestamp(str(case.until), tz="UTC")
    label = table["is_canceled"] == 1 if app.app == "hotel" else table["arr_delay"] > 15
    known = label.notna() if app.app == "hotel" else table["arr_delay"].notna()
    before, after = (known & side for side in (moment < until, moment >= until))
    fields = [str(name) for name in table if name not in {*app.exclude, *app.key, "is_canceled"}]
    train, test = table[before].reset_index(drop=True), table[after].reset_index(drop=True)
    chances = demo.pooled_scores(train, test, fields, label[before].reset_index(drop=True))
    return pd.DataFrame({KEY: test[app.key[0]].astype(str), "one model": chances})


WAYS = ("own", "pooled", "ours", "one model")


def by_class(answers: pd.DataFrame) -> list[dict[str, Any]]:
    """Mean AUROC of each way over the tenants of each size class, and over all."""
    tenants = []
    for _, rows in answers.groupby(TENANT):
        label = rows["label"].to_numpy(dtype=float)
        if min(label.sum(), len(label) - label.sum()) >= PER_CLASS:
            found = {way: score(label, rows[way].to_numpy(dtype=float))["auroc"] for way in WAYS}
            tenants.append({"rows": rows["rows"].iloc[0], **found})
    frame = pd.DataFrame(tenants)
    size = np.digitize(frame["rows"], CLASSES) - 1
    groups = [(f"{CLASSES[place]:,} and more", frame[size == place]) for place in np.unique(size)]
    return [
        {"training rows": name, "tenants": len(part), **{way: round(part[way].mean(), 4) for way in WAYS}}
        for name, part in [*groups, ("all", frame)]
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("TILTYARD_DATA", "../shared/data")))
    parser.add_argument("--only", choices=CASES)
    parser.add_argument("--segments", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    found: dict[str, Any] = {}
    with workplace() as (spark, _), tempfile.TemporaryDirectory() as folder:
        for name, case in CASES.items():
            if chosen.only in (None, name):
                answers, cost = scored(spark, case, chosen.data, Path(folder), segments=chosen.segments)
                found[name] = {"classes": by_class(answers), "cpu_seconds": cost}
                print(name, {part: round(seconds) for part, seconds in cost.items()}, flush=True)
    rows = [
        [name, *[f"{value:.4f}" if isinstance(value, float) else str(value) for value in one.values()]]
        for name, case in found.items()
        for one in case["classes"]
    ]
    columns = ["table", "training rows", "tenants", *WAYS]
    report("Mean AUROC of tenants on later rows", columns, rows, chosen.json, **found)


if __name__ == "__main__":
    main()
