"""The stage that puts the model of all tenants beside each row: its folds, its days, its sample, its saved form."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from sklearn.metrics import roc_auc_score

from tiltyard.errors import DataContractError
from tiltyard.folds import with_day_blocks
from tiltyard.pooled_margin import PooledMargin, PooledMarginModel, sampled

DAYS, A_DAY = 40, 30
START = datetime(2024, 1, 1)


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> DataFrame:
    """On some days nearly all labels are 1, on the others nearly none; nothing but the day tells."""
    random = np.random.default_rng(1)
    often = random.permutation(DAYS) % 2
    made = []
    for number in range(DAYS * A_DAY):
        day = number // A_DAY
        label = float(random.random() < (0.9 if often[day] else 0.1))
        moment = START + timedelta(days=day, minutes=number % A_DAY)
        made.append((number, number % 3, moment, [float(day), float(random.normal())], label))
    return spark.createDataFrame(
        made, "id int, fold int, time timestamp, features array<float>, label double"
    ).cache()


def auroc(frame: DataFrame) -> float:
    found = frame.select("label", "margin").toPandas()
    return float(roc_auc_score(found["label"], found["margin"]))


@pytest.fixture(scope="module")
def in_blocks(rows: DataFrame) -> DataFrame:
    return with_day_blocks(rows, "block", "time", 3)


def test_blocks_of_days_know_nothing_of_their_days_where_folds_do(in_blocks: DataFrame) -> None:
    by_fold = PooledMargin().fit(in_blocks).transform(in_blocks)
    by_time = PooledMargin(foldCol="block", expanding=True).fit(in_blocks).transform(in_blocks)
    assert auroc(by_fold) > 0.8
    assert 0.4 < auroc(by_time) < 0.6


def test_blocks_have_about_equal_numbers_of_days(in_blocks: DataFrame) -> None:
    ends = in_blocks.groupBy("block").agg(F.max("time").cast("date").cast("string").alias("end")).collect()
    assert sorted(map(tuple, ends)) == [
        (block, f"2024-{day}") for block, day in enumerate(["01-10", "01-20", "01-30", "02-09"])
    ]


def test_days_of_few_dates_are_few_blocks_and_no_time_is_oldest(spark: SparkSession) -> None:
    days = ["2024-01-01"] * 50 + ["2024-01-02"] * 50 + [None]
    frame = spark.createDataFrame([(day,) for day in days], "day string").withColumn(
        "time", F.to_timestamp("day")
    )
    found = with_day_blocks(frame, "block", "time", 5).select("day", "block").distinct().collect()
    assert set(map(tuple, found)) == {("2024-01-01", 0), ("2024-01-02", 1), (None, 0)}


def test_a_fold_nobody_has_learnt_without_has_no_margin(rows: DataFrame) -> None:
    one_day = rows.where("id < 30").withColumn("block", F.lit(0))
    model = PooledMargin(foldCol="block", expanding=True).fit(one_day)
    found = [row.margin for row in model.transform(one_day).collect()]
    assert len(found) == 30 and np.isnan(found).all()


def test_rows_without_a_fold_meet_the_model_of_all(rows: DataFrame) -> None:
    model = PooledMargin().fit(rows)
    new = model.transform(rows.drop("fold")).select("id", F.col("margin").alias("new"))
    every = rows.select("id", model.pool.margin(F.col("features")).alias("every"))
    both = new.join(every, "id").toPandas()
    assert (both["new"] == both["every"]).all() and len(both) == DAYS * A_DAY


def test_rates_are_read_beside_the_slots(rows: DataFrame) -> None:
    rated = rows.withColumn("rates", F.array(F.col("label") + F.rand(3) / 2).cast("array<float>"))
    assert auroc(PooledMargin(ratesCol="rates").fit(rated).transform(rated)) > 0.99


def test_new_rows_are_answered_by_what_has_learnt_from_their_kind_of_rates(rows: DataFrame) -> None:
    random, telling = F.rand(3), F.col("label") + F.rand(4) / 2
    rated = rows.withColumns(
        {"rates": F.array(random).cast("array<float>"), "new": F.array(telling).cast("array<float>")}
    ).cache()
    model = PooledMargin(ratesCol="rates", newRatesCol="new").fit(rated)
    assert auroc(model.transform(rated)) < 0.95  # by day alone
    new = rated.drop("fold").withColumn("rates", F.col("new"))
    assert auroc(model.transform(new)) > 0.99


def test_a_sample_is_of_about_that_size_and_the_same_in_any_order(rows: DataFrame) -> None:
    taken = sampled(rows, "id", 300)
    again = sampled(rows.repartition(7).orderBy(F.desc("id")), "id", 300)
    assert 240 < taken.count() < 360
    assert PooledMargin().fit(taken).pool.payloads == PooledMargin().fit(again).pool.payloads


def test_a_saved_model_gives_the_same_margins(rows: DataFrame, tmp_path: Path) -> None:
    rated = rows.withColumn("rates", F.array(F.col("id") % 7).cast("array<float>"))
    model = PooledMargin(outputCol="everyone", ratesCol="rates").fit(rated)
    model.write().save(str(tmp_path / "model"))
    loaded = PooledMarginModel.load(str(tmp_path / "model"))
    before, after = (one.transform(rated).select("id", "everyone") for one in (model, loaded))
    assert before.exceptAll(after).isEmpty() and after.count() == DAYS * A_DAY


def test_rows_without_labels_are_nothing_to_learn_from(rows: DataFrame) -> None:
    with pytest.raises(DataContractError, match="no row has a label in 'label'"):
        PooledMargin().fit(rows.withColumn("label", F.lit(None).cast("double")))
