"""What tenants learn from each other in the jobs, and what those keep to themselves who do not share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyspark.ml import PipelineModel
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from sklearn.metrics import roc_auc_score

from tests.rides import TRAINED, Place
from tiltyard import segments
from tiltyard.errors import ConfigError
from tiltyard.job import execute
from tiltyard.pool import Pool
from tiltyard.pooled_margin import PooledMarginModel
from tiltyard.tables import Warehouse

CONF = """
spark: {spark.sql.codegen.factoryMode: NO_CODEGEN}
mlflow: {enabled: false}
tournament: {learners: [prior, pooled, linear, residual]}
"""
SIZES = {"Rome": 300, "Oslo": 300, "Lima": 200, "Ulm": 60}
OPEN = 60


def cities(sizes: Mapping[str, int], effects: Mapping[str, float]) -> pd.DataFrame:
    """So many rides of each city with a known outcome, and OPEN more; rain delays them by a city's effect."""
    random = np.random.default_rng(0)
    parts = []
    for city, known in sizes.items():
        rows = known + OPEN
        day = np.concatenate([random.uniform(0, 60, known), np.full(OPEN, 70.0)])
        rain = random.normal(size=rows)
        late = random.random(rows) < 1 / (1 + np.exp(-effects[city] * rain))
        at = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(day, unit="D").floor("s")
        ids = [f"{city}-{number:04d}" for number in range(rows)]
        known_late = pd.Series(late, dtype="boolean").where(day < 60)
        parts.append(
            pd.DataFrame({"id": ids, "city": city, "at": at, "rain": rain, "late": known_late, "truth": late})
        )
    return pd.concat(parts, ignore_index=True)


def rides(oslo: float = 1.0) -> pd.DataFrame:
    """Rain delays rides everywhere, by the same odds; those of Oslo times `oslo`. Ulm has few rides."""
    return cities(SIZES, {**dict.fromkeys(SIZES, 2.0), "Oslo": 2.0 * oslo})


def place(folder: Path, rows: pd.DataFrame) -> Place:
    made = Place(folder)
    (folder / "conf/base.yaml").write_text(CONF)
    made.ingest(rows.drop(columns="truth"))
    return made


def pool(spark: SparkSession, at: Place) -> Pool:
    """The models of all tenants, and of segments, that the newest training has made."""
    newest = Warehouse(spark, at.root).read("models").agg(F.max_by("pipeline", "version")).collect()[0][0]
    last = PipelineModel.load(newest).stages[-1]
    assert isinstance(last, PooledMarginModel)
    return last.pool


@pytest.fixture(scope="module")
def trained(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Place:
    made = place(tmp_path_factory.mktemp("pooling"), rides())
    made.train()
    return made


def test_a_tenant_of_few_rows_is_served_by_what_the_others_know(spark: SparkSession, trained: Place) -> None:
    champions = {row.tenant: row for row in Warehouse(spark, trained.root).read("champions").collect()}
    assert (champions["Ulm"].status, champions["Ulm"].learner) == ("too_few_rows", "pooled")
    assert champions["Ulm"].fallback == champions[None].fallback == "pooled"
    assert champions[None].why.startswith("model of all tenants")
    summary = trained.score()
    assert summary["rows_by_fallback"] == {"tenant": 3 * OPEN, "pooled": OPEN}
    scores = Warehouse(spark, trained.root).read("scores").where("tenant = 'Ulm'").toPandas()
    truth = rides().set_index("id")["truth"].loc[scores["key"]]
    assert roc_auc_score(truth, scores["score"]) > 0.75


def test_all_families_have_played_on_the_same_folds(spark: SparkSession, trained: Place) -> None:
    board = Warehouse(spark, trained.root).read("leaderboard").where("tenant = 'Rome'").toPandas()
    assert {"prior", "pooled", "linear", "residual"} <= set(board["learner"])
    assert not board["status"].isin(["error", "timeout"]).any()


def test_who_does_not_share_teaches_nobody_and_is_served_all_the_same(
    spark: SparkSession, trained: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "SEGMENT_ROWS", 200)
    private = trained.copy(tmp_path / "same")
    (private.folder / "conf/base.yaml").write_text(CONF)
    turned = place(tmp_path / "turned", rides(oslo=-1.0))
    found = []
    for at in (private, turned):
        said = execute("sharing", at.options(TRAINED, tenants=("Oslo",)), shares_data=False, segment="north")
        assert said["tenants"] == 1
        execute("sharing", at.options(TRAINED, tenants=("Rome", "Lima")), segment="north")
        at.train()  # on the same day, too: what was fitted before must not be taken for it
        found.append(pool(spark, at))
    assert found[0] == found[1] and found[0].segments.keys() == {"north"}
    assert found[0].payloads != pool(spark, trained).payloads  # which have learnt from Oslo, too
    warehouse = Warehouse(spark, turned.root)
    kept = {row.tenant: (row.shares_data, row.segment) for row in warehouse.read("tenants").collect()}
    assert kept["Oslo"] == (False, "north") and kept["Rome"] == (None, "north")
    champions = {row.tenant: row.learner for row in warehouse.read("champions").collect()}
    assert champions["Oslo"] in ("linear", "residual", "blend")  # the others' model is wrong for it


def test_sharing_needs_tenants_and_something_to_say(trained: Place) -> None:
    for tenants, given in (((), {"shares_data": False}), (("Oslo",), {})):
        with pytest.raises(ConfigError, match="needs the tenants, with --tenants, and what to say"):
            execute("sharing", trained.options(TRAINED, tenants=tenants), **given)
