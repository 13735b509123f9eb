"""The score and evaluate jobs: every open row once, by the right champion, and honest numbers afterwards."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from sklearn.metrics import roc_auc_score

from tests.rides import EVALUATED, SCORED, TRAINED, Place, frame, outcomes
from tiltyard.errors import DataContractError
from tiltyard.job import execute
from tiltyard.tables import Warehouse

AGAIN = date(2026, 3, 7)


@pytest.fixture(scope="module")
def evaluated(scored: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Scored; then the outcomes arrived and the evaluation ran."""
    place = scored.copy(tmp_path_factory.mktemp("evaluated"))
    place.ingest(outcomes(), "outcomes", EVALUATED)
    place.evaluate()
    return place


@pytest.fixture(scope="module")
def scores(spark: SparkSession, scored: Place) -> pd.DataFrame:
    return Warehouse(spark, scored.root).read("scores").toPandas()


def test_every_open_row_is_scored_once(spark: SparkSession, scored: Place, scores: pd.DataFrame) -> None:
    opened = frame()[lambda made: made["late"].isna()]
    assert sorted(scores["key"]) == sorted(opened["id"])
    run = Warehouse(spark, scored.root).read("runs").where("job = 'score'").collect()[0]
    assert run.rows == len(opened)
    assert scores["score"].between(0, 1).all()
    assert (scores["prediction"] == (scores["score"] > 0.25)).all()  # a false negative costs 3 times as much


def test_each_row_meets_its_tenants_model(scores: pd.DataFrame) -> None:
    assert scores.groupby("tenant")["fallback"].unique().map(list).to_dict() == {
        "Rome": ["tenant"],
        "Oslo": ["tenant"],
        "Lima": ["prior"],
        "Bern": ["prior"],
        "Ulm": ["prior"],
    }
    rain = frame().set_index("id")["rain"]
    found = scores.assign(rain=scores["key"].map(rain))
    own = found[found["tenant"].isin(["Rome", "Oslo"])].groupby("tenant")
    slopes = {tenant: np.corrcoef(rows["rain"], rows["score"])[0, 1] for tenant, rows in own}
    assert slopes["Rome"] > 0.8 and slopes["Oslo"] < -0.8
    # Lima has its own prior, Bern and Ulm the one of all rows.
    priors = scores[scores["fallback"] == "prior"].groupby("tenant")["score"].unique().map(list)
    assert priors["Bern"] == priors["Ulm"] != priors["Lima"] and all(len(found) == 1 for found in priors)


def test_again_keeps_every_score_although_outcomes_have_arrived(
    spark: SparkSession, scored: Place, evaluated: Place
) -> None:
    evaluated.score()
    assert evaluated.rows(spark, "scores") == scored.rows(spark, "scores")


def test_another_day_scores_only_what_is_open(evaluated: Place) -> None:
    assert evaluated.score(SCORED + timedelta(days=40))["rows"] == 0


def test_evaluations_are_those_of_scikit_learn(
    spark: SparkSession, evaluated: Place, scores: pd.DataFrame
) -> None:
    truth = outcomes().set_index("id")["late"].astype(float)
    met = scores.assign(y=scores["key"].map(truth))
    rows = {row.tenant: row for row in Warehouse(spark, evaluated.root).read("evaluations").collect()}
    for tenant in ("Rome", "Oslo"):
        own = met[met["tenant"] == tenant]
        assert rows[tenant].value == pytest.approx(roc_auc_score(own["y"], own["score"]))
        assert rows[tenant].low < rows[tenant].value < rows[tenant].high
        assert (rows[tenant].rows, rows[tenant].coverage, rows[tenant].status) == (40, 1.0, "ok")
        assert sum(one.rows for one in rows[tenant].calibration) == 40
    together = rows[None]
    assert together.value == pytest.approx(roc_auc_score(met["y"], met["score"].round(4)), abs=1e-9)
    assert together.rows == len(met) and together.mean_outcome == pytest.approx(met["y"].mean())
    assert rows["Ulm"].status in ("one_class", "too_few_rows") and rows["Ulm"].value is None
    assert rows["Rome"].learner in ("linear", "boosting", "blend") and rows["Rome"].version == "2026-03-01"


@pytest.fixture(scope="module")
def rolled_back(scored: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Scored; then trained with other features, Rome rolled back, scored again; then the outcomes arrived."""
    place = scored.copy(tmp_path_factory.mktemp("rolled_back"))
    place.train(TRAINED + timedelta(days=5), overrides=("features.min_support=100",))
    execute("models rollback", place.options(AGAIN), tenant="Rome", to=None)
    place.score(AGAIN)
    place.ingest(outcomes(), "outcomes", EVALUATED)
    place.evaluate()
    return place


def test_champions_of_two_trainings_serve_side_by_side(
    spark: SparkSession, scores: pd.DataFrame, rolled_back: Place
) -> None:
    later = Warehouse(spark, rolled_back.root).read("scores").where(F.col("score_date") == F.lit(AGAIN))
    assert {(row.tenant, row.version) for row in later.collect()} >= {
        ("Rome", "2026-03-01"),
        ("Oslo", "2026-03-06"),
    }
    again = later.where("tenant = 'Rome'").select("key", "score").collect()
    first = scores[scores["tenant"] == "Rome"]
    assert sorted(map(tuple, again)) == sorted(zip(first["key"], first["score"], strict=True))


def test_a_record_scored_twice_counts_once_by_its_newest_score(
    spark: SparkSession, rolled_back: Place
) -> None:
    rows = Warehouse(spark, rolled_back.root).read("evaluations").where("tenant = 'Oslo'").collect()
    assert [(row.rows, row.version) for row in rows] == [(40, "2026-03-06")]


def test_chosen_tenants_leave_the_others_scores(spark: SparkSession, scored: Place, tmp_path: Path) -> None:
    place = scored.copy(tmp_path)
    assert place.score(tenants=("Oslo",))["rows"] == 40
    assert place.rows(spark, "scores") == scored.rows(spark, "scores")


def test_a_window_without_rows_gives_no_scores_and_takes_back_those_of_the_day(
    spark: SparkSession, scored: Place, tmp_path: Path
) -> None:
    place = scored.copy(tmp_path)
    for day in (AGAIN, SCORED):
        told = execute("score", place.options(day), since=None, until=date(2000, 1, 1))
        assert (told["rows"], told["rows_by_fallback"]) == (0, {})
    assert place.rows(spark, "scores") == []


def test_nothing_is_scored_before_the_first_training(ingested: Place, tmp_path: Path) -> None:
    with pytest.raises(DataContractError, match="there is no model for tenants without one of their own yet"):
        ingested.copy(tmp_path).score()


def test_unseen_tenants_levels_and_nulls_are_scored(
    spark: SparkSession, trained: Place, tmp_path: Path
) -> None:
    place = trained.copy(tmp_path)
    odd = frame().query("city == 'Rome'").head(3).assign(late=None, line="violet", rain=[None, np.inf, 1.0])
    odd["id"] = ["odd-1", "odd-2", "odd-3"]
    odd["late"] = odd["late"].astype("boolean")
    new = odd.assign(city="Kyiv")
    place.ingest(pd.concat([odd, new], ignore_index=True), "odd")
    place.score()
    found = Warehouse(spark, place.root).read("scores").where("key LIKE 'odd-%'").collect()
    assert {(row.tenant, row.fallback) for row in found} == {("Rome", "tenant"), ("Kyiv", "prior")}
    assert len(found) == 6
