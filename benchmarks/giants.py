"""A giant's tournament in the distributed lane, against the same fits one after another in one process.

One tenant of a million rows x 30 numbers, folds by hash. Ours is `Tournament` on two workers: Spark ML's
LogisticRegression and `xgboost.spark` by CrossValidator, out-of-fold answers, honest numbers, calibration and the
champion's payload. The other is XGBoost on as many threads with the same depths, stopped as early on as many held-out
rows, and scikit-learn's LogisticRegression with the same penalties, on the same folds in memory, each with one fit of
all rows: no answers, no metrics.
"""

from __future__ import annotations

import argparse
from time import monotonic
from typing import Any

import numpy as np
import xgboost as xgb
from bench import FOLDS, GRIDS, measured, report, workplace
from pyspark import StorageLevel
from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from sklearn.linear_model import LogisticRegression

from tiltyard.contenders import arena, from_grids
from tiltyard.folds import hash_folds
from tiltyard.learners.trees import FIXED
from tiltyard.tournament import Tournament

THREADS, PATIENCE = 2, 25


def giant(spark: SparkSession, rows: int, columns: int) -> DataFrame:
    """DataFrame[id, tenant, features, label, fold]: a linear part, a product, and noise."""
    numbers = F.array(*[F.randn(seed).cast("float") for seed in range(columns)])
    frame = spark.range(rows).select("id", F.lit("giant").alias("tenant"), numbers.alias("features"))
    x = [F.get("features", F.lit(place)) for place in range(columns)]
    margin = x[0] - x[1] + x[2] * x[3] + F.sin(3 * x[4]) + 0.3 * sum(x[5:10], F.lit(0.0)) + F.randn(99)
    labelled = frame.withColumn("label", (margin > 0).cast("double"))
    return labelled.withColumn("fold", hash_folds(("id",), FOLDS)).persist(StorageLevel.MEMORY_AND_DISK)


def tournament(frame: DataFrame, rounds: int) -> Any:
    """Our tournament of linear and boosting, with `rounds` at most."""
    grids = {**GRIDS, "boosting": {**GRIDS["boosting"], "maxIter": [rounds]}}
    estimator, maps = arena(from_grids(["prior", "linear", "boosting"], grids, 0))
    model: Any = Tournament(
        estimator=estimator,
        estimatorParamMaps=maps,
        evaluator=BinaryClassificationEvaluator(),
        numFolds=FOLDS,
        foldCol="fold",
        tenantCol="tenant",
        keyCol="id",
        packedRows=1,
        workers=THREADS,
    ).fit(frame)
    return model


def one_process(frame: DataFrame, rounds: int) -> tuple[dict[str, float], list[int]]:
    """Seconds of the same fits in one process, by family, and the rounds of boosting."""
    table = frame.select("features", "label", "fold").toArrow()
    flat = table["features"].combine_chunks().flatten().to_numpy()
    values, labels = flat.reshape(table.num_rows, -1), table["label"].to_numpy()
    fold = table["fold"].to_numpy()
    seconds, grown = {"linear": 0.0, "boosting": 0.0}, list[int]()
    for number in (*range(FOLDS), None):  # the last one is the champion's fit, of one contender
        kept = np.ones(len(labels), dtype=bool) if number is None else fold != number
        grids = {
            name: next(iter(GRIDS[name].values()))[: None if number is not None else 1] for name in seconds
        }
        began = monotonic()
        for penalty in grids["linear"]:
            model = LogisticRegression(C=1.0 / (penalty * kept.sum()), max_iter=50)
            model.fit(values[kept].astype(np.float64), labels[kept])
        seconds["linear"] += monotonic() - began
        began = monotonic()
        held = kept & (np.arange(len(kept)) % 5 == 0)
        data, rest = (
            xgb.DMatrix(values[rows], labels[rows], nthread=THREADS) for rows in (kept & ~held, held)
        )
        for depth in grids["boosting"] if number is not None else (5,):
            settings: dict[str, Any] = {"objective": "binary:logistic", "max_depth": depth, "eta": 0.1}
            settings |= {**FIXED, "nthread": THREADS, "lambda": 1.0, "min_child_weight": 3.0}
            stop = {"evals": [(rest, "rest")], "early_stopping_rounds": PATIENCE, "verbose_eval": False}
            grown.append(xgb.train(settings, data, rounds, **stop).best_iteration + 1)
        seconds["boosting"] += monotonic() - began
    return seconds, grown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=500, help="at most; default 500")
    parser.add_argument("--json", action="store_true", help="one JSON line last")
    args = parser.parse_args()
    with workplace() as (spark, _):
        frame = giant(spark, args.rows, args.columns)
        frame.count()
        with measured() as ours:
            model = tournament(frame, args.rounds)
            board = model.leaderboard.where("status = 'ok'").collect()
        with measured() as theirs:
            apart, grown = one_process(frame, args.rounds)
    by_family = {family: sum(row.fit_seconds for row in board if row.learner == family) for family in apart}
    answers = sum(row.score_seconds for row in board if row.learner in apart)
    alone = sum(apart.values())
    lines = [
        ("the distributed lane", f"{ours.wall:.0f}", f"{ours.cpu:.0f}"),
        *[(f"of it fold fits, {family}", f"{seconds:.0f}", "") for family, seconds in by_family.items()],
        ("of it out-of-fold answers", f"{answers:.0f}", ""),
        ("one process, the fits alone", f"{alone:.0f}", f"{theirs.cpu:.0f}"),
        *[(f"of it {family}", f"{seconds:.0f}", "") for family, seconds in apart.items()],
        ("ratio", f"{ours.wall / alone:.2f}", ""),
    ]
    title = f"One tenant of {args.rows:,} rows x {args.columns} columns, {min(grown)} to {max(grown)} rounds"
    facts = {
        "ours": ours.__dict__,
        "one_process": apart,
        "by_family": by_family,
        "rounds": grown,
        "ratio": ours.wall / alone,
    }
    report(title, ["", "wall s", "CPU s"], lines, args.json, **facts)


if __name__ == "__main__":
    main()
