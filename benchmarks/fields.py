"""What the feature steps are worth: the Featurizer against numbers and pivots alone, on real tables.

Both are given the label and what to leave out, nothing else, and feed the same tournament. Each table is split in 5
by the hash of its row number; a fold's rows are scored by the champion of the other four, so features, choice and fit
have not seen them. The five trainings of a table are the five tenants of one job.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, NamedTuple

from bench import GRIDS, LEARNERS, measured, report, workplace
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from sklearn.metrics import roc_auc_score

from tiltyard.contenders import arena, from_grids
from tiltyard.features import CATEGORIES, NUMBERS
from tiltyard.featurizer import Featurizer
from tiltyard.folds import hash_folds
from tiltyard.tournament import Tournament
from tiltyard.transformers import FeaturePacker, FieldTyper, Pivot

FOLDS = 5


class Table(NamedTuple):
    """A real table: its file, the label as SQL, and the columns to leave out."""

    file: str
    label: str
    out: Sequence[str]


TABLES = {
    "leads": Table(
        "leads_x_education.csv.gz",
        "Converted",
        ["Converted", "Prospect ID", "Lead Number", "Tags", "Lead Quality", "Last Notable Activity"],
    ),
    "telco": Table("telco_churn.csv.gz", "Churn = 'Yes'", ["Churn", "customerID"]),
    "hotel": Table(
        "hotel_bookings.csv.gz",
        "is_canceled",
        ["is_canceled", "reservation_status", "reservation_status_date"],
    ),
    "reviews": Table(
        "womens_clothing_reviews.csv.gz", "`Recommended IND`", ["Recommended IND", "Rating", "_c0"]
    ),
    "titanic": Table("titanic.csv", "Survived", ["Survived", "PassengerId"]),
}


class PlainFeatures(NamedTuple):
    """What most people build: numbers as they are, categories pivoted; texts and dates left out."""

    inputs: Sequence[str]

    def fit(self, frame: DataFrame) -> PipelineModel:
        """A pipeline that packs numbers and codes into `features`."""
        typer = FieldTyper(inputCols=list(self.inputs)).fit(frame)
        numbers = [name for name, kind in typer.types.items() if kind in NUMBERS]
        categories = [name for name, kind in typer.types.items() if kind in CATEGORIES]
        pivots = [Pivot(inputCols=categories, tenantCol="tenant")] if categories else []
        packed = [*numbers, *[f"{name}__pivot" for name in categories]]
        stages: list[Any] = [*pivots, FeaturePacker(inputCols=packed, outputCol="features")]
        return PipelineModel([typer, *Pipeline(stages=stages).fit(typer.transform(frame)).stages])


def read(spark: SparkSession, data: Path, table: Table) -> tuple[DataFrame, list[str]]:
    """The table with key, label and its outer fold; and the fields."""
    raw = spark.read.csv(str(data / table.file), header=True, inferSchema=True, multiLine=True, escape='"')
    fields = [name for name in raw.columns if name not in table.out]
    return (
        raw.coalesce(1)
        .withColumn("__label", F.expr(table.label).cast("double"))
        .withColumn("__key", F.monotonically_increasing_id().cast("string"))
        .where("__label is not null")
        .withColumn("__outer", hash_folds(("__key",), FOLDS, 1))
        .select(
            F.col("__key").alias("key"),
            F.col("__label").alias("label"),
            F.col("__outer").alias("outer"),
            *[F.col(f"`{name}`").alias(name) for name in fields],
        )
        .repartition(2)
        .localCheckpoint()
    ), fields


def in_turns(frame: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Training and test rows: tenant n trains on all outer folds but n, and is tested on n."""
    training = frame.withColumn("tenant", F.explode(F.array(*[F.lit(str(n)) for n in range(FOLDS)])))
    training = training.where(F.col("tenant") != F.col("outer").cast("string"))
    folded = training.withColumn("fold", hash_folds(("key",), 3))
    return folded, frame.withColumn("tenant", F.col("outer").cast("string"))


def scores(features: Any, training: DataFrame, testing: DataFrame) -> list[float]:
    """AUROC of each outer fold."""
    pipeline = features.fit(training)
    estimator, maps = arena(from_grids(LEARNERS, GRIDS, seed=0))
    tournament = Tournament(
        estimator=estimator, estimatorParamMaps=maps, evaluator=BinaryClassificationEvaluator(),
        tenantCol="tenant", keyCol="key", foldCol="fold", seconds=0.0,
    )  # fmt: skip
    model = tournament.fit(pipeline.transform(training))
    scored = model.transform(pipeline.transform(testing)).select("tenant", "label", "probability").toPandas()
    return [
        float(roc_auc_score(rows["label"], rows["probability"].map(lambda vector: vector[1])))
        for _, rows in scored.groupby("tenant")
    ]


def compared(spark: SparkSession, data: Path, table: Table) -> dict[str, Any]:
    """Both ways' AUROC by fold, and what they cost."""
    frame, fields = read(spark, data, table)
    training, testing = in_turns(frame)
    training = training.localCheckpoint()
    whole = Featurizer(inputCols=fields, tenantCol="tenant", labelCol="label", foldCol="fold", keyCol="key")
    found: dict[str, Any] = {"rows": frame.count()}
    for name, features in (("plain", PlainFeatures(fields)), ("featurizer", whole)):
        with measured() as cost:
            found[name] = scores(features, training, testing)
        found[f"{name}_cpu"] = cost.cpu
    return found


def verdict(plain: Sequence[float], ours: Sequence[float]) -> str:
    """better, level or worse: the mean difference against the standard deviation of the folds' differences."""
    gains = [own - other for own, other in zip(ours, plain, strict=True)]
    if abs(fmean(gains)) <= stdev(gains):
        return "level"
    return "better" if fmean(gains) > 0 else "worse"


def main() -> None:
    """Parse, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("TILTYARD_DATA", "../shared/data")))
    parser.add_argument("--tables", nargs="+", default=list(TABLES), choices=list(TABLES))
    parser.add_argument("--json", action="store_true", help="one JSON line last")
    args = parser.parse_args()
    with workplace() as (spark, _):
        found = {name: compared(spark, args.data, TABLES[name]) for name in args.tables}
    rows = [
        [
            name,
            f"{one['rows']:,}",
            *[f"{fmean(one[way]):.4f} ± {stdev(one[way]):.4f}" for way in ("plain", "featurizer")],
            verdict(one["plain"], one["featurizer"]),
            f"{one['plain_cpu']:.0f}, {one['featurizer_cpu']:.0f}",
        ]
        for name, one in found.items()
    ]
    columns = ["table", "rows", "numbers and pivots", "Featurizer", "Featurizer is", "CPU s of both"]
    report("AUROC of 5 folds, mean ± standard deviation", columns, rows, args.json, tables=found)


if __name__ == "__main__":
    main()
