"""The keyed tournament: who wins, who cannot play, and that nobody disturbs anybody else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark import cloudpickle
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tests.spark import odd_learners
from tests.spark.odd_learners import Brittle, FragileBoosting, FragileLinear, FragilePrior, Watching
from tests.spark.odd_tenants import healthy, rows, sick
from tiltyard.errors import TiltyardError
from tiltyard.evaluators import evaluator_for
from tiltyard.folds import time_folds
from tiltyard.learners import Boosting, Learner, Linear, Prior
from tiltyard.metrics import METRICS
from tiltyard.slots import slots_of
from tiltyard.tournament import Tournament, TournamentModel
from tiltyard.transformers import FeaturePacker, Pivot

FEATURES = ["signal", "other", "city__pivot", "mark"]
HEALTHY = ("linear", "cities", "noise")
# Time limit of a tenant: far above what a healthy one needs on a busy machine, and what the hanging one costs.
SECONDS = 6.0


@pytest.fixture(scope="module", autouse=True)
def _importable_in_workers() -> Iterator[None]:
    """Workers do not know the tests: the learners' kernels travel by value."""
    cloudpickle.register_pickle_by_value(odd_learners)
    yield
    cloudpickle.unregister_pickle_by_value(odd_learners)


def arrow_frame(spark: SparkSession, table: pd.DataFrame) -> DataFrame:
    schema = "tenant string, id string, signal double, other double, city string, mark double, label double"
    plain = table.astype(object).where(table.notna(), None)
    return spark.createDataFrame(plain.values.tolist(), schema)


def pipeline(tournament: Tournament) -> Pipeline:
    pivot = Pivot(inputCols=["city"], tenantCol="tenant")
    return Pipeline(stages=[pivot, FeaturePacker(inputCols=FEATURES), tournament])


def tournament(contenders: Sequence[Learner] = (), **params: Any) -> Tournament:
    chosen = contenders or [FragilePrior(), FragileLinear(), FragileBoosting(maxIter=20)]
    given = {"evaluator": evaluator_for("auroc"), "tenantCol": "tenant", "keyCol": "id", "seconds": SECONDS}
    given |= {"racing": False, "blend": False}  # what is compared here are full boards of single families
    return Tournament(contenders={learner: [{}] for learner in chosen}, **{**given, **params})


def champions(model: TournamentModel) -> dict[str | None, Any]:
    found = model.champions.collect()
    by_tenant = {row.tenant: row for row in found}
    assert len(by_tenant) == len(found), "a tenant has two champions"
    return by_tenant


def board(model: TournamentModel, tenants: Sequence[str] | None = None) -> list[Any]:
    """The leaderboard as plain values in a fixed order, without the seconds."""
    found = model.leaderboard.drop("fit_seconds", "score_seconds").orderBy("tenant", "contender").collect()
    return [row for row in found if tenants is None or row.tenant in tenants]


@pytest.fixture(scope="module")
def well(spark: SparkSession) -> DataFrame:
    return arrow_frame(spark, healthy()).cache()


@pytest.fixture(scope="module")
def fitted(well: DataFrame) -> PipelineModel:
    """The healthy tenants only."""
    return pipeline(tournament()).fit(well)


@pytest.fixture(scope="module")
def model(fitted: PipelineModel) -> TournamentModel:
    found: TournamentModel = fitted.stages[-1]
    return found


@pytest.fixture(scope="module")
def hospital(spark: SparkSession) -> TournamentModel:
    """Healthy and sick tenants in one fit."""
    everybody = pd.concat([healthy(), sick()])
    found: TournamentModel = pipeline(tournament()).fit(arrow_frame(spark, everybody)).stages[-1]
    return found


@pytest.mark.parametrize(
    ("tenant", "status", "words"),
    [
        ("one class", "one_class", "All 200 rows have label 1"),
        ("three rows", "too_few_rows", "3 rows"),
        ("rare class", "too_few_rows", "4 rows of the rarer class"),
        ("nulls", "no_signal", "prior answers"),
        ("constants", "no_signal", "prior answers"),
        ("infinities", "ok", None),
        ("raises", "error", "ArithmeticError: no luck"),
        ("hangs", "timeout", "6 s; raise tournament.seconds_per_tenant"),
        ("strange labels", "error", "A label must be 0 or 1"),
        ("ten thousand cities", "ok", None),
        (None, "ok", None),
    ],
)
def test_every_sick_tenant_has_its_status(
    hospital: TournamentModel, tenant: str | None, status: str, words: str | None
) -> None:
    found = champions(hospital)[tenant]
    assert found.status == status
    assert found.message is None if words is None else words in found.message
    assert found.fallback == ("tenant" if tenant and status == "ok" else "prior")
    assert (found.payload is None) == (status not in ("ok", "no_signal"))


def test_sick_tenants_disturb_nobody(hospital: TournamentModel, model: TournamentModel) -> None:
    assert board(hospital, HEALTHY) == board(model) != []
    alone, together = champions(model), champions(hospital)
    assert {name: together[name].sha256 for name in HEALTHY} == {name: alone[name].sha256 for name in HEALTHY}


def test_the_board_says_why_a_tenant_has_not_played(hospital: TournamentModel) -> None:
    found = {row.tenant: row for row in board(hospital) if row.contender is None}
    assert set(found) == {"one class", "three rows", "rare class", "strange labels", None}
    assert found[None].status == "error" and "without a tenant" in found[None].message
    assert (found["three rows"].rows, found["three rows"].rank) == (3, None)
    out_of_time = [row for row in board(hospital) if row.tenant == "hangs"]
    assert [(row.status, row.rank) for row in out_of_time] == [("timeout", None)] * 3


def test_a_tenant_whose_labels_are_all_null_is_not_there(hospital: TournamentModel) -> None:
    assert "without labels" not in champions(hospital)


def test_the_global_row_is_the_prior_of_all_labelled_rows(model: TournamentModel) -> None:
    shared, labels = champions(model)[None], healthy().label
    assert (shared.learner, shared.rows, shared.positives) == ("prior", len(labels), labels.sum())
    assert shared.sha256 and shared.params == "{}"


def test_the_board_has_every_contenders_every_fold(model: TournamentModel) -> None:
    found = board(model)
    assert len(found) == len(HEALTHY) * 3
    sizes = healthy().tenant.value_counts()
    for row in found:
        assert [fold.fold for fold in row.folds] == [0, 1, 2]
        assert sum(fold.rows for fold in row.folds) == row.rows == sizes[row.tenant]
        assert all(set(fold.metrics) == set(METRICS) for fold in row.folds)
        values = [fold.metrics["auroc"] for fold in row.folds]
        assert (row.mean, row.sd) == (np.mean(values), np.std(values))
    for tenant in HEALTHY:
        assert sorted(row.rank for row in found if row.tenant == tenant) == [1, 2, 3]


def test_signal_beats_the_prior(model: TournamentModel) -> None:
    found, chances = champions(model), {row.tenant: row for row in board(model) if row.learner == "prior"}
    for tenant in ("linear", "cities"):
        row = found[tenant]
        assert (row.status, row.fallback, row.above_chance) == ("ok", "tenant", True)
        assert row.calibration.brier_after <= row.calibration.brier_before and row.threshold == 0.5
        assert row.learner != "prior" and 0.5 < row.low < row.value < row.high
        assert chances[tenant].mean == 0.5 and chances[tenant].rank > 1
    assert found["linear"].learner == "linear"


def test_noise_has_no_signal_and_its_own_prior(model: TournamentModel) -> None:
    row = champions(model)["noise"]
    assert (row.status, row.learner, row.fallback, row.above_chance) == ("no_signal", "prior", "prior", False)
    assert row.payload and row.value == 0.5
    assert row.sha256 != champions(model)[None].sha256


def test_without_a_prior_among_the_contenders_noise_still_gets_one(well: DataFrame) -> None:
    noise = pipeline(tournament([Linear()])).fit(well.where("tenant = 'noise'")).stages[-1]
    row = champions(noise)["noise"]
    assert (row.status, row.learner, row.fallback, row.value) == ("no_signal", "prior", "prior", 0.5)
    assert row.payload


def test_costs_move_the_threshold_of_every_tenant_and_of_the_prior(well: DataFrame) -> None:
    dear = pipeline(tournament([Prior(), Linear()], thresholdBy="costs", falseNegative=9.0)).fit(well)
    assert {row.threshold for row in champions(dear.stages[-1]).values()} == {0.1}
    strangers = well.withColumn("tenant", F.lit("never seen"))
    for frame in (well, strangers):
        scored = dear.transform(frame).select("prediction", vector_to_array("probability")[1].alias("chance"))
        assert scored.where("prediction != if(chance > 0.1, 1, 0)").count() == 0


def test_two_names_for_one_model_are_one_contender(well: DataFrame) -> None:
    twins = [Linear(maxIter=50), Linear(maxIter=51)]
    found = pipeline(tournament(twins)).fit(well.where("tenant = 'linear'")).stages[-1]
    first, second = board(found)
    assert (first.status, first.rank, second.status, second.rank) == ("ok", 1, "duplicate", None)
    champion = champions(found)["linear"]
    assert (champion.status, champion.contender) == ("ok", "linear(maxIter=50)")


def test_a_contender_that_raises_loses_and_the_others_play_on(well: DataFrame) -> None:
    found = pipeline(tournament([Brittle(), Linear()])).fit(well.where("tenant = 'linear'")).stages[-1]
    brittle, linear = board(found)
    assert (brittle.status, brittle.message, brittle.rank) == ("error", "ArithmeticError: never", None)
    assert (linear.status, linear.rank, champions(found)["linear"].status) == ("ok", 1, "ok")


def test_row_order_and_partitioning_change_nothing(well: DataFrame, model: TournamentModel) -> None:
    shuffled = well.repartition(7, F.hash("id")).sortWithinPartitions(F.desc("other"))
    again = pipeline(tournament(partitions=2)).fit(shuffled).stages[-1]
    assert board(again) == board(model)
    known = {name: row.sha256 for name, row in champions(model).items()}
    assert {name: row.sha256 for name, row in champions(again).items()} == known


def test_transform_says_which_model_answered(fitted: PipelineModel, spark: SparkSession) -> None:
    new = rows("unseen tenant", 5, 31), rows(None, 5, 32), rows("linear", 5, 33, city="unseen city")
    asked = arrow_frame(spark, pd.concat([healthy(), *new]).assign(label=np.nan))
    scored = fitted.transform(asked)
    assert scored.columns[-4:] == ["probability", "prediction", "modelVersion", "fallback"]
    table = scored.toPandas()
    assert len(table) == len(healthy()) + 15 and table.id.value_counts().max() == 2  # "linear" asks 5 twice
    own = champions(fitted.stages[-1])
    answered_by = {"linear": "linear", "cities": "cities", "noise": "noise"}
    for row in table.itertuples():
        model = own[answered_by.get(row.tenant)]
        assert (row.modelVersion, row.fallback) == (model.sha256[:12], model.fallback)
        assert row.prediction == float(row.probability[1] > 0.5)
        assert row.probability[0] + row.probability[1] == pytest.approx(1.0)
    shared = table[table.tenant.isna() | (table.tenant == "unseen tenant")]
    everybody = healthy().label
    assert {row[1] for row in shared.probability} == {(everybody.sum() + 1) / (len(everybody) + 2)}
    assert table[table.tenant == "linear"].probability.map(lambda row: row[1]).nunique() > 300


def test_scores_do_not_depend_on_partitions_or_neighbours(fitted: PipelineModel, well: DataFrame) -> None:
    together = fitted.transform(well).select("id", "probability")
    alone = fitted.transform(well.where("tenant = 'cities'").repartition(5)).select("id", "probability")
    assert alone.count() == alone.join(together, ["id", "probability"]).count() == 400


def test_rows_without_features_train_nobody_and_meet_the_prior(well: DataFrame) -> None:
    packed = FeaturePacker(inputCols=["signal", "other"]).transform(well.where("tenant = 'linear'"))
    holes = packed.withColumn("features", F.when(F.col("id") >= "linear-00010", F.col("features")))
    model = tournament([Prior(), Linear()]).fit(holes)
    assert champions(model)["linear"].rows == 390
    scored = model.transform(holes).groupBy(F.col("features").isNull(), "fallback").count().collect()
    assert sorted(map(tuple, scored)) == [(False, "tenant", 390), (True, "prior", 10)]


def test_ragged_rows_are_one_tenants_error(well: DataFrame) -> None:
    packed = well.where("tenant IN ('linear', 'noise')").select(
        "tenant", "id", "label", F.array("signal", "other").alias("features")
    )
    ragged = packed.withColumn(
        "features",
        F.when(F.col("id") == "noise-00007", F.array(F.lit(1.0)))
        .when(F.col("id") == "noise-00008", F.array(F.lit(1.0), F.lit(2.0), F.lit(3.0)))
        .otherwise(F.col("features")),
    )
    found = champions(tournament([Prior(), Linear()]).fit(ragged))
    assert (found["linear"].status, found["noise"].status) == ("ok", "error")
    assert "rows of 1 to 3 numbers" in found["noise"].message


def test_any_names_types_and_vectors(well: DataFrame) -> None:
    columns = {"featuresCol": "my.features", "labelCol": "my.label", "probabilityCol": "my.chance"}
    vector = array_to_vector(F.array("signal", "other"))
    named = well.where("tenant = 'linear'").select(
        F.lit(7).alias("my.tenant"),
        F.hash("id").alias("my.key"),
        (F.col("label") > 0).alias("my.label"),
        vector.alias("my.features"),
    )
    model = tournament([Prior(**columns), Linear(**columns)], tenantCol="my.tenant", keyCol="my.key").fit(
        named
    )
    assert champions(model)["7"].status == "ok"
    scored = model.transform(named)
    assert scored.columns == [*named.columns, "my.chance", "prediction", "modelVersion", "fallback"]
    assert scored.where("fallback = 'tenant'").count() == 400


def test_lineage_survives_scoring(fitted: PipelineModel, well: DataFrame) -> None:
    """A learner further down the pipeline still finds the slots."""
    scored = fitted.transform(well)
    assert [slot.name for slot in slots_of(scored.schema, "features")] == FEATURES


@pytest.mark.parametrize("metric", METRICS)
def test_metrics_rank_in_their_direction(well: DataFrame, metric: str) -> None:
    contenders = [Prior(), Linear(), Linear(regParam=10.0)]
    asked = tournament(contenders, evaluator=evaluator_for(metric))
    model = pipeline(asked).fit(well.where("tenant = 'linear'")).stages[-1]
    ranked = sorted(board(model), key=lambda row: row.rank)
    means = [row.mean for row in ranked]
    assert means == sorted(means, reverse=METRICS[metric])
    assert ranked[0].contender == "linear" and ranked[-1].contender == "prior"
    best = champions(model)["linear"]
    assert (best.metric, best.contender) == (metric, "linear")
    assert best.value == pytest.approx(means[0], abs=0.01)  # less the luck of having been chosen
    assert best.low < best.value < best.high


def test_folds_in_time_never_train_on_the_future(spark: SparkSession) -> None:
    days = spark.range(1200).select(
        "id",
        F.concat(F.lit("t"), F.col("id") % 2).alias("tenant"),
        F.timestamp_seconds(F.floor(F.pmod(F.hash("id"), F.lit(40))) * 86400 + F.col("id") % 86400).alias(
            "at"
        ),
        (F.pmod(F.xxhash64("id"), F.lit(2))).cast("double").alias("label"),
    )
    folded = days.select(
        "*",
        time_folds("tenant", "at", 3).alias("fold"),
        F.array(F.unix_date(F.to_date("at"))).alias("features"),
    )
    asked = tournament([Prior(), Watching()], foldCol="fold", numFolds=3, expanding=True)
    found = board(asked.fit(folded))
    assert [(row.status, row.message) for row in found] == [("ok", None)] * 4
    blocks = {
        (row.tenant, row.fold): row["count"] for row in folded.groupBy("tenant", "fold").count().collect()
    }
    for row in found:
        assert [(fold.fold, fold.rows) for fold in row.folds] == [
            (block, blocks[row.tenant, block]) for block in (1, 2, 3)
        ]
    hashed = board(tournament([Prior(), Watching()]).fit(folded))
    assert {row.message for row in hashed if row.learner == "watching"} == {
        "AssertionError: trained on the future"
    }


@pytest.mark.parametrize("fold", [None, 3, -1])
def test_folds_out_of_range_are_refused(well: DataFrame, fold: int | None) -> None:
    frame = FeaturePacker(inputCols=["signal"]).transform(well).withColumn("fold", F.lit(fold).cast("int"))
    shown = "null" if fold is None else fold
    with pytest.raises(Exception, match=f"'foldCol' must be 0 to 2, got {shown}"):
        tournament([Prior()], foldCol="fold").fit(frame)


def test_a_frame_without_labels_is_refused(well: DataFrame) -> None:
    frame = FeaturePacker(inputCols=["signal"]).transform(well.where("false"))
    with pytest.raises(TiltyardError, match="no row has a label in 'label'"):
        tournament([Prior()]).fit(frame)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"evaluator": None}, "'evaluator' must be set"),
        ({"expanding": True}, "'expanding' must come with 'foldCol'"),
        ({"numFolds": 1}, "'numFolds' must be at least 2, got 1"),
        ({"tenantCol": "tennant"}, "no column 'tennant', did you mean 'tenant'"),
    ],
)
def test_a_tournament_that_cannot_be_played_is_refused(
    well: DataFrame, wrong: dict[str, Any], words: str
) -> None:
    frame = FeaturePacker(inputCols=["signal"]).transform(well)
    with pytest.raises(TiltyardError, match=words):
        tournament([Prior()], **wrong).fit(frame)


def test_contenders_are_required_and_share_their_columns(well: DataFrame) -> None:
    frame = FeaturePacker(inputCols=["signal"]).transform(well)
    with pytest.raises(TiltyardError, match="'estimator' must be set"):
        Tournament(tenantCol="tenant", evaluator=evaluator_for("auroc")).fit(frame)
    with pytest.raises(TiltyardError, match=r"the same 'labelCol', got \['label', 'won'\]"):
        tournament([Prior(), Linear(labelCol="won")]).fit(frame)


def test_other_slots_than_in_training_are_refused(model: TournamentModel, well: DataFrame) -> None:
    frame = FeaturePacker(inputCols=["signal"]).transform(well)
    with pytest.raises(TiltyardError, match=r"other slots than in training \(1 with lineage now, 4 then\)"):
        model.transform(frame)


def test_the_default_seed_is_the_same_in_every_process() -> None:
    assert Tournament().getSeed() == 0


def test_a_blend_is_on_the_board_and_champion_only_where_it_is_first(well: DataFrame) -> None:
    found = pipeline(tournament([Prior(), Linear(), Boosting(maxIter=20)], blend=True)).fit(well)
    model: TournamentModel = found.stages[-1]
    blends = {row.tenant: row for row in model.leaderboard.where("learner = 'blend'").collect()}
    assert blends and all(len(json.loads(row.params)["members"]) == 2 for row in blends.values())
    won = {row.tenant for row in model.champions.where("learner = 'blend'").collect()}
    assert won <= {tenant for tenant, row in blends.items() if row["rank"] == 1}
