"""Learners as Spark ML stages."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.errors import PythonException
from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.tuning import CrossValidator, ParamGridBuilder
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tiltyard.errors import DataContractError
from tiltyard.learners import FAMILIES, Linear, Pooled, Residual
from tiltyard.learners.base import LearnerModel


@pytest.fixture(scope="module")
def frame(spark: SparkSession) -> DataFrame:
    signal = F.sin(F.col("id") * 7.0)
    label = (signal + 0.3 * F.sin(F.col("id") * 3.1) > 0).cast("double")
    features = F.array(signal.cast("float"), F.cos(F.col("id") * 5.0).cast("float"))
    everyone = (signal / 2).alias("everyone")
    return spark.range(300).select("id", features.alias("features"), everyone, label.alias("label"))


@pytest.mark.parametrize("family", FAMILIES)
def test_any_partitioning_gives_the_same_payload_and_a_saved_model_the_same_scores(
    family: str, frame: DataFrame, tmp_path: Path
) -> None:
    learner = FAMILIES[family](baseMarginCol="everyone")
    model = learner.fit(frame)
    shuffled = learner.fit(frame.repartition(5).orderBy(F.desc("id")))
    assert model.payload == shuffled.payload
    model.write().save(str(tmp_path / "model"))
    loaded = LearnerModel.load(str(tmp_path / "model"))
    expected = model.transform(frame).select("id", "probability").orderBy("id").collect()
    assert loaded.transform(frame).select("id", "probability").orderBy("id").collect() == expected


def test_competes_in_stock_cross_validator_on_vectors(frame: DataFrame) -> None:
    columns = frame.select("label", frame.features[0].alias("a"), frame.features[1].alias("b"))
    vectors = VectorAssembler(inputCols=["a", "b"], outputCol="features").transform(columns)
    linear = Linear()
    grid = ParamGridBuilder().addGrid(linear.regParam, [0.01, 10.0]).build()
    validator = CrossValidator(
        estimator=linear,
        estimatorParamMaps=grid,
        evaluator=BinaryClassificationEvaluator(),
        numFolds=2,
        seed=1,
    )
    assert max(validator.fit(vectors).avgMetrics) > 0.9


def test_a_frame_without_labels_is_refused(frame: DataFrame) -> None:
    with pytest.raises(DataContractError, match="no row has a label in 'label'"):
        Linear().fit(frame.where("label is null"))


def test_what_starts_from_a_model_of_all_tenants_needs_its_column(frame: DataFrame) -> None:
    with pytest.raises(PythonException, match="give the learner its 'baseMarginCol'"):
        Residual().fit(frame)


def test_a_margin_that_is_null_or_nan_says_nothing(frame: DataFrame) -> None:
    model = Pooled(baseMarginCol="everyone").fit(frame)
    unknown = F.when(F.col("id") > 0, F.lit(None)).otherwise(F.lit(float("nan"))).cast("double")
    found = model.transform(frame.limit(2).withColumn("everyone", unknown)).collect()
    assert [list(row.probability) for row in found] == [[0.5, 0.5]] * 2
