"""FeatureVector: the packed row in stock Spark ML."""

from __future__ import annotations

import pytest
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.linalg import SparseVector
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tiltyard.errors import DataContractError
from tiltyard.slots import slot_table
from tiltyard.transformers import FeaturePacker, FeatureVector, Pivot


@pytest.fixture(scope="module")
def frame(spark: SparkSession) -> DataFrame:
    # The label is 1 where colour is red, whatever the size.
    return spark.range(200).selectExpr(
        "id",
        "IF(id % 2 = 0, 'a', 'b') AS tenant",
        "element_at(array('red', 'green', 'blue'), int(id % 3) + 1) AS colour",
        "IF(id % 5 = 0, null, double(id % 7)) AS size",
        "double(id % 3 = 0) AS label",
    )


@pytest.fixture(scope="module")
def pipeline(frame: DataFrame) -> PipelineModel:
    pivot = Pivot(inputCols=["colour"], tenantCol="tenant", minSupport=1)
    return Pipeline(stages=[pivot, FeaturePacker(inputCols=["colour__pivot", "size"])]).fit(frame)


def test_logistic_regression_learns_from_it(frame: DataFrame, pipeline: PipelineModel) -> None:
    packed = pipeline.transform(frame)
    stage = FeatureVector.from_slot_table(slot_table(packed.schema, pipeline), "a")
    vectors = stage.transform(packed.where("tenant = 'a'"))
    model = LogisticRegression(featuresCol="vector").fit(vectors)
    assert model.transform(vectors).where("prediction <> label").count() == 0
    attributes = vectors.schema["vector"].metadata["ml_attr"]["attrs"]
    names = {one["idx"]: one["name"] for kind in attributes.values() for one in kind}
    strongest = names[int(model.coefficients.toArray().argmax())]
    assert strongest == "colour__pivot_red"
    assert [names[index] for index in sorted(names)][-2:] == ["size", "size_null"]


def test_levels_are_those_of_the_tenant(spark: SparkSession) -> None:
    rows = [("a", "x"), ("b", "y")]
    frame = spark.createDataFrame(rows, "tenant string, value string")
    stages = [
        Pivot(inputCols=["value"], tenantCol="tenant", minSupport=1),
        FeaturePacker(inputCols=["value__pivot"]),
    ]
    model = Pipeline(stages=stages).fit(frame)
    table = slot_table(model.transform(frame).schema, model)
    levels = [
        FeatureVector.from_slot_table(table, tenant).getOrDefault("slots")[0]["levels"] for tenant in "ab"
    ]
    assert levels == [["x"], ["y"]]
    assert FeatureVector.from_slot_table(table).getOrDefault("slots")[0]["levels"] == ["x", "y"]
    with pytest.raises(
        DataContractError, match=r"FeatureVector: the slot table has no tenant 'c'. Try tenant=None"
    ):
        FeatureVector.from_slot_table(table, "c")


def test_wide_rows_are_sparse(spark: SparkSession) -> None:
    frame = spark.range(1).select(F.array(F.lit(3.0)).cast("array<float>").alias("features"))
    slots = [{"name": "v", "kind": "categorical", "levels": [str(n) for n in range(50)]}]
    vector = FeatureVector(slots=slots).transform(frame).first().vector
    assert vector == SparseVector(52, [2], [1.0])


def test_slots_of_another_packed_column_are_refused(frame: DataFrame, pipeline: PipelineModel) -> None:
    with pytest.raises(DataContractError, match="FeatureVector: 'slots' must be those of 'features'"):
        FeatureVector(slots=[{"name": "size", "kind": "numeric"}]).transform(pipeline.transform(frame))
    with pytest.raises(DataContractError, match="column 'size' must be a packed row"):
        FeatureVector(inputCol="size").transform(frame)
