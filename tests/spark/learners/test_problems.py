"""Learners and evaluators as Spark ML has them, for numbers and for several classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pyspark.ml.evaluation import MulticlassClassificationEvaluator, RegressionEvaluator
from pyspark.ml.feature import StringIndexer
from pyspark.ml.linalg import Vectors
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tiltyard.errors import TiltyardError
from tiltyard.evaluators import evaluator_for, metric_of
from tiltyard.learners import Boosting, Forest, Linear, Prior, Residual
from tiltyard.learners.base import LearnerModel
from tiltyard.problem import METRICS_OF, problem_named
from tiltyard.tournament import Tournament, TournamentModel


@pytest.fixture(scope="module")
def frame(spark: SparkSession) -> DataFrame:
    random = np.random.default_rng(0)
    values = random.normal(size=(300, 2))
    rows = [
        (f"t{n % 2}", n, [float(a), float(b)], 5.0 + 3.0 * float(a), float(np.digitize(a, [-0.5, 0.5])))
        for n, (a, b) in enumerate(values)
    ]
    return spark.createDataFrame(
        rows, "tenant string, id int, features array<float>, number double, kind double"
    )


@pytest.mark.parametrize("learner", [Linear, Forest, Boosting])
def test_numbers_and_classes_come_back_after_saving(frame: DataFrame, tmp_path: Any, learner: Any) -> None:
    numbers = learner(problem="regression", labelCol="number").fit(frame)
    numbers.write().save(f"{tmp_path}/numbers")
    found = LearnerModel.load(f"{tmp_path}/numbers").transform(frame)
    assert "probability" not in found.columns
    assert RegressionEvaluator(labelCol="number").evaluate(found) < 1.5  # deviation: 3
    classes = learner(problem="multiclass", labelCol="kind").fit(frame)
    classes.write().save(f"{tmp_path}/classes")
    found = LearnerModel.load(f"{tmp_path}/classes").transform(frame)
    rows = found.select("probability", "prediction").collect()
    assert all(row.probability.values.argmax() == row.prediction for row in rows)
    assert MulticlassClassificationEvaluator(labelCol="kind", metricName="accuracy").evaluate(found) > 0.9


@pytest.mark.parametrize(
    ("problem", "metric"),
    [(name, metric) for name in ("multiclass", "regression") for metric in METRICS_OF[name]],
)
def test_a_metrics_evaluator_measures_it(spark: SparkSession, problem: str, metric: str) -> None:
    random = np.random.default_rng(1)
    labels, several = np.arange(200) % 3.0, problem == "multiclass"
    answers = random.dirichlet(np.ones(3), 200) if several else random.normal(size=200)
    rows = [
        (float(label), Vectors.dense(answer), float(answer.argmax()))
        if several
        else (float(label), float(answer))
        for label, answer in zip(labels, answers, strict=True)
    ]
    frame = spark.createDataFrame(rows, ["label", *(["probability"] if several else []), "prediction"])
    evaluator = evaluator_for(metric, "label", problem)
    assert metric_of(evaluator, problem) == metric
    assert evaluator.isLargerBetter() == METRICS_OF[problem][metric]
    expected = problem_named(problem, ("a", "b", "c")).score(labels, answers)[metric]
    assert evaluator.evaluate(frame) == pytest.approx(expected, abs=1e-9)


def test_classes_named_by_a_string_indexer_are_predicted_by_name(frame: DataFrame, tmp_path: Any) -> None:
    named = frame.selectExpr("*", "element_at(array('low', 'mid', 'top'), CAST(kind AS INT) + 1) AS word")
    indexed = StringIndexer(inputCol="word", outputCol="label").fit(named).transform(named)
    tournament = Tournament(
        contenders={Prior(problem="multiclass"): [{}], Linear(problem="multiclass"): [{}]},
        evaluator=evaluator_for("log_loss", problem="multiclass"),
        tenantCol="tenant",
        keyCol="id",
    )
    model = tournament.fit(indexed)
    model.write().save(f"{tmp_path}/model")
    scored = TournamentModel.load(f"{tmp_path}/model").transform(indexed)
    assert scored.where("prediction = word").count() > 280
    chances = scored.first().probability  # type: ignore[union-attr]
    assert set(chances) == {"low", "mid", "top"} and sum(chances.values()) == pytest.approx(1.0)
    with pytest.raises(TiltyardError, match="label column 'label' must name its classes"):
        tournament.fit(frame.withColumnRenamed("kind", "label"))


def test_a_tenant_with_a_class_that_has_no_name_hurts_nobody_else(frame: DataFrame) -> None:
    known = {"ml_attr": {"type": "nominal", "vals": ["low", "mid", "top"]}}
    label = F.when(F.col("tenant") == "t1", 7.0).otherwise(F.col("kind")).alias("label", metadata=known)
    tournament = Tournament(
        contenders={Prior(problem="multiclass"): [{}], Linear(problem="multiclass"): [{}]},
        evaluator=evaluator_for("log_loss", problem="multiclass"),
        tenantCol="tenant",
        keyCol="id",
    )
    champions = tournament.fit(frame.select("*", label)).champions.where("tenant IS NOT NULL").collect()
    found = {row.tenant: (row.status, row.message) for row in champions}
    assert found["t0"][0] == "ok"
    assert found["t1"][0] == "error" and "must be 0 to 2" in found["t1"][1] and "such as 7" in found["t1"][1]


def test_a_family_that_cannot_do_the_problem_is_refused_before_any_job(frame: DataFrame) -> None:
    tournament = Tournament(
        contenders={Residual(problem="multiclass", baseMarginCol="number"): [{}]},
        evaluator=evaluator_for("log_loss", problem="multiclass"),
        tenantCol="tenant",
    )
    with pytest.raises(
        TiltyardError, match="Residual: 'problem' must be one of binary, regression, got 'multiclass'"
    ):
        tournament.fit(frame.withColumnRenamed("kind", "label"))
