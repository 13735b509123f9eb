"""The model of all tenants: what it has learnt from, what it reads, and that no order changes it."""

from __future__ import annotations

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from sklearn.metrics import roc_auc_score

from tiltyard.learners.base import load, matrix_of
from tiltyard.pool import EVERYONE, Pool
from tiltyard.pooling import pooled
from tiltyard.transformers import FeaturePacker, Pivot

ROWS = 800


def packed(spark: SparkSession, signal_in: set[int], parts: int, slots: int = 4) -> DataFrame:
    """Rows whose label follows the first number in some parts, and nothing in the others."""
    random = np.random.default_rng(5)
    values, part = random.normal(size=(ROWS, slots)), np.arange(ROWS) % parts
    label = np.where(np.isin(part, list(signal_in)), values[:, 0] > 0, random.random(ROWS) < 0.5)
    rows = [
        (number, int(part[number]), float(label[number]), *values[number].tolist()) for number in range(ROWS)
    ]
    names = [f"n{slot}" for slot in range(slots)]
    frame = spark.createDataFrame(rows, ["id", "part", "label", *names])
    return FeaturePacker(inputCols=names).transform(frame)


def aurocs(frame: DataFrame, margin: F.Column) -> dict[int, float]:  # type: ignore[name-defined]
    found = frame.select("part", "label", margin.alias("margin")).toPandas()
    return {part: roc_auc_score(rows["label"], rows["margin"]) for part, rows in found.groupby("part")}


def test_no_row_is_answered_by_what_has_learnt_from_it(spark: SparkSession) -> None:
    noise = packed(spark, set(), parts=3)
    pool = pooled(noise, "features", "label", "part", range(3))
    assert all(0.4 < found < 0.6 for found in aurocs(noise, pool.margin(noise.features, noise.part)).values())
    assert min(aurocs(noise, pool.margin(noise.features)).values()) > 0.8  # it has learnt them by heart


def test_blocks_in_time_learn_from_those_before(spark: SparkSession) -> None:
    late = packed(spark, {2, 3}, parts=4)
    pool = pooled(late, "features", "label", "part", range(4), expanding=True)
    found = aurocs(late, pool.margin(late.features, late.part))
    assert found[2] < 0.85 and found[3] > 0.95  # block 2 is the first to show the signal
    early = packed(spark, {1}, parts=2)
    first = pooled(early, "features", "label", "part", range(2), expanding=True)
    # Nothing stands before block 0, so its model has learnt from block 1; that of block 1 from the noise of block 0.
    by_first, by_second = (aurocs(early, first.margin(early.features, F.lit(part)))[1] for part in (0, 1))
    assert by_first > 0.95 and by_second < 0.85


def test_rows_without_a_part_are_new_and_those_of_one_without_a_model_have_no_margin(
    spark: SparkSession,
) -> None:
    rows = packed(spark, {0, 1}, parts=2).limit(5)
    pool = pooled(packed(spark, {0, 1}, parts=2), "features", "label", "part", range(2))
    new = [
        pool.margin(rows.features, F.lit(part)).alias(name) for part, name in ((None, "none"), (7, "other"))
    ]
    for row in rows.select(pool.margin(rows.features).alias("all"), *new).collect():
        # The model of all may know a row that is in some part: it must not answer for it.
        assert row.none == row.all and np.isnan(row.other)


def test_codes_of_tenants_are_not_read(spark: SparkSession) -> None:
    cities = packed(spark, {0, 1}, parts=2).withColumn("city", F.concat(F.lit("c"), F.col("id") % 3))
    coded = Pivot(inputCols=["city"]).fit(cities).transform(cities).drop("features")
    both = FeaturePacker(inputCols=["n0", "city__pivot"]).transform(coded)
    pool = pooled(both, "features", "label", "part", range(2))
    model = load(pool.payloads[EVERYONE])
    shown = [
        model.predict(matrix_of(np.array([[0.7, code]], dtype=np.float32), pool.categorical))
        for code in (1, 2)
    ]
    assert pool.categorical == (False, True) and shown[0] == shown[1]


@pytest.mark.parametrize("label", ["0.0D", "label"], ids=["one class", "no number"])
def test_where_there_is_nothing_to_learn_from_the_base_rate_answers(spark: SparkSession, label: str) -> None:
    rows = packed(spark, set(), parts=2).withColumn("city", F.lit("x")).withColumn("label", F.expr(label))
    coded = Pivot(inputCols=["city"]).fit(rows).transform(rows).drop("features")
    only = FeaturePacker(inputCols=["n0" if label == "0.0D" else "city__pivot"]).transform(coded)
    pool = pooled(only, "features", "label", "part", range(2))
    rate = (only.agg(F.sum("label")).first()[0] + 1) / (ROWS + 2)  # type: ignore[index]
    (margin,) = {row[0] for row in only.select(pool.margin(only.features)).collect()}
    assert margin == pytest.approx(np.log(rate / (1 - rate)))


def test_any_order_and_partitioning_gives_the_same_models(spark: SparkSession) -> None:
    rows = packed(spark, {0, 1}, parts=2)

    def made(frame: DataFrame) -> Pool:
        return pooled(frame, "features", "label", "part", range(2))

    assert made(rows).payloads == made(rows.repartition(5).orderBy(F.desc("id"))).payloads
