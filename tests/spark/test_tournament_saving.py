"""Tournaments and their models on disk: the same bits in another process, and nothing pickled."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import LogisticRegression
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tiltyard.errors import TiltyardError
from tiltyard.evaluators import BrierEvaluator, evaluator_for, metric_of
from tiltyard.learners import Boosting, Forest, Linear, Prior, payload
from tiltyard.tournament import Tournament, TournamentModel
from tiltyard.transformers import FeaturePacker, Pivot

CONTENDERS = {
    Prior(): [{}],
    Linear(regParam=0.01): [{}],
    Boosting(maxIter=20): [{}],
    Forest(numTrees=20): [{}],
}

# What another process makes of the saved stages, as JSON on its last line of output.
SCRIPT = """
import json, sys
from pyspark.ml import Pipeline, PipelineModel
from tiltyard.session import local_session

folder = sys.argv[1]
spark = local_session(cores="2", conf={"spark.sql.shuffle.partitions": "3", "spark.driver.memory": "1g"})
frame = spark.read.parquet(f"{folder}/frame")
scored = PipelineModel.load(f"{folder}/model").transform(frame).orderBy("id").collect()
again = Pipeline.load(f"{folder}/pipeline").fit(frame).stages[-1]
print(json.dumps({
    "scores": [[row.id, row.probability[1].hex(), row.modelVersion, row.fallback] for row in scored],
    "hashes": {str(row.tenant): row.sha256 for row in again.champions.collect()},
}))
"""


@pytest.fixture(scope="module")
def frame(spark: SparkSession) -> DataFrame:
    """Tenant "signal" follows its signal, "city" its city, "tiny" is too small."""
    names = F.array(*map(F.lit, ["signal", "city", "tiny"]))
    rows = spark.range(500).select(
        "id",
        names[F.when(F.col("id") % 10 == 9, 2).otherwise(F.col("id") % 2)].alias("tenant"),
        F.sin(F.col("id") * 7.0).alias("signal"),
        F.concat(F.lit("city "), F.pmod(F.hash("id"), F.lit(5))).alias("city"),
    )
    truth = F.when(F.col("tenant") == "city", F.col("city") < "city 2").otherwise(F.col("signal") > 0)
    mistaken = F.pmod(F.xxhash64("id"), F.lit(10)) == 0
    return rows.withColumn("label", (truth != mistaken).cast("double")).cache()


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    tournament = Tournament(
        contenders=CONTENDERS, evaluator=evaluator_for("auroc"), tenantCol="tenant", keyCol="id", minRows=100
    )
    pivot = Pivot(inputCols=["city"], tenantCol="tenant", minSupport=5)
    return Pipeline(stages=[pivot, FeaturePacker(inputCols=["signal", "city__pivot"]), tournament])


@pytest.fixture(scope="module")
def fitted(pipeline: Pipeline, frame: DataFrame) -> PipelineModel:
    return pipeline.fit(frame)


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory, pipeline: Pipeline, fitted: PipelineModel, frame: DataFrame
) -> Path:
    saved = tmp_path_factory.mktemp("saved")
    frame.repartition(3).write.parquet(str(saved / "frame"))
    pipeline.write().save(str(saved / "pipeline"))
    fitted.write().save(str(saved / "model"))
    return saved


@pytest.fixture(scope="module")
def elsewhere(folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-c", SCRIPT, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def hashes(model: TournamentModel) -> dict[str, str]:
    return {str(row.tenant): row.sha256 for row in model.champions.collect()}


def test_another_process_gives_the_same_bits(
    elsewhere: dict[str, Any], fitted: PipelineModel, frame: DataFrame
) -> None:
    scored = fitted.transform(frame).orderBy("id").collect()
    here = [[row.id, row.probability[1].hex(), row.modelVersion, row.fallback] for row in scored]
    assert elsewhere["scores"] == here
    assert {row[3] for row in here} == {"tenant", "prior"}


def test_a_loaded_tournament_fits_the_same_models_in_another_process(
    elsewhere: dict[str, Any], fitted: PipelineModel
) -> None:
    assert elsewhere["hashes"] == hashes(fitted.stages[-1])
    assert set(elsewhere["hashes"]) == {"signal", "city", "tiny", "None"}


def test_nothing_is_pickled(folder: Path, fitted: PipelineModel) -> None:
    for path in (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".crc"):
        content = path.read_bytes()
        if path.name != "_SUCCESS" and not content.startswith(b"PAR1"):
            assert isinstance(json.loads(content), dict), path
    payloads = [row.payload for row in fitted.stages[-1].champions.collect() if row.payload]
    assert len(payloads) == 3
    for content in payloads:
        assert payload.load(bytes(content))  # which refuses pickled arrays


def test_a_loaded_model_is_the_same_and_can_be_saved_again(
    folder: Path, fitted: PipelineModel, tmp_path: Path
) -> None:
    model: TournamentModel = fitted.stages[-1]
    loaded = PipelineModel.load(str(folder / "model")).stages[-1]
    loaded.write().save(str(tmp_path / "again"))
    again = TournamentModel.load(str(tmp_path / "again"))
    for other in (loaded, again, model.copy()):
        assert (other.uid, other.categorical) == (model.uid, (False, True))
        assert other.extractParamMap() == model.extractParamMap()
        for table in ("champions", "leaderboard"):
            known = getattr(model, table)
            assert getattr(other, table).schema == known.schema
            assert sorted(map(str, getattr(other, table).collect())) == sorted(map(str, known.collect()))


def test_every_param_comes_back(spark: SparkSession, tmp_path: Path) -> None:
    tournament = Tournament(
        contenders={Prior(labelCol="won"): [{}], Boosting(labelCol="won", maxDepth=2, seed=5): [{}]},
        evaluator=BrierEvaluator(labelCol="won"),
        numFolds=4,
        foldCol="block",
        expanding=True,
        tenantCol="tenant",
        keyCol="id",
        minRows=7,
        minPerClass=2,
        seconds=1.5,
        partitions=3,
        seed=11,
    )
    tournament.write().save(str(tmp_path / "tournament"))
    loaded = Tournament.load(str(tmp_path / "tournament"))
    assert loaded.uid == tournament.uid
    nested = {"estimator", "estimatorParamMaps", "evaluator"}
    for param in (param for param in tournament.params if param.name not in nested):
        assert loaded.isSet(param.name) == tournament.isSet(param.name), param.name
        if tournament.isDefined(param):
            assert loaded.getOrDefault(param.name) == tournament.getOrDefault(param), param.name
    before, after = tournament.learners(), loaded.learners()
    assert [type(learner) for learner in after] == [Prior, Boosting]
    assert [learner.extractParamMap() for learner in after] == [one.extractParamMap() for one in before]
    assert metric_of(loaded.getEvaluator()) == "brier" and loaded.getEvaluator().getLabelCol() == "won"


def test_other_estimators_than_learners_are_not_saved(spark: SparkSession, tmp_path: Path) -> None:
    stock = Tournament(
        estimator=LogisticRegression(), estimatorParamMaps=[{}], evaluator=evaluator_for("auroc")
    )
    with pytest.raises(TiltyardError, match=r"to be saved, .* got \['LogisticRegression'\]"):
        stock.write().save(str(tmp_path / "stock"))


def test_a_model_without_results_says_so() -> None:
    with pytest.raises(TiltyardError, match="Get it from fit or load"):
        _ = TournamentModel().champions
