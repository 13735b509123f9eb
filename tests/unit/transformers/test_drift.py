"""Drift of one field: known answers, chance, and sides without values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from tiltyard.transformers._drift import Limits, drift, findings

LIMITS = Limits(fill_difference=0.5, fill_ratio=20.0, divergence=0.5, rows=100)


def _checks(training: np.ndarray, recent: np.ndarray) -> list[str]:
    return [check for check, *_ in findings(drift(training, recent), LIMITS)]


def _texts(*parts: tuple[str | None, int]) -> np.ndarray:
    return np.array([name for name, rows in parts for _ in range(rows)], dtype=object)


def test_the_divergence_is_that_of_the_shares() -> None:
    found = drift(_texts(("a", 60), ("b", 40)), _texts(("a", 20), ("b", 60), ("c", 20)))
    assert found.divergence == pytest.approx(jensenshannon([0.6, 0.4, 0], [0.2, 0.6, 0.2], base=2) ** 2)
    assert drift(np.zeros(100), np.ones(100)).divergence == pytest.approx(1.0)


def test_the_same_distribution_does_not_drift() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        training, recent = rng.lognormal(size=300), rng.lognormal(size=100)
        assert drift(training, recent).divergence < 0.1
        assert _checks(training, recent) == []


def test_fill_that_changes_is_found_by_difference_and_by_ratio() -> None:
    rng = np.random.default_rng(0)
    full = rng.normal(size=1_000)
    assert _checks(full, np.where(np.arange(1_000) < 400, full, np.nan)) == ["fill_difference"]
    rare = np.where(np.arange(1_000) < 300, full, np.nan)
    rarer = np.where(np.arange(1_000) < 10, full, np.nan)
    assert _checks(rare, rarer) == ["fill_ratio"]


def test_sides_without_values_are_findings_and_few_rows_are_none() -> None:
    nothing = np.full(200, np.nan)
    assert _checks(nothing, nothing) == ["divergence"]
    assert _checks(np.ones(200), nothing) == ["fill_difference", "fill_ratio", "divergence"]
    assert _checks(_texts((None, 200)), _texts(("a", 200))) == ["fill_difference", "fill_ratio", "divergence"]
    assert _checks(np.ones(200), np.full(50, np.nan)) == []


def test_numbers_that_move_are_found() -> None:
    rng = np.random.default_rng(1)
    assert _checks(rng.normal(size=500), rng.normal(loc=4, size=500)) == ["divergence"]
