"""Evaluators and the names of what they measure."""

from __future__ import annotations

import numpy as np
import pytest
from pyspark.ml.evaluation import RegressionEvaluator
from pyspark.ml.functions import array_to_vector
from pyspark.ml.linalg import Vectors
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from sklearn.metrics import brier_score_loss

from tiltyard.errors import TiltyardError
from tiltyard.evaluators import BrierEvaluator, evaluator_for, metric_of
from tiltyard.metrics import METRICS, score


@pytest.mark.parametrize("metric", METRICS)
def test_a_metrics_evaluator_measures_it(spark: SparkSession, metric: str) -> None:
    random = np.random.default_rng(1)
    chances, labels = random.random(300), np.arange(300) % 3 % 2.0
    rows = [
        (label, Vectors.dense(1 - chance, chance), Vectors.dense(-chance, chance))
        for label, chance in zip(labels.tolist(), chances.tolist(), strict=True)
    ]
    frame = spark.createDataFrame(rows, ["won", "probability", "rawPrediction"]).selectExpr(
        "*", "CAST(0 AS DOUBLE) AS prediction"
    )
    evaluator = evaluator_for(metric, "won")
    assert metric_of(evaluator) == metric and evaluator.isLargerBetter() == METRICS[metric]
    # Spark joins precision and recall by trapezoids, scikit-learn and we by steps.
    tolerance = 0.02 if metric == "aupr" else 1e-9
    assert evaluator.evaluate(frame) == pytest.approx(score(labels, chances)[metric], abs=tolerance)


def test_brier_is_scikit_learns_and_leaves_null_labels_out(spark: SparkSession) -> None:
    labels, chances = [1.0, 0.0, 1.0], [0.7, 0.4, 0.1]
    rows = [*zip(labels, chances, strict=True), (None, 0.9)]
    frame = spark.createDataFrame(rows, "label double, chance double").select(
        "label", array_to_vector(F.array(1 - F.col("chance"), "chance")).alias("probability")
    )
    assert BrierEvaluator().evaluate(frame) == pytest.approx(brier_score_loss(labels, chances))


def test_evaluators_of_other_things_are_refused(spark: SparkSession) -> None:
    with pytest.raises(TiltyardError, match=r"must measure one of .* got RegressionEvaluator of rmse"):
        metric_of(RegressionEvaluator())
