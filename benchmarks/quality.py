"""How good one model is: our default tournament against what people take else, on real tables.

Five outer folds, the same rows for all; a table of more than 10,000 rows is a sample of so many. Ours is Featurizer and
the default tournament of an app without tenants; the five trainings are five tenants of one job. The others get numbers
as they are and categories as they like them: one-hot for scikit-learn, the category type for XGBoost, LightGBM and
FLAML, texts for CatBoost. They need `pip install lightgbm catboost flaml`; name those you have with --peers.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from bench import GRIDS, measured, report, workplace
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from tiltyard.config import AppConfig
from tiltyard.contenders import arena, from_grids
from tiltyard.evaluators import evaluator_for
from tiltyard.featurizer import Featurizer
from tiltyard.folds import hash_folds
from tiltyard.tournament import Tournament
from tiltyard.transformers import FieldTyper

FOLDS, ROWS, THREADS = 5, 10_000, 2
IRIS = ["sepal length", "sepal width", "petal length", "petal width", "species"]
CLOSE = ("arr_time", "arr_delay", "air_time", "dep_time", "dep_delay")  # known only after departure


class Table(NamedTuple):
    """A real table: its file, problem, label column, the value that counts as yes, and the columns to leave out."""

    file: str
    problem: str
    label: str
    yes: Any = None
    out: Sequence[str] = ()
    names: list[str] | None = None


TABLES = {
    "titanic": Table("titanic.csv", "binary", "Survived", 1, ["PassengerId"]),
    "iris": Table("iris.data", "multiclass", "species", names=IRIS),
    "ames": Table("ames_housing.csv.gz", "regression", "Sale_Price"),
    "cars": Table("car_evaluation.csv.gz", "multiclass", "class"),
    "telco": Table("telco_churn.csv.gz", "binary", "Churn", "Yes", ["customerID"]),
    "leads": Table(
        "leads_x_education.csv.gz", "binary", "Converted", 1,
        ["Prospect ID", "Lead Number", "Tags", "Lead Quality", "Last Notable Activity"],
    ),
    "hotel": Table(
        "hotel_bookings.csv.gz", "binary", "is_canceled", 1, ["reservation_status", "reservation_status_date"]
    ),
    "flights": Table("nycflights13.csv.gz", "binary", "arr_del15", 1, CLOSE),
    "reviews": Table("womens_clothing_reviews.csv.gz", "binary", "Recommended IND", 1, ["Rating", "Unnamed: 0"]),
}  # fmt: skip
Rows = pd.DataFrame
Answer = Callable[[Rows, Any, Rows, str], np.ndarray]


def read(data: Path, table: Table) -> tuple[Rows, Any, np.ndarray]:
    """Fields, labels (codes of several classes) and outer folds of a sample of the table."""
    frame = pd.read_csv(data / table.file, names=table.names, header=None if table.names else "infer")
    frame = frame[frame[table.label].notna()]
    frame = frame.sample(min(len(frame), ROWS), random_state=0).reset_index(drop=True)
    labels = frame[table.label]
    if table.problem == "multiclass":
        labels = labels.astype("category").cat.codes
    labels = (labels == table.yes) if table.problem == "binary" else labels
    fields = frame.drop(columns=[table.label, *table.out])
    fields = fields.rename(columns=lambda name: str(name).replace(".", "_"))
    fold = np.random.default_rng(1).permutation(len(frame)) % FOLDS
    return fields, labels.astype(float).to_numpy(), fold


def losses(problem: str, truth: np.ndarray, answers: np.ndarray, prior: np.ndarray) -> dict[str, float]:
    """What ranks (smaller is better), and the log loss beside the prior's."""
    if problem == "regression":
        return {"loss": float(root_mean_squared_error(truth, answers))}
    classes = np.arange(len(prior))
    known = {
        "log_loss": float(log_loss(truth, answers, labels=classes)),
        "prior": float(log_loss(truth, np.tile(prior, (len(truth), 1)), labels=classes)),
    }
    ranks = 1.0 - float(roc_auc_score(truth, answers[:, 1])) if problem == "binary" else known["log_loss"]
    return {"loss": ranks, **known}


def one_hot(kind: Any, **params: Any) -> Any:
    """A scikit-learn model behind the usual preparation."""
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    levels = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=50, sparse_output=False)
    made = ColumnTransformer(
        [
            ("numbers", numbers, make_column_selector(dtype_include="number")),
            ("levels", levels, make_column_selector(dtype_exclude="number")),
        ]
    )
    return make_pipeline(made, kind(**params))


def fitted(model: Any, seen: Rows, labels: np.ndarray, unseen: Rows, problem: str, **more: Any) -> np.ndarray:
    """The answers of anything that has scikit-learn's face."""
    model.fit(seen, labels, **more)
    return np.asarray(model.predict(unseen) if problem == "regression" else model.predict_proba(unseen))


def linear(seen: Rows, labels: np.ndarray, unseen: Rows, problem: str) -> np.ndarray:
    model = one_hot(Ridge) if problem == "regression" else one_hot(LogisticRegression, max_iter=1000)
    return fitted(model, seen, labels, unseen, problem)


def forest(seen: Rows, labels: np.ndarray, unseen: Rows, problem: str) -> np.ndarray:
    kind = RandomForestRegressor if problem == "regression" else RandomForestClassifier
    return fitted(
        one_hot(kind, n_estimators=300, n_jobs=THREADS, random_state=0), seen, labels, unseen, problem
    )


def xgboost(seen: Rows, labels: np.ndarray, unseen: Rows, problem: str) -> np.ndarray:
    from xgboost import XGBClassifier, XGBRegressor

    kind = XGBRegressor if problem == "regression" else XGBClassifier
    model = kind(n_jobs=THREADS, enable_categorical=True, random_state=0)
    return fitted(model, categories(seen, seen), labels, categories(unseen, seen), problem)


def lightgbm(seen: Rows, labels: np.ndarray, unseen: Rows, problem: str) -> np.ndarray:
    from lightgbm import LGBMClassifier, LGBMRegressor

    kind = LGBMRegressor if problem == "regression" else LGBMClassifier
    model = kind(n_jobs=THREADS, random_state=0, verbose=-1)
    plain = [
        part.rename(columns={name: f"f{place}" for place, name in enumerate(seen)}) for part in (seen, unseen)
    ]
    return fitted(model, categories(plain[0], plain[0]), labels, categories(plain[1], plain[0]), problem)


def catboost(seen: Rows, labels: np.ndarray, unseen: Rows, problem: str) -> np.ndarray:
    from catboost import CatBoostClassifier, CatBoostRegressor

    kind = CatBoostRegressor if problem == "regression" else CatBoostClassifier
    names = seen.select_dtypes(exclude="number").columns
    texts = [part.assign(**{name: part[name].astype(str) for name in names}) for part in (seen, unseen)]
    model = kind(
        thread_count=THREADS,
        random_seed=0,
        verbose=False,
        allow_writing_files=False,
        cat_features=list(names),
    )
    return fitted(model, texts[0], labels, texts[1], problem)


def flaml(seen: Rows, labels: np.ndarray, unseen: Rows, problem: str) -> np.ndarray:
    from flaml import AutoML

    task, metric = {
        "binary": ("classification", "roc_auc"),
        "multiclass": ("classification", "log_loss"),
    }.get(problem, ("regression", "rmse"))
    settings = {
        "time_budget": FLAML_SECONDS,
        "task": task,
        "metric": metric,
        "n_jobs": THREADS,
        "seed": 0,
        "verbose": 0,
    }
    return fitted(AutoML(), categories(seen, seen), labels, categories(unseen, seen), problem, **settings)


FLAML_SECONDS = 60
PEERS: dict[str, Answer] = {
    "linear": linear, "forest": forest, "xgboost": xgboost, "lightgbm": lightgbm, "catboost": catboost,
    "flaml": flaml,
}  # fmt: skip


def categories(rows: Rows, seen: Rows) -> Rows:
    """Texts as pandas' category type, with the levels that training rows have."""
    names = seen.select_dtypes(exclude="number").columns
    levels = {name: pd.CategoricalDtype(sorted(seen[name].dropna().astype(str).unique())) for name in names}
    known = {
        name: rows[name].where(rows[name].isna(), rows[name].astype(str)).astype(levels[name])
        for name in names
    }
    return rows.assign(**known)


def framed(spark: SparkSession, fields: Rows, labels: np.ndarray, problem: str, **more: Any) -> DataFrame:
    """The table as a frame: the fields, `__key`, `__label` with the names of its classes, and more columns."""
    names = class_names(labels, problem)
    known = {"ml_attr": {"type": "nominal", "vals": names}} if names else {}
    plain = fields.assign(__key=[f"{place:06d}" for place in range(len(fields))], __label=labels, **more)
    plain = plain.astype({name: object for name in fields.select_dtypes(exclude="number")}).where(
        plain.notna(), None
    )
    frame = spark.createDataFrame(plain).withColumn(
        "__label", F.col("__label").alias("__label", metadata=known)
    )
    return frame.repartition(THREADS).localCheckpoint()


def class_names(labels: np.ndarray, problem: str) -> list[str]:
    """Names for several classes, none for another problem."""
    return [str(label) for label in range(int(labels.max()) + 1)] if problem == "multiclass" else []


def featurizer(fields: Rows, problem: str, table: DataFrame) -> Featurizer:
    """What makes features of the fields, tenant by tenant; their types are those of the table itself.

    Tenants that share rows would make a category of each text.
    """
    return Featurizer(
        inputCols=[*map(str, fields)], tenantCol="tenant", labelCol="__label", foldCol="fold", keyCol="__key",
        problem=problem, types=FieldTyper(inputCols=[*map(str, fields)]).fit(table).types,
    )  # fmt: skip


def ours(
    spark: SparkSession, fields: Rows, labels: np.ndarray, fold: np.ndarray, problem: str
) -> list[np.ndarray]:
    """The answers for each outer fold, by the tenant that has trained on the others."""
    frame = framed(spark, fields, labels, problem, __outer=fold)
    every = F.explode(F.array(*[F.lit(str(place)) for place in range(FOLDS)]))
    training = frame.withColumn("tenant", every).where("tenant != CAST(__outer AS STRING)")
    training = training.withColumn("fold", hash_folds(("__key",), 3)).localCheckpoint()
    pipeline = featurizer(fields, problem, frame).fit(training)
    model = tournament(problem).fit(pipeline.transform(training))
    testing = pipeline.transform(frame.withColumn("tenant", F.col("__outer").cast("string")))
    names = class_names(labels, problem)
    scored = answered(model.transform(testing), problem, names).toPandas().sort_values("key")
    return [np.array(scored.loc[scored["outer"] == place, "answer"].tolist()) for place in range(FOLDS)]


def tournament(problem: str, learners: Sequence[Any] = (), **more: Any) -> Tournament:
    """What an app without tenants plays by default, or other learners."""
    app = AppConfig(app="quality", source="quality", key=("key",), label="label", problem=problem)
    default = from_grids(app.learners, GRIDS, 0, labelCol="__label", problem=problem)
    estimator, maps = arena(learners or default)
    return Tournament(
        estimator=estimator, estimatorParamMaps=maps, evaluator=evaluator_for(app.metric, "__label", problem),
        tenantCol="tenant", keyCol="__key", foldCol="fold", seconds=0.0, minRows=20, minPerClass=2,
        **more,
    )  # fmt: skip


def answered(scored: DataFrame, problem: str, names: Sequence[str]) -> DataFrame:
    """Key, outer fold and the answer of each row, as the others give it."""
    if problem == "regression":
        answer = F.col("prediction")
    elif problem == "binary":
        from pyspark.ml.functions import vector_to_array

        answer = vector_to_array(F.col("probability"))
    else:
        answer = F.array(*[F.coalesce(F.col("probability")[name], F.lit(0.0)) for name in names])
    return scored.select(F.col("__key").alias("key"), F.col("__outer").alias("outer"), answer.alias("answer"))


def compared(
    spark: SparkSession, data: Path, table: Table, peers: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Each way's losses by fold, and its CPU seconds for one of the five trainings."""
    fields, labels, fold = read(data, table)
    found: dict[str, dict[str, Any]] = {}
    for name in ("ours", *peers):
        with measured() as cost:
            answers = (
                ours(spark, fields, labels, fold, table.problem)
                if name == "ours"
                else [
                    PEERS[name](
                        fields[fold != place], labels[fold != place], fields[fold == place], table.problem
                    )
                    for place in range(FOLDS)
                ]
            )
        each = [_measured(table.problem, labels, fold, place, answers[place]) for place in range(FOLDS)]
        found[name] = {key: [one[key] for one in each] for key in each[0]} | {"cpu": cost.cpu / FOLDS}
    return found


def _measured(
    problem: str, labels: np.ndarray, fold: np.ndarray, place: int, answers: np.ndarray
) -> dict[str, float]:
    prior = (
        np.bincount(labels[fold != place].astype(int)) / (fold != place).sum()
        if problem != "regression"
        else labels
    )
    return losses(problem, labels[fold == place], answers, prior)


def main() -> None:
    """Parse, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("TILTYARD_DATA", "../shared/data")))
    parser.add_argument("--tables", nargs="+", default=list(TABLES), choices=list(TABLES))
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=list(PEERS))
    parser.add_argument("--json", action="store_true", help="one JSON line last")
    args = parser.parse_args()
    with workplace() as (spark, _):
        found = {name: compared(spark, args.data, TABLES[name], args.peers) for name in args.tables}
    report("Mean loss of 5 folds and place; CPU s of a training", *told(found), args.json, tables=found)


def told(found: dict[str, dict[str, dict[str, Any]]]) -> tuple[list[str], list[list[str]]]:
    """Columns and rows for people: each table's losses with places, then mean places, CPU and what the goals ask."""
    ways = list(next(iter(found.values())))
    places: dict[str, list[int]] = {way: [] for way in ways}
    rows = []
    for name, table in found.items():
        means = {way: fmean(one["loss"]) for way, one in table.items()}
        order = sorted(ways, key=lambda way: means[way])
        for way in ways:
            places[way].append(order.index(way) + 1)
        best = order[0]
        gap = means["ours"] - means[best]
        behind = "" if gap <= stdev(table[best]["loss"]) else " behind"
        worse = [
            w for w in ways if "prior" in table[w] and fmean(table[w]["log_loss"]) > fmean(table[w]["prior"])
        ]
        cells = [f"{means[way]:.4g} ({places[way][-1]})" for way in ways]
        rows.append([name + behind, *cells, ", ".join(worse)])
    rows.append(["mean place", *[f"{fmean(places[way]):.2f}" for way in ways], ""])
    rows.append(
        [
            "median CPU s",
            *[f"{float(np.median([t[way]['cpu'] for t in found.values()])):.1f}" for way in ways],
            "",
        ]
    )
    return ["table", *ways, "log loss above the prior's"], rows


if __name__ == "__main__":
    main()
