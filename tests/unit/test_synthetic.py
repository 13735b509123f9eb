"""The generated leads: their signal is there as it is told, and each tenant's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from tiltyard.synthetic import Leads, leads, write_leads


@pytest.fixture(scope="module")
def made() -> Leads:
    return leads(tenants=20)


def test_effects_of_the_same_field_differ_in_sign_and_size_between_tenants(made: Leads) -> None:
    signal = made.truth[made.truth["kind"].isin(["linear", "curved"])]
    for field in ("employees", "annual_spend", "title"):
        there = signal.loc[signal[field] != 0.0, field]
        assert len(there) == there.nunique() >= 10
        assert there.min() < 0 < there.max()


def test_what_is_told_to_have_no_signal_has_none(made: Leads) -> None:
    noise = made.truth[made.truth["kind"] == "noise"]
    assert len(noise) == 2
    assert noise["auroc"].tolist() == [0.5, 0.5]
    assert not noise[["employees", "annual_spend", "title", "source"]].to_numpy().any()
    never = made.truth.loc[made.truth["kind"] == "one_class", "organization"].item()
    assert not made.frame.loc[made.frame["organization"] == never, "converted"].any()


def test_a_field_tells_the_outcome_the_more_the_larger_its_true_effect(made: Leads) -> None:
    """Spearman's correlation, over tenants, of the true effect and the AUROC that is in the rows."""
    linear = made.truth[made.truth["kind"] == "linear"].set_index("organization")
    found = {
        name: _auroc(made.frame[made.frame["organization"] == name], "annual_spend") for name in linear.index
    }
    assert linear["annual_spend"].corr(pd.Series(found), method="spearman") > 0.8


def _auroc(rows: pd.DataFrame, field: str) -> float:
    known = rows[rows[field].notna()]
    return float(roc_auc_score(known["converted"].astype(bool), known[field].astype(float)))


def test_the_files_share_their_rows_and_hold_two_that_an_ingest_refuses(tmp_path: Path) -> None:
    files = {name: pd.read_parquet(path) for name, path in write_leads(tmp_path, tenants=5).items()}
    history, upcoming = files["history"], files["upcoming"]
    assert history["lead_id"].isna().sum() == 1
    assert history["lead_id"].duplicated().sum() == 1
    good = history.dropna(subset="lead_id").drop_duplicates("lead_id")
    every = leads(tenants=5).frame
    assert set(good["lead_id"]) | set(upcoming["lead_id"]) == set(every["lead_id"])
    assert files["outcomes"]["lead_id"].tolist() == upcoming["lead_id"].tolist()
    assert "converted" not in upcoming
    assert np.all(history["created_at"] < pd.Timestamp("2025-10-01", tz="UTC"))
