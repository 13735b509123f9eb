"""The stage that puts the model of all tenants beside each row: its folds, its days, its sample, its saved form."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from sklearn.metrics import roc_auc_score

from tiltyard.errors import TiltyardError
from tiltyard.pooled_margin import PooledMargin, PooledMarginModel
from tiltyard.pooling import EVERYONE

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


def test_blocks_of_days_know_nothing_of_their_days_where_folds_do(rows: DataFrame) -> None:
    by_fold = PooledMargin(foldCol="fold", keyCol="id").fit(rows).transform(rows)
    by_time = PooledMargin(timeCol="time", keyCol="id").fit(rows).transform(rows)
    assert auroc(by_fold) > 0.8
    assert 0.4 < auroc(by_time) < 0.6


def test_blocks_have_about_equal_numbers_of_days_and_later_days_are_new(rows: DataFrame) -> None:
    model = PooledMargin(timeCol="time", numFolds=3).fit(rows)
    assert model.days == ["2024-01-10", "2024-01-20", "2024-01-30", "2024-02-09"]
    assert sorted(model.pool.payloads) == [EVERYONE, 0, 1, 2, 3]
    moments = {"2023-05-01": 0, "2024-01-10": 0, "2024-01-11": 1, "2024-02-09": 3, "2024-02-10": None}
    frame = rows.sparkSession.createDataFrame([(day,) for day in [*moments, None]], "day string")
    frame = frame.withColumn("time", F.col("day").cast("timestamp"))
    assert {row.day: row.part for row in frame.select("day", model.part(frame).alias("part")).collect()} == {
        **moments,
        None: 0,  # as in `time_folds`, a row without a time counts as oldest
    }


def test_all_rows_of_one_day_are_one_block_that_nobody_answers_for(rows: DataFrame) -> None:
    one_day = rows.where("id < 30")
    model = PooledMargin(timeCol="time").fit(one_day)
    found = [row.margin for row in model.transform(one_day).collect()]
    assert model.days == ["2024-01-01"] and len(found) == 30 and np.isnan(found).all()


def test_new_rows_meet_the_model_of_all(rows: DataFrame) -> None:
    model = PooledMargin(foldCol="fold", keyCol="id").fit(rows)
    new = model.transform(rows.drop("fold")).select("id", F.col("margin").alias("new"))
    every = rows.select("id", model.pool.margin(F.col("features")).alias("every"))
    both = new.join(every, "id").toPandas()
    assert (both["new"] == both["every"]).all() and len(both) == DAYS * A_DAY


def test_the_sample_is_of_about_that_size_and_the_same_in_any_order(rows: DataFrame) -> None:
    sampled = PooledMargin(foldCol="fold", keyCol="id", rows=300)
    taken = sampled._sample(rows).count()
    assert 240 < taken < 360
    again = sampled.fit(rows.repartition(7).orderBy(F.desc("id")))
    assert sampled.fit(rows).pool.payloads == again.pool.payloads


def test_a_saved_model_gives_the_same_margins(rows: DataFrame, tmp_path: Path) -> None:
    model = PooledMargin(timeCol="time", outputCol="everyone").fit(rows)
    model.write().save(str(tmp_path / "model"))
    loaded = PooledMarginModel.load(str(tmp_path / "model"))
    before, after = (one.transform(rows).select("id", "everyone") for one in (model, loaded))
    assert before.exceptAll(after).isEmpty() and loaded.days == model.days


def test_folds_or_time_must_be_given(rows: DataFrame) -> None:
    for both in ({}, {"foldCol": "fold", "timeCol": "time"}):
        with pytest.raises(TiltyardError, match="one of 'foldCol' and 'timeCol' must be set"):
            PooledMargin(**both).fit(rows)
