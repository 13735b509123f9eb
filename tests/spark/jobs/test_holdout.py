"""The holdout: rows that no training reads, on which every champion is measured."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from sklearn.metrics import roc_auc_score

from tests.rides import PER_CITY, TRAINED, Place, frame
from tiltyard.apps import FEATURES, FOLD, KEY, LABEL, PART, TENANT, TIME
from tiltyard.config import AppConfig, Folds, load_config
from tiltyard.holdout import kept_apart
from tiltyard.learners.base import categorical_slots, load, matrix_of
from tiltyard.streams import rows_of_floats
from tiltyard.tables import Warehouse
from tiltyard.training import labelled_rows


def test_champions_of_both_lanes_are_measured_on_days_that_no_training_reads(
    spark: SparkSession, tmp_path: Path
) -> None:
    place = Place(tmp_path)
    place.ingest(frame())
    warehouse = Warehouse(spark, place.root)
    overrides = ("folds.holdout=0.25", "tournament.learners=[prior, linear]")
    app = load_config(tmp_path / "conf", "rides", overrides=overrides).app
    assert app
    held, learnt = (
        labelled_rows(warehouse.source("rides"), app, None, TRAINED + timedelta(days=1), held=side)
        for side in (True, False)
    )
    assert held.agg(F.min(TIME)).first()[0] > learnt.agg(F.max(TIME)).first()[0]
    known, unknown = (dict(side.groupBy(TENANT).count().collect()) for side in (learnt, held))
    fewer, more = sorted(("Rome", "Oslo"), key=lambda tenant: known[tenant])
    assert known[fewer] < known[more] < PER_CITY

    overrides += (f"tournament.packed_rows={known[fewer]}",)
    place.train(overrides=overrides, tenants=("Rome", "Oslo", "Bern"))
    lanes = {row.tenant: row.lane for row in warehouse.read("tenants").collect()}
    assert (lanes[fewer], lanes[more]) == ("packed", "distributed")
    models = {row.tenant: row for row in warehouse.read("models").collect()}
    assert models["Bern"].holdout.status == "one_class"
    for tenant in (fewer, more):
        own, found = models[tenant], models[tenant].holdout
        assert (own.status, own.rows, found.rows) == ("ok", known[tenant], unknown[tenant])
        assert found.value == pytest.approx(auroc_of(own, held.where(F.col(TENANT) == tenant)))
        assert found.low < found.value < found.high


def auroc_of(model: Row, held: DataFrame) -> float:
    """What scikit-learn says of a stored model's answers to rows that were held out."""
    made = PipelineModel.load(model.pipeline).transform(held.drop(FOLD, PART))
    table = made.select(F.col(FEATURES).alias("x"), LABEL).toArrow()
    matrix = matrix_of(rows_of_floats(table["x"]), categorical_slots(made.schema, FEATURES))
    return float(roc_auc_score(table[LABEL].to_numpy(), load(bytes(model.payload)).predict(matrix)))


@pytest.fixture(scope="module")
def records(spark: SparkSession) -> DataFrame:
    hours = F.timestamp_seconds(F.lit(1_700_000_000) + F.col("id") * 3600)
    return spark.range(4_000).select(
        F.col("id").cast("string").alias(KEY), hours.alias(TIME), F.col("id") % 40
    )


def keys(frame: DataFrame) -> set[str]:
    return {row[KEY] for row in frame.collect()}


@pytest.mark.parametrize("by", ["hash", "time"])
def test_every_row_is_on_one_side_whatever_the_order(by: str, records: DataFrame) -> None:
    folds = Folds(by=by, holdout=0.2)  # type: ignore[arg-type]
    app = AppConfig(app="x", source="x", key=("id",), label="y", time="at", folds=folds)
    held, learnt = (keys(kept_apart(records, app, held=side)) for side in (True, False))
    assert not held & learnt and len(held | learnt) == 4_000
    assert len(held) == pytest.approx(800, rel=0.15)
    assert keys(kept_apart(records.repartition(7).orderBy(F.desc(KEY)), app, held=True)) == held
    if by == "time":
        assert min(map(int, held)) > max(map(int, learnt))


def test_a_group_is_on_one_side(records: DataFrame) -> None:
    grouped = records.withColumnRenamed("(id % 40)", "team")
    folds = Folds(by="group", group=("team",), holdout=0.3)
    app = AppConfig(app="x", source="x", key=("id",), label="y", folds=folds)
    sides = [
        {row.team for row in kept_apart(grouped, app, held=side).select("team").distinct().collect()}
        for side in (True, False)
    ]
    assert sides[0] and sides[1] and not sides[0] & sides[1]
