"""Without a tenant column a Tournament is Spark ML's CrossValidator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.ml.functions import array_to_vector
from pyspark.ml.tuning import CrossValidator, CrossValidatorModel, ParamGridBuilder
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tiltyard.contenders import arena
from tiltyard.errors import TiltyardError
from tiltyard.learners import Boosting, Learner, Linear
from tiltyard.tournament import Tournament

# The same trapezoids summed in another order (Spark's own differs from run to run); an AUROC of 200 rows has
# steps of 1e-4.
TOLERANCE = 1e-9


@pytest.fixture(scope="module")
def frame(spark: SparkSession) -> DataFrame:
    signal, noise = F.sin(F.col("id") * 7.0), F.sin(F.col("id") * 3.1)
    return (
        spark.range(400)
        .select(
            "id",
            F.lit("one").alias("tenant"),
            F.array(signal.cast("float"), F.cos(F.col("id") * 5.0).cast("float")).alias("features"),
            (signal + 0.8 * noise > 0).cast("double").alias("label"),
            F.pmod(F.hash("id"), F.lit(2)).alias("fold"),
            F.floor(F.col("id") / 134).cast("int").alias("block"),
        )
        .cache()
    )


def competitors(*learners: Learner) -> dict[str, Any]:
    estimator, maps = arena(learners or [Linear(), Boosting(maxIter=10)])
    return {
        "estimator": estimator,
        "estimatorParamMaps": maps,
        "evaluator": BinaryClassificationEvaluator(),
        "parallelism": 2,
    }


@pytest.fixture(scope="module")
def stock(frame: DataFrame) -> CrossValidatorModel:
    return CrossValidator(**competitors(), numFolds=2, foldCol="fold").fit(frame)


def test_the_same_metrics_and_best_model_as_cross_validator(
    frame: DataFrame, stock: CrossValidatorModel
) -> None:
    found = Tournament(**competitors(), numFolds=2, foldCol="fold").fit(frame)
    assert type(found) is CrossValidatorModel
    assert found.avgMetrics == pytest.approx(stock.avgMetrics, abs=TOLERANCE)
    assert found.stdMetrics == pytest.approx(stock.stdMetrics, abs=TOLERANCE)
    assert found.bestModel.stages[0].payload == stock.bestModel.stages[0].payload


def test_one_tenants_tournament_measures_what_cross_validator_measures(
    frame: DataFrame, stock: CrossValidatorModel
) -> None:
    keyed = Tournament(**competitors(), numFolds=2, foldCol="fold", tenantCol="tenant").fit(frame)
    rows = {row.learner: row for row in keyed.leaderboard.collect()}
    for place, learner in enumerate(("linear", "boosting")):
        folds = [fold.metrics["auroc"] for fold in rows[learner].folds]
        # Two folds are known by their mean and deviation.
        assert np.mean(folds) == pytest.approx(stock.avgMetrics[place], abs=TOLERANCE)
        assert np.std(folds) == pytest.approx(stock.stdMetrics[place], abs=TOLERANCE)
    champion = keyed.champions.where("tenant = 'one'").first()
    assert bytes(champion.payload) == stock.bestModel.stages[0].payload


def test_drawn_folds_and_any_estimator_as_in_cross_validator(frame: DataFrame) -> None:
    vectors = frame.withColumn("features", array_to_vector(F.col("features").cast("array<double>")))
    regression = LogisticRegression(maxIter=5)
    grid = ParamGridBuilder().addGrid(regression.regParam, [0.01]).build()
    given: dict[str, Any] = {
        "estimator": regression,
        "estimatorParamMaps": grid,
        "evaluator": BinaryClassificationEvaluator(),
    }
    theirs = CrossValidator(**given, numFolds=2, seed=7).fit(vectors)
    ours = Tournament(**given, numFolds=2, seed=7).fit(vectors)
    assert ours.avgMetrics == pytest.approx(theirs.avgMetrics, abs=TOLERANCE)
    assert ours.bestModel.coefficients.toArray() == pytest.approx(theirs.bestModel.coefficients.toArray())


def test_blocks_in_time_are_trained_on_the_past(frame: DataFrame) -> None:
    blocks: dict[str, Any] = {**competitors(Linear()), "numFolds": 2, "foldCol": "block", "expanding": True}
    stock, keyed = Tournament(**blocks).fit(frame), Tournament(**blocks, tenantCol="tenant").fit(frame)
    (row,) = keyed.leaderboard.collect()
    assert stock.avgMetrics == pytest.approx([row.mean], abs=TOLERANCE)
    assert stock.stdMetrics == pytest.approx([row.sd], abs=TOLERANCE)
    assert [fold.fold for fold in row.folds] == [1, 2]


def test_blocks_must_be_told(frame: DataFrame) -> None:
    with pytest.raises(TiltyardError, match="'expanding' must come with 'foldCol'"):
        Tournament(**competitors(), expanding=True).fit(frame)


def test_with_a_tenant_column_only_learners_compete(frame: DataFrame) -> None:
    tournament = Tournament(
        estimator=LogisticRegression(),
        estimatorParamMaps=[{}],
        evaluator=BinaryClassificationEvaluator(),
        tenantCol="tenant",
    )
    with pytest.raises(TiltyardError, match=r"exactly one of prior, .* got \['LogisticRegression'\]"):
        tournament.fit(frame)
