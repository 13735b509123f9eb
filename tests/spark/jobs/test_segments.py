"""Tenants in segments, from `tiltyard sharing` to scores and cards: who answers for whom, and why."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from sklearn.metrics import roc_auc_score

from tests.rides import CONF, TRAINED, Place
from tests.spark.jobs.test_pooling import CONF as BASE
from tests.spark.jobs.test_pooling import OPEN, cities
from tiltyard import segments
from tiltyard.cards import answers
from tiltyard.job import execute
from tiltyard.learners.base import load
from tiltyard.learners.blend import BlendFit
from tiltyard.learners.numbers import OnNumbers
from tiltyard.tables import Warehouse

KNOWN = {"Rome": 300, "Bari": 300, "Ulm": 40, "Oslo": 300, "Lund": 300, "Moss": 40}
SOUTH = ("Rome", "Bari", "Ulm")


def rides() -> pd.DataFrame:
    """Rain clears the roads in the south, and delays rides elsewhere; Ulm and Moss have few rides."""
    return cities(KNOWN, {city: -2.0 if city in SOUTH else 2.0 for city in KNOWN})


@pytest.fixture(scope="module")
def trained(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Trained once with nobody in a segment, and once with the south in one; scored with reasons."""
    made = Place(tmp_path_factory.mktemp("segments"))
    (made.folder / "conf/base.yaml").write_text(BASE)
    (made.folder / "conf/apps/rides.yaml").write_text(CONF["apps/rides.yaml"] + "score: {reasons: 2}\n")
    made.ingest(rides().drop(columns="truth"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(segments, "SEGMENT_ROWS", 500)
        made.train()
        execute("sharing", made.options(TRAINED, tenants=SOUTH), segment="south")
        made.train()
    made.score()
    return made


def test_a_tenant_of_few_rows_is_served_by_its_segment(spark: SparkSession, trained: Place) -> None:
    warehouse = Warehouse(spark, trained.root)
    champions = {row.tenant: row for row in warehouse.read("champions").collect()}
    assert {city: champions[city].fallback for city in ("Rome", "Ulm", "Moss")} == {
        "Rome": "tenant",
        "Ulm": "segment",
        "Moss": "pooled",
    }
    assert champions[None].fallback == "pooled"
    scores = warehouse.read("scores").toPandas().set_index("key")
    counts = scores["fallback"].value_counts().to_dict()
    assert (counts["segment"], scores.loc[scores["tenant"] == "Ulm", "fallback"].unique()) == (
        OPEN,
        ["segment"],
    )
    truth = rides().set_index("id")["truth"]
    reached = {
        city: roc_auc_score(truth.loc[rows.index], rows["score"]) for city, rows in scores.groupby("tenant")
    }
    assert reached["Ulm"] > 0.75


def test_reasons_go_through_the_segments_model(spark: SparkSession, trained: Place) -> None:
    scores = Warehouse(spark, trained.root).read("scores").where("tenant = 'Ulm'").toPandas()
    for row in scores.to_dict("records"):
        margin = np.log(row["score"] / (1 - row["score"]))
        assert sum(one["contribution"] for one in row["reasons"]) == pytest.approx(margin, abs=1e-4)
    first = scores["reasons"].map(lambda reasons: reasons[0]["field"])
    assert (first == "rain").mean() > 0.5


def test_a_card_asks_the_segments_model(
    trained: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []
    monkeypatch.setattr(answers, "load", lambda payload: asked.append(payload) or load(payload))
    path = tmp_path / "rome.html"
    execute("models show", trained.options(TRAINED), tenant="Rome", card=path)
    assert "<svg" in path.read_text() and "rain" in path.read_text()
    _, pool = map(load, asked)
    assert isinstance(pool, BlendFit) and all(isinstance(model, OnNumbers) for model in pool.models)


def test_an_empty_segment_takes_a_tenant_out_of_its_own(
    spark: SparkSession, trained: Place, tmp_path: Path
) -> None:
    at = trained.copy(tmp_path / "out")
    execute("sharing", at.options(TRAINED, tenants=("Ulm",)), segment="")
    rows = Warehouse(spark, at.root).read("tenants").collect()
    found = {row.tenant: row.segment for row in rows if row.tenant in SOUTH}
    assert found == {"Rome": "south", "Bari": "south", "Ulm": None}


def test_a_segment_changes_what_is_fitted(spark: SparkSession, trained: Place) -> None:
    """On the same day: what was fitted before `sharing` must not be taken for it."""
    pipelines = Warehouse(spark, trained.root).read("models").select("pipeline").distinct().collect()
    folders = list(Path(trained.root, "artifacts", "pipelines", "rides").glob(f"{date(2026, 3, 2)}*"))
    assert len(pipelines) == 1 and len(folders) == 2
