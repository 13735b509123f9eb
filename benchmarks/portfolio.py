"""Mine conf/portfolio.csv: which contenders win for which tenants, and what it saves to know that.

    python benchmarks/portfolio.py [--data ../shared/data] [--write conf/portfolio.csv] [--json]

Samples of the real tables of quality.py are tenants of 120 to 5,000 rows; routes and hotels of pooling.py are tenants
as they are, with a model of all of them. Each plays the default grids and a larger one. For every table the records of
the others say which contenders to try first, and the best of these is held against the best of the whole field: the
share that is kept of what that one has gained over the prior.
"""

from __future__ import annotations

import argparse
import csv
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pooling
import quality
from bench import GRIDS, LEARNERS, report, workplace
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tiltyard import training
from tiltyard.contenders import arena, contenders_of, from_grids
from tiltyard.entries import Contender
from tiltyard.folds import hash_folds
from tiltyard.portfolio import Record, collected, history, orders
from tiltyard.problem import LARGER_IS_BETTER
from tiltyard.search import bracket

# By default there is no forest beside a model of all tenants; its records serve those who name it.
FAMILIES = ("prior", "pooled", "linear", "residual", "forest", "boosting")
SIZES = {120: 8, 300: 8, 700: 6, 1_500: 4, 5_000: 2}  # rows of a tenant, and tenants
LARGE: Mapping[str, Mapping[str, Sequence[float]]] = {
    "boosting": {"maxDepth": [2, 3, 5, 7], "minInstanceWeight": [0.3, 1.0, 10.0]}
}
TRIALS = (2, 4, 6, 8, 12)
DRAWS = 20


class Mined(NamedTuple):
    """A table's problem, its contenders, and its leaderboard: one row for each tenant and contender."""

    problem: str
    field: list[Contender]
    board: pd.DataFrame
    records: list[Record]


def field(learners: Sequence[str], **shared: str) -> list[Any]:
    """The default grids' learners, and those of a larger one."""
    return [
        *from_grids(learners, GRIDS, 0, **shared),
        *from_grids([name for name in LARGE if name in learners], LARGE, 0, **shared),
    ]


def sampled(spark: SparkSession, data: Path, table: quality.Table) -> Mined:
    """The tournaments of samples of a table."""
    fields, labels, _ = quality.read(data, table)
    random = np.random.default_rng(0)
    draws = [
        (f"{rows}-{number}", place)
        for rows, tenants in SIZES.items()
        if rows <= len(fields)
        for number in range(tenants)
        for place in random.choice(len(fields), rows, replace=False)
    ]
    drawn = spark.createDataFrame(
        pd.DataFrame(draws, columns=["tenant", "place"]).assign(
            place=lambda d: d["place"].map("{:06d}".format)
        )
    )
    frame = quality.framed(spark, fields, labels, table.problem)
    rows = frame.join(drawn, F.col("__key") == F.col("place")).drop("place")
    rows = rows.withColumn("fold", hash_folds(("__key",), 3)).localCheckpoint()
    packed = quality.featurizer(fields, table.problem, frame).fit(rows).transform(rows)
    learners = field(LEARNERS, labelCol="__label", problem=table.problem)
    played: Any = quality.tournament(table.problem, learners=learners, blend=False, racing=False).fit(packed)
    return _mined(table.problem, learners, played.leaderboard)


def pooled(spark: SparkSession, data: Path, case: pooling.Case, folder: Path) -> Mined:
    """The tournaments of a table's own tenants."""
    source = spark.createDataFrame(case.read(data)).repartition(4).localCheckpoint()
    rows = training.labelled_rows(source, case.app, None, case.until).persist()
    packed = training.fitted_pipeline(rows, case.app, str(folder / case.app.app)).transform(rows)
    known = training.tournament(case.app)
    face = known.learners()[0]
    columns = {
        name: face.getOrDefault(name) for name in ("featuresCol", "labelCol", "problem", "baseMarginCol")
    }
    learners = field(FAMILIES, **columns)
    estimator, maps = arena(learners)
    played: Any = known._set(estimator=estimator, estimatorParamMaps=maps, blend=False, racing=False).fit(
        packed
    )
    return _mined("binary", learners, played.leaderboard)


def _mined(problem: str, learners: Sequence[Any], leaderboard: DataFrame) -> Mined:
    board = leaderboard.withColumns({"app": F.lit("mined"), "run_id": F.lit("mined")}).localCheckpoint()
    return Mined(problem, contenders_of(learners), board.drop("folds").toPandas(), collected(history(board)))


def kept(tables: Mapping[str, Mined]) -> Iterator[tuple[str, int, dict[str, float]]]:
    """Of each table: how much of the whole field's gain the first so many contenders keep, by what the others know."""
    random = np.random.default_rng(0)
    for name, table in tables.items():
        others = [
            record
            for other, mined in tables.items()
            if other != name and mined.problem == table.problem
            for record in mined.records
        ]
        tried: dict[str, list[list[float]]] = {}
        whole = table.board[(table.board["status"] == "ok") & table.board["mean"].notna()]
        for _, tenant in whole.groupby("tenant"):
            sign = 1.0 if LARGER_IS_BETTER[tenant["metric"].iloc[0]] else -1.0
            value = sign * tenant.set_index("contender")["mean"]
            prior, best = value.get("prior", value.min()), value.max()
            if best - prior <= 0:
                continue
            facts = tenant.iloc[0]
            order = orders(table.field, others, int(facts["columns"]), float(facts["categories"]))
            ways: dict[str, list[Sequence[str]]] = {
                "portfolio": [order[bracket(facts["rows"])]],
                "field's order": [[one.name for one in table.field]],
                "at random": [[*random.permutation([one.name for one in table.field])] for _ in range(DRAWS)],
            }
            for way, drawn in ways.items():
                tried.setdefault(way, []).append(
                    [
                        float(np.mean([_share(value, names, trials, prior, best) for names in drawn]))
                        for trials in TRIALS
                    ]
                )
        means = {way: np.mean(found, axis=0) for way, found in tried.items()}
        for place, trials in enumerate(TRIALS):
            yield name, trials, {way: float(found[place]) for way, found in means.items()}


def _share(value: pd.Series, names: Sequence[str], trials: int, prior: float, best: float) -> float:
    first = [name for name in names if name not in ("prior", "pooled")][:trials]
    played = [name for name in ("prior", "pooled", *first) if name in value.index]
    return float(max(value[played].max() - prior, 0.0) / (best - prior))


def write(path: Path, tables: Mapping[str, Mined]) -> int:
    """Write the records of all tables, those of one kind of tenant and one contender together; how many there are."""
    counts: dict[tuple[Any, ...], list[float]] = {}
    for mined in tables.values():
        for record in mined.records:
            kind = (
                mined.problem,
                round(record.rows),
                round(record.columns),
                record.categories,
                record.contender,
            )
            held = counts.setdefault(kind, [0, 0.0])
            held[0] += record.wins
            held[1] = round(held[1] + record.chance, 3)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["problem", *Record._fields])
        writer.writerows([*kind, *found] for kind, found in sorted(counts.items()))
    return len(counts)


def main() -> None:
    """Parse, mine, report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("TILTYARD_DATA", "../shared/data")))
    parser.add_argument("--write", type=Path, help="the file to write the records to")
    parser.add_argument("--tables", nargs="+", default=[*quality.TABLES, "route", "hotels"])
    parser.add_argument("--json", action="store_true", help="one JSON line last")
    args = parser.parse_args()
    tables: dict[str, Mined] = {}
    with workplace() as (spark, _), tempfile.TemporaryDirectory() as folder:
        for name in args.tables:
            case = {"route": "route", "hotels": "hotel"}.get(name)
            tables[name] = (
                pooled(spark, args.data, pooling.CASES[case], Path(folder))
                if case
                else sampled(spark, args.data, quality.TABLES[name])
            )
            print(name, len(tables[name].board), "contenders of tenants", flush=True)
    if args.write:
        print(write(args.write, tables), "records in", args.write)
    found = [*kept(tables)]
    ways = [*found[0][2]]
    rows = [[name, str(trials), *[f"{one[way]:.1%}" for way in ways]] for name, trials, one in found]
    for trials in TRIALS:
        means = [np.mean([one[way] for _, of, one in found if of == trials]) for way in ways]
        rows.append(["all", str(trials), *[f"{mean:.1%}" for mean in means]])
    facts = {"kept": [[name, trials, one] for name, trials, one in found]}
    report("Kept of the gain over the prior", ["table", "tried", *ways], rows, args.json, **facts)


if __name__ == "__main__":
    main()
