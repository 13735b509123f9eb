"""Models of segments: where tenants that belong together differ from the others, and what they fall back to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from sklearn.metrics import roc_auc_score

from tiltyard import segments
from tiltyard.learners.base import load, matrix_of
from tiltyard.learners.blend import BlendFit
from tiltyard.pool import EVERYONE, Pool
from tiltyard.pooled_margin import PooledMargin, PooledMarginModel
from tiltyard.pooling import pooled
from tiltyard.transformers import FeaturePacker

SIGNS = {"north": 1.0, "south": -1.0, "few": -1.0}
ROWS = {"north": 900, "south": 900, "few": 100}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "SEGMENT_ROWS", 500)


def packed(spark: SparkSession, *, random_labels: bool = False) -> DataFrame:
    """Rows whose label follows the first number in the north, and its opposite elsewhere."""
    random = np.random.default_rng(3)
    rows = []
    for name, count in ROWS.items():
        values = random.normal(size=(count, 2))
        odds = 0.0 if random_labels else 3.0 * SIGNS[name] * values[:, 0]
        label = random.random(count) < 1 / (1 + np.exp(-odds))
        rows += [
            (f"{name}{place}", name, place % 3, float(label[place]), *values[place].tolist())
            for place in range(count)
        ]
    frame = spark.createDataFrame(rows, ["id", "segment", "fold", "label", "a", "b"])
    return FeaturePacker(inputCols=["a", "b"]).transform(frame)


def aurocs(frame: DataFrame) -> dict[str, float]:
    found = frame.select("segment", "label", "margin").toPandas()
    return {name: roc_auc_score(rows["label"], rows["margin"]) for name, rows in found.groupby("segment")}


def stage(**params: str) -> PooledMargin:
    return PooledMargin(foldCol="fold", **params)  # type: ignore[arg-type]


def test_a_segment_that_differs_from_the_others_has_models_of_its_own(spark: SparkSession) -> None:
    rows = packed(spark)
    model = stage(segmentCol="segment").fit(rows)
    apart, together = aurocs(model.transform(rows)), aurocs(stage().fit(rows).transform(rows))
    assert min(apart["north"], apart["south"]) > 0.85 > 0.7 > max(together["north"], together["south"])
    assert set(model.pool.segments) == {"north", "south"}
    assert apart["few"] == together["few"]  # it has too few rows, and meets the model of all


def test_each_part_of_a_segment_meets_the_model_without_it(spark: SparkSession) -> None:
    rows = packed(spark)
    model = stage(segmentCol="segment").fit(rows)
    found = model.transform(rows).where("segment != 'few'").toPandas()
    for (name, fold), part in found.groupby(["segment", "fold"]):
        matrix = matrix_of(np.stack(part["features"]).astype(np.float32), model.pool.categorical)
        answers = {of: load(payload).predict(matrix) for of, payload in model.pool.segments[name].items()}
        margin = {of: np.log(one / (1 - one)) for of, one in answers.items()}
        assert np.allclose(part["margin"], margin[fold])
        assert not any(np.allclose(part["margin"], margin[of]) for of in margin if of != fold)


def test_rows_of_no_segment_never_meet_a_segments_model(spark: SparkSession) -> None:
    rows = packed(spark).withColumn("segment", F.when(F.col("segment") != "north", F.lit("")))
    model = stage(segmentCol="segment").fit(rows)
    assert set(model.pool.segments) == {""}
    north, all_of_them = rows.where("segment IS NULL"), stage().fit(rows)
    one, other = (made.transform(north).select("id", "margin") for made in (model, all_of_them))
    assert one.count() == ROWS["north"] and one.exceptAll(other).isEmpty()


def test_noise_gets_no_answer_from_what_has_learnt_it(spark: SparkSession) -> None:
    noise = packed(spark, random_labels=True)
    model = stage(segmentCol="segment").fit(noise)
    assert all(0.4 < found < 0.6 for name, found in aurocs(model.transform(noise)).items() if name != "few")


@pytest.mark.parametrize("problem", ["binary", "regression"])
def test_a_segments_model_is_a_blend_that_saved_and_loaded_answers_the_same(
    spark: SparkSession, problem: str, tmp_path: Path
) -> None:
    rows = packed(spark).withColumn("label", F.col("label") * (3.0 if problem == "regression" else 1.0))
    model = stage(segmentCol="segment", problem=problem).fit(rows)
    assert set(model.pool.segments) == {"north", "south"}
    for payloads in model.pool.segments.values():
        blend = load(payloads[EVERYONE])
        assert set(payloads) == {EVERYONE, 0, 1, 2}
        assert isinstance(blend, BlendFit) and blend.weights[1] > 0.5 and blend.weights.sum() == 1.0
    model.write().save(f"{tmp_path}/{problem}")
    again = PooledMarginModel.load(f"{tmp_path}/{problem}")
    assert again.pool == model.pool
    new = rows.drop("fold")
    assert model.transform(new).exceptAll(again.transform(new)).isEmpty()


def test_blocks_in_time_learn_from_those_before(spark: SparkSession) -> None:
    late = packed(spark).withColumn(
        "label", F.when(F.col("fold") == 0, F.rand(1).cast("int")).otherwise(F.col("label"))
    )
    pool = pooled(late, "features", "label", "fold", range(3), expanding=True, segment="segment")
    margin = pool.margin(F.col("features"), F.col("fold"), segment=F.col("segment")).alias("margin")
    found = late.select("segment", "label", "fold", margin)
    # Block 0 shows no signal, so that block 1 is answered without one; block 2 has seen block 1.
    last, middle = (aurocs(found.where(F.col("fold") == fold))["south"] for fold in (2, 1))
    assert last > 0.8 > 0.65 > middle


def test_any_order_and_partitioning_gives_the_same_models(spark: SparkSession) -> None:
    rows = packed(spark)

    def made(frame: DataFrame) -> Pool:
        return pooled(frame, "features", "label", "fold", range(3), segment="segment")

    assert made(rows) == made(rows.repartition(5).orderBy(F.desc("id")))
