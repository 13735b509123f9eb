"""The page of a model card, and the numbers its pictures show."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from tiltyard.cards import Card, Dependence, dependence, render
from tiltyard.learners.kernel import Matrix

ODD = '<script>alert("x")</script>'


def card(**changes: Any) -> Card:
    plain = {"field": "f", "type": "Real", "direction": 0.5, "spread": 0.1, "dropped": None, "remarks": None}
    features = [
        {**plain, "slot": 0, "name": ODD, "kind": "numeric", "levels": None, "importance": 0.8},
        {
            **plain,
            "slot": 1,
            "name": "line",
            "kind": "categorical",
            "levels": ["red", ODD],
            "importance": 0.4,
        },
        {
            **plain,
            "slot": 2,
            "name": "fax",
            "kind": "numeric",
            "levels": None,
            "importance": None,
            "dropped": "empty",
        },
        {
            **plain,
            "slot": None,
            "name": "all",
            "kind": None,
            "levels": None,
            "importance": 0.2,
            "direction": None,
        },
    ]
    values: dict[str, Any] = {
        "app": "rides",
        "tenant": ODD,
        "problem": "binary",
        "label": "late",
        "champion": {"learner": "blend", "fallback": "tenant", "version": "2026-03-01", "why": ODD},
        "model": {
            "rows": 1200, "positives": 300, "value": 0.71239, "low": 0.65, "high": 0.77, "metric": "auroc",
            "above_chance": True, "threshold": 0.5, "calibration": None, "message": None,
            "holdout": {"rows": 240, "value": 0.7013, "low": 0.62, "high": 0.78},
        },
        "contenders": [
            {"rank": 1, "contender": ODD, "metric": "auroc", "mean": 0.7, "sd": 0.01, "status": "ok", "message": ODD}
        ],
        "features": features,
        "dependence": [
            Dependence(0, (1.0, 2.0, np.nan), (0.2, 0.6, 0.4)),
            Dependence(1, (0.0, 1.0, 2.0), (0.1, 0.5, 0.2)),
            Dependence(2, (np.nan,), (0.3,)),
        ],
        "answer": "The mean probability",
    }  # fmt: skip
    return Card(**{**values, **changes})


class Seen(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_card_says_what_the_tables_know_and_runs_nothing() -> None:
    html = render(card())
    seen = Seen(html)
    assert "script" not in seen.tags and seen.text.count(ODD) >= 5
    for said in (
        "auroc 0.712 (95 %: 0.65 to 0.77)",
        "auroc 0.701 (95 %: 0.62 to 0.78) on 240 rows that no training has read",
        "300 (25.0%)",
        "0.8 ± 0.1 up",
        "missing: 0.4",
        "(other)",
        "empty",
    ):
        assert said in seen.text
    assert seen.tags.count("path") == 1 and "width: 50.0%" in html


def test_a_tenant_without_a_model_has_a_short_card() -> None:
    served = {"learner": "prior", "fallback": "prior", "version": None, "why": "5 rows"}
    html = render(card(model={}, champion=served, contenders=[], features=[], dependence=[]))
    assert "5 rows" in html and "The tournament" not in html and "How the answer moves" not in html


def test_a_slot_alone_moves_the_answer_as_the_model_has_it() -> None:
    random = np.random.default_rng(0)
    values = random.normal(size=(200, 3)).astype(np.float32)
    values[:, 1] = random.integers(0, 3, 200)
    values[:9, 0] = np.nan
    matrix = Matrix(values, np.array([False, True, False]))

    def answers(seen: Matrix) -> np.ndarray:
        return np.nan_to_num(seen.values[:, 0], nan=7.0) * 2.0 + (seen.values[:, 1] == 2)

    number, level = dependence(answers, matrix, [0, 1])
    share = float((values[:, 1] == 2).mean())
    assert np.array(number.answers[:-1]) == pytest.approx(
        2.0 * np.array(number.values[:-1]) + share, abs=1e-5
    )
    assert np.isnan(number.values[-1]) and number.answers[-1] == pytest.approx(14.0 + share)
    assert level.values == (0.0, 1.0, 2.0)
    assert level.answers[2] - level.answers[1] == pytest.approx(1.0) and level.answers[0] == level.answers[1]
    assert np.isnan(matrix.values[:9, 0]).all()  # the rows themselves are as they were
