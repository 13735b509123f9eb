"""Training cost per tenant: Tiltyard's whole train job, and stock CrossValidator on some of the same tenants.

Ours is the command `tiltyard train` with 12 contenders of five families on 3 folds (36 fold fits), the refit, the
feature pipeline and all Delta writes. Stock is Spark ML's CrossValidator over LogisticRegression alone, with
4 penalties and the same folds, on ready-made vectors that are already in memory.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from bench import CONTENDERS, FOLDS, filled, in_words, measured, report, workplace
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.ml.tuning import CrossValidator, ParamGridBuilder
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tiltyard.featurizer import Featurizer
from tiltyard.folds import hash_folds
from tiltyard.job import Options, execute
from tiltyard.slots import slot_table
from tiltyard.synthetic import tenant_frame
from tiltyard.transformers import FeatureVector


def train(spark: SparkSession, folder: Path, tenants: int, args: argparse.Namespace) -> dict[str, Any]:
    """Generate the tenants, train them with the command, and say what it cost."""
    rows, columns = args.rows, args.columns
    root = folder / f"warehouse-{tenants}"
    filled(spark, root, tenant_frame(spark, tenants, rows, columns))
    options = Options(
        app="bench",
        conf=folder / "conf",
        overrides=(f"tournament.racing={str(args.racing).lower()}",),
        warehouse=str(root),
        run_date=date(2026, 1, 1),
        as_json=True,
    )
    with measured() as cost:
        summary = execute("train", options)
    return {
        "tenants": tenants,
        "rows": rows,
        "columns": columns,
        "fold_fits": CONTENDERS * FOLDS,
        "racing": args.racing,
        "cpu_seconds": cost.cpu,
        "wall_seconds": cost.wall,
        "cpu_per_tenant": cost.cpu / tenants,
        "jobs": summary["jobs"],
        "seconds": summary["seconds"],
        "champions": summary["champions"],
    }


def stock(spark: SparkSession, tenants: int, rows: int, columns: int, tried: int) -> float:
    """CPU seconds per tenant of stock CrossValidator over LogisticRegression."""
    found = []
    for number in range(tried):
        vectors = _vectors(tenant_frame(spark, tenants, rows, columns), f"t{number:06d}")
        with measured() as cost:
            _cross_validator().fit(vectors)
        found.append(cost.cpu)
        vectors.unpersist()
    return sum(found[1:]) / (len(found) - 1)  # the first one warms the JVM up


def _vectors(frame: DataFrame, tenant: str) -> DataFrame:
    own = frame.where(F.col("tenant") == tenant)
    types = {name: "Real" if name.startswith("n") else "Category" for name in frame.columns[3:]}
    pipeline = Featurizer(inputCols=list(types), types=types, outputCol="_features").fit(own)
    packed = pipeline.transform(own)
    slots = slot_table(packed.schema, pipeline)
    vector = FeatureVector.from_slot_table(slots, inputCol="_features", outputCol="features")
    made = vector.transform(packed)
    folded = made.withColumn("fold", hash_folds(("key",), FOLDS)).select("features", "label", "fold")
    ready = folded.coalesce(2).persist()
    ready.count()
    return ready


def _cross_validator() -> CrossValidator:
    learner = LogisticRegression()
    return CrossValidator(
        estimator=learner,
        estimatorParamMaps=ParamGridBuilder().addGrid(learner.regParam, [0.001, 0.01, 0.1, 1.0]).build(),
        evaluator=BinaryClassificationEvaluator(),
        numFolds=FOLDS,
        foldCol="fold",
    )


def main() -> None:
    """Parse, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--tenants", type=int, nargs="+", default=[500, 2000], help="sizes to train, in order"
    )
    parser.add_argument("--rows", type=int, default=1000, help="rows per tenant")
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument(
        "--stock", type=int, default=4, help="tenants for stock CrossValidator; the first warms up"
    )
    parser.add_argument(
        "--racing",
        action="store_true",
        help="stop contenders that are clearly behind; without it each plays every fold",
    )
    parser.add_argument("--json", action="store_true", help="one JSON line last")
    args = parser.parse_args()
    with workplace() as (spark, folder):
        train(spark, folder, 50, args)  # warms JVM and workers up
        ours = [train(spark, folder, tenants, args) for tenants in args.tenants]
        theirs = (
            stock(spark, max(args.tenants), args.rows, args.columns, args.stock) if args.stock > 1 else None
        )
    _report(ours, theirs, args)


def _report(ours: list[dict[str, Any]], theirs: float | None, args: argparse.Namespace) -> None:
    rows = [
        [
            f"Tiltyard, {one['tenants']:,} tenants, {'at most ' if args.racing else ''}{one['fold_fits']} fold fits"
            " of five families",
            f"{one['cpu_seconds']:.0f}",
            f"{one['wall_seconds']:.0f}",
            f"{one['cpu_per_tenant']:.3f}",
            in_words(one["jobs"]),
        ]
        for one in ours
    ]
    facts: dict[str, Any] = {"tiltyard": ours}
    if len(ours) > 1:
        facts["growth"] = ours[-1]["cpu_seconds"] / ours[0]["cpu_seconds"]
        label = f"cost of {ours[-1]['tenants']:,} tenants / {ours[0]['tenants']:,}"
        rows.append([label, f"{facts['growth']:.2f} x", "", "", ""])
    if theirs is not None:
        facts |= {"stock_cpu_per_tenant": theirs, "stock_ratio": theirs / ours[-1]["cpu_per_tenant"]}
        name = "stock CrossValidator, LogisticRegression alone, 12 fold fits"
        rows.append([name, "", "", f"{theirs:.1f} ({facts['stock_ratio']:.0f} x ours)", ""])
    title = f"Training: {args.rows:,} rows x {args.columns} columns per tenant"
    report(title, ["", "CPU s", "wall s", "CPU s per tenant", "Spark jobs by step"], rows, args.json, **facts)


if __name__ == "__main__":
    main()
