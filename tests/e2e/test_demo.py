"""The demo's two apps on a few of their tenants, from raw rows to the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tiltyard import datasets
from tiltyard.job import Options, execute
from tiltyard.jobs import demo
from tiltyard.schemas import TABLES
from tiltyard.synthetic import write_leads
from tiltyard.tables import Warehouse

SCORED_ON = {story.app: story.scored for story in demo.STORIES}


def few_flights() -> pd.DataFrame:
    """The flights of four tenants: three that can be learnt from, and one with too few of them."""
    every = datasets.flights()
    tenants = {"9E|PIT", "UA|DFW", "9E|CVG", "UA|JAC"}
    return every[(every["carrier"] + "|" + every["dest"]).isin(tenants)].reset_index(drop=True)


def few_leads(folder: Path) -> dict[str, Path]:
    return dict(write_leads(folder, tenants=10, rows=120))


def keys_of(files: Path, pattern: str, key: str) -> list[str]:
    (path,) = files.glob(pattern)
    return sorted(pd.read_parquet(path)[key].astype(str))


def test_two_apps_from_raw_rows_to_the_page(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    flights = few_flights()
    monkeypatch.setattr(datasets, "flights", lambda: flights)
    monkeypatch.setattr(demo, "STORIES", (demo.STORIES[0], replace(demo.STORIES[1], write=few_leads)))
    root = tmp_path / "warehouse"
    settings = Options(
        warehouse=str(root), overrides=(f"mlflow.tracking_uri=sqlite:///{tmp_path}/mlflow.db",)
    )

    told = execute("demo", settings)

    warehouse = Warehouse(spark, str(root))
    assert [name for name in TABLES if warehouse.read(name).isEmpty()] == []
    files = Path(warehouse.artifacts("demo"))
    for app, key, pattern in (
        ("flight_delay", "flight_id", "flights_up*"),
        ("lead_scoring", "lead_id", "leads_up*"),
    ):
        scores = warehouse.read("scores").where(
            (F.col("app") == app) & (F.col("score_date") == SCORED_ON[app])
        )
        assert sorted(row.key for row in scores.select("key").collect()) == keys_of(files, pattern, key)
    assert set(told["flight_delay_auroc"]) == {"tiltyard", "prior", "pooled"}
    shown = capsys.readouterr().out
    for line in ("Tiltyard: a champion per tenant", "prior: the tenant's base rate", "pooled: one Hist"):
        assert line in shown
    assert_figures(told["flight_delay_auroc"])
    assert "flight_delay" in Path(told["output"]).read_text(encoding="utf-8")


def assert_figures(compared: Mapping[str, Mapping[str, float]]) -> None:
    """The three stand on the same tenants, and a constant answer is at chance level for each of them."""
    assert len({figures["tenants"] for figures in compared.values()}) == 1
    assert compared["prior"]["median"] == 0.5
    assert compared["tiltyard"]["median"] > 0.5
