"""Giants: a tenant of more rows than one worker plays has the same tournament on many workers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from tests.spark.odd_learners import Brittle
from tiltyard import giants
from tiltyard.contenders import contenders_of
from tiltyard.evaluators import evaluator_for
from tiltyard.learners import Boosting, Forest, Learner, Linear, Pooled, Prior, Residual
from tiltyard.problem import BINARY
from tiltyard.slots import Slot, packed_metadata
from tiltyard.spread_fit import SpreadFit
from tiltyard.tournament import Tournament, TournamentModel

GIANT, DWARF = 1_500, 300
METRIC = {"binary": "auroc", "multiclass": "log_loss", "regression": "rmse"}
# How far the lanes may be apart, as a share of the metric. Spark ML ends near the minimum that Newton's steps reach;
# XGBoost's workers cut numbers into bins by their own rows, and a forest's trees draw other samples.
TOLERANCE = {
    "prior": 1e-9,
    "pooled": 1e-9,
    "residual": 1e-9,
    "linear": 1e-3,
    "boosting": 0.02,
    "forest": 0.08,
}
TOLERANCE["blend"] = TOLERANCE["boosting"]


def labels(signal: Column) -> dict[str, Column]:
    level = F.when(signal > 0.5, 2.0).when(signal > -0.5, 1.0).otherwise(0.0)
    named = {"ml_attr": {"type": "nominal", "name": "label", "vals": ["low", "middle", "top"]}}
    return {
        "binary": (signal > 0).cast("double").alias("label"),
        "regression": (100.0 + 10.0 * signal).alias("label"),
        "multiclass": level.alias("label", metadata=named),
    }


@pytest.fixture(scope="module")
def frames(spark: SparkSession) -> dict[str, DataFrame]:
    """Rows of a giant and a dwarf by problem; every seventh number is null, and there is a category."""
    number, wave = F.sin(F.col("id") * 7.0), F.cos(F.col("id") * 5.0)
    signal = number + 0.5 * wave + 0.6 * F.sin(F.col("id") * 3.1)
    slots = (Slot("number", "number", "Real", "numeric"), Slot("wave", "wave", "Real", "numeric"))
    kind = Slot("kind", "kind", "Category", "categorical")
    packed = F.array(number, F.when(F.col("id") % 7 > 0, wave), F.col("id") % 4).cast("array<float>")
    rows = spark.range(GIANT + DWARF).select(
        "id",
        F.when(F.col("id") < GIANT, "giant").otherwise("dwarf").alias("tenant"),
        packed.alias("features", metadata=packed_metadata((*slots, kind))),
        (0.5 * number).alias("everyone"),
        F.when(F.col("id") % 3 == 0, 2).otherwise(F.col("id") % 2).cast("int").alias("block"),
        signal.alias("signal"),
    )
    return {problem: rows.select("*", label).cache() for problem, label in labels(F.col("signal")).items()}


def fitted(
    frame: DataFrame, *learners: Learner, problem: str = "binary", packedRows: int = DWARF, **more: Any
) -> TournamentModel:
    model: TournamentModel = Tournament(
        contenders={learner: [{}] for learner in learners},
        evaluator=evaluator_for(METRIC[problem], problem=problem),
        tenantCol="tenant",
        keyCol="id",
        **{"numFolds": 2, "racing": False, "packedRows": packedRows, **more},
    ).fit(frame)
    return model


def board(model: TournamentModel) -> dict[tuple[str, str], Row]:
    return {(row.tenant, row.contender): row for row in model.leaderboard.collect()}


def sizes(row: Row) -> list[tuple[int, int]]:
    """Number and rows of each fold."""
    return [(fold.fold, fold.rows) for fold in row.folds]


def field(problem: str) -> list[Learner]:
    shared: dict[str, Any] = {"problem": problem}
    some: list[Learner] = [Prior(**shared), Linear(**shared)]
    if problem == "binary":
        shared |= {"baseMarginCol": "everyone"}
        strong = Linear(regParam=1.0, problem=problem)
        sparse = Linear(elasticNetParam=0.5, problem=problem)
        others = [Pooled(**shared), Residual(**shared), Boosting(maxDepth=4, problem=problem)]
        return [*some, strong, sparse, *others]
    grown = Forest(numTrees=20, **shared) if problem == "regression" else Boosting(maxIter=20, **shared)
    return [*some, grown]


@pytest.mark.parametrize("problem", METRIC)
def test_both_lanes_come_to_the_same(problem: str, frames: dict[str, DataFrame]) -> None:
    frame = frames[problem]
    packed = fitted(frame, *field(problem), problem=problem, packedRows=GIANT)
    spread = fitted(frame, *field(problem), problem=problem)
    theirs, ours = board(packed), board(spread)
    assert {key for key in ours if key[1] != "blend"} == {key for key in theirs if key[1] != "blend"}
    for (tenant, contender), row in ours.items():
        if (tenant, contender) in theirs:
            other = theirs[tenant, contender]
            assert (row.status, row.rows, sizes(row)) == ("ok", other.rows, sizes(other))
            near = TOLERANCE[row.learner] if tenant == "giant" else 1e-12
            assert row["mean"] == pytest.approx(other["mean"], rel=near), contender
    champion = spread.champions.where("tenant = 'giant'").first()
    assert (champion.status, champion.rows, champion.fallback) == ("ok", GIANT, "tenant")
    assert champion.low < champion.value < champion.high
    assert {row.slot for row in spread.importance.where("tenant = 'giant'").collect()} >= {0, 1}
    assert len({one.champions.where("tenant = 'dwarf'").first().sha256 for one in (packed, spread)}) == 1
    assert (spread.labelled, spread.classes) == (packed.labelled, packed.classes)


def test_a_giants_payload_scores_its_rows_as_it_was_measured(frames: dict[str, DataFrame]) -> None:
    model = fitted(frames["binary"], Prior(), Linear())
    scored = model.transform(frames["binary"]).where("tenant = 'giant'")
    error = F.pow(vector_to_array("probability")[1] - F.col("label"), 2)
    (row,) = model.leaderboard.where("tenant = 'giant' AND learner = 'linear'").collect()
    measured = np.mean([fold.metrics["brier"] for fold in row.folds])
    assert scored.agg(F.avg(error)).first()[0] == pytest.approx(measured, rel=0.05)


def test_any_order_and_partitioning_gives_the_same_models(frames: dict[str, DataFrame]) -> None:
    rows = frames["binary"].select(
        *[F.col(name).alias(to) for name, to in (("id", "key"), ("block", "fold"), ("features", "x"))],
        *[F.col("label").alias("y"), F.lit(None).cast("double").alias("margin")],
    )
    boosting = Boosting(maxIter=10, earlyStoppingRounds=3, subsamplingRate=0.5, maxDepth=4)
    for contender in contenders_of([Linear(), boosting]):
        fit = SpreadFit([contender], (False, False, True), 2, BINARY)
        shuffled = rows.repartition(5).orderBy(F.desc("key"))
        first, second = (fit.fit(giants.spread(one, GIANT, 2).cache()).payload for one in (rows, shuffled))
        assert first == second, contender.name


def test_measured_on_a_sample_where_rows_are_very_many(
    frames: dict[str, DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(giants, "EVIDENCE_ROWS", 600)
    model = fitted(frames["binary"], Prior(), Linear())
    (row,) = model.leaderboard.where("tenant = 'giant' AND learner = 'linear'").collect()
    assert sum(fold.rows for fold in row.folds) == pytest.approx(600, rel=0.15)
    assert (row.rows, row.status) == (GIANT, "ok")
    assert model.labelled.rows == GIANT + DWARF


def test_blocks_in_time_are_trained_on_the_past(frames: dict[str, DataFrame]) -> None:
    blocks: dict[str, Any] = {"foldCol": "block", "expanding": True}
    spread = board(fitted(frames["binary"], Prior(), Linear(), **blocks))["giant", "linear"]
    packed = board(fitted(frames["binary"], Prior(), Linear(), **blocks, packedRows=GIANT))["giant", "linear"]
    assert sizes(spread) == sizes(packed)
    assert spread["mean"] == pytest.approx(packed["mean"], rel=1e-3)


def test_a_search_tries_what_its_budget_allows(frames: dict[str, DataFrame]) -> None:
    penalties = [Linear(regParam=value) for value in (1.0, 0.3, 0.1, 0.03, 0.01)]
    model = fitted(frames["binary"], Prior(), *penalties, search="tpe", trials=2)
    tried = model.leaderboard.where("tenant = 'giant' AND learner = 'linear'").collect()
    assert len(tried) == 3
    assert all(row.status == "ok" and len(row.folds) == 2 for row in tried)


def test_a_family_that_fails_leaves_the_others_alone(frames: dict[str, DataFrame]) -> None:
    found = board(fitted(frames["binary"], Prior(), Brittle(), FailsSpread(), Linear()))
    assert found["giant", "brittle"].status == "error"
    assert found["giant", "failsspread"].message == "ArithmeticError: no luck"
    assert found["giant", "linear"].status == "ok"
    assert found["dwarf", "linear"].status == "ok"


def test_a_giant_that_cannot_play_has_a_status(frames: dict[str, DataFrame]) -> None:
    frame = frames["binary"]
    alike = frame.withColumn("label", F.when(F.col("tenant") == "giant", 1.0).otherwise(F.col("label")))
    strange = frame.withColumn("label", F.when(F.col("id") == 7, 3.0).otherwise(F.col("label")))
    champions = [fitted(rows, Prior(), Linear()).champions for rows in (alike, strange)]
    found = [rows.where("tenant = 'giant'").first() for rows in champions]
    assert [(row.status, row.message) for row in found] == [
        ("one_class", f"All {GIANT} rows have label 1."),
        ("error", "A label must be 0 or 1, 1 rows have others such as 3."),
    ]
    assert champions[0].where("tenant = 'dwarf'").first().status == "ok"


class FailsSpread(Linear):
    """Raises where many workers hold the rows."""

    class _Kernel(type(Linear.kernel)):  # type: ignore[misc]
        name = "failsspread"

        def fit_spread(self, *_: Any) -> Any:
            raise ArithmeticError("no luck")

    kernel = _Kernel()
