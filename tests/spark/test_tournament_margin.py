"""Contenders that start from a model of all tenants."""

from __future__ import annotations

import numpy as np
import pytest
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tiltyard.evaluators import evaluator_for
from tiltyard.learners import Learner, Linear, Pooled, Prior, Residual
from tiltyard.tournament import Tournament, TournamentModel

MARGIN = "everyone"


@pytest.fixture(scope="module")
def frame(spark: SparkSession) -> DataFrame:
    """Of "few" the margin says all there is; "own" has a signal of its own beside it."""
    random = np.random.default_rng(3)
    rows = []
    for tenant, count, weight in (("few", 150, 0.0), ("own", 600, 2.0)):
        everyone, signal = random.normal(size=(2, count)) * [[1.5], [1.0]]
        label = random.random(count) < 1 / (1 + np.exp(-everyone - weight * signal))
        for number in range(count):
            features = [float(signal[number]), *random.normal(size=30).tolist()]
            rows.append((tenant, number, features, float(everyone[number]), float(label[number])))
    return spark.createDataFrame(
        rows, "tenant string, id int, features array<float>, everyone double, label double"
    )


def fitted(frame: DataFrame, learners: list[Learner]) -> TournamentModel:
    tournament = Tournament(
        contenders={learner: [{}] for learner in learners}, evaluator=evaluator_for("log_loss"),
        tenantCol="tenant", keyCol="id", blend=False, racing=False,
    )  # fmt: skip
    model: TournamentModel = tournament.fit(frame)
    return model


def test_few_rows_take_the_answer_of_all_and_many_add_to_it(frame: DataFrame) -> None:
    learners = [
        Prior(),
        Linear(),
        Pooled(baseMarginCol=MARGIN),
        Residual(regParam=0.001, baseMarginCol=MARGIN),
    ]
    model = fitted(frame, learners)
    found = {row.tenant: row.learner for row in model.champions.where("tenant IS NOT NULL").collect()}
    assert found == {"few": "pooled", "own": "residual"}
    chance = vector_to_array("probability")[1]
    few = model.transform(frame).where("tenant = 'few'").select(MARGIN, chance.alias("p")).toPandas()
    # Its calibration may bend the answers, and never turns them around.
    assert few[MARGIN].corr(few["p"], method="spearman") == pytest.approx(1.0)


def test_without_a_margin_those_that_need_it_lose_and_say_why(frame: DataFrame) -> None:
    model = fitted(frame, [Prior(), Linear(), Residual()])
    board = {(row.tenant, row.learner): row for row in model.leaderboard.collect()}
    assert board["own", "residual"].status == "error"
    assert "give the learner its 'baseMarginCol'" in board["own", "residual"].message
    assert board["own", "linear"].status == "ok"


def test_the_margin_comes_back_with_a_saved_model(
    frame: DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = fitted(frame, [Prior(), Pooled(baseMarginCol=MARGIN)])
    path = str(tmp_path_factory.mktemp("saved") / "model")
    model.write().save(path)
    again = TournamentModel.load(path)
    before, after = (one.transform(frame).select("tenant", "id", "probability") for one in (model, again))
    assert before.exceptAll(after).count() == 0 and after.count() == frame.count()
    assert before.where(F.col("tenant") == "few").count() == 150
