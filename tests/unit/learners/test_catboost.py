"""The optional learner: what it gains from categories, and that its absence is said."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tests.unit.test_play import FIELD, tenant
from tiltyard.config import AppConfig
from tiltyard.contenders import contender_of
from tiltyard.errors import TiltyardError
from tiltyard.learners import CatBoost, catboost
from tiltyard.learners.base import load
from tiltyard.learners.kernel import Matrix
from tiltyard.play import play
from tiltyard.rules import Rules


def test_categories_of_many_values_tell_it_something() -> None:
    """Sixty categories of which every other one raises the label: as ranks they say nothing."""
    random = np.random.default_rng(2)
    codes = random.integers(0, 60, 3_000)
    labels = (random.random(3_000) < 0.2 + 0.6 * (codes % 2)).astype(float)
    values = codes[:, None].astype(np.float32)
    params = dict(CatBoost.hyperparams)

    def area(*, categorical: bool) -> float:
        matrix = Matrix(values, np.array([categorical]))
        known, asked = np.arange(2_000), np.arange(2_000, 3_000)
        model = CatBoost.kernel.fit(
            matrix.rows(known), labels[known], None, {**params, "maxDepth": 2, "maxIter": 30}
        )
        return float(roc_auc_score(labels[asked], model.predict(matrix.rows(asked))))

    assert area(categorical=True) > 0.75 > area(categorical=False)


def test_it_plays_where_it_is_named() -> None:
    one = contender_of(CatBoost(maxIter=20, maxDepth=3))
    entries, verdict = play(*tenant(300, 3.0), [FIELD[0], one], Rules(blend=False))
    assert [entry.status for entry in entries] == ["ok", "ok"] and verdict.status == "ok"
    assert (
        verdict.champion is not None and verdict.champion.contender.name == "catboost(maxIter=20, maxDepth=3)"
    )
    app = AppConfig(app="a", source="s", key=("id",), label="y")
    named = app.model_copy(
        update={"tournament": app.tournament.model_copy(update={"learners": ("catboost",)})}
    )
    assert "catboost" not in app.learners and named.learners == ("catboost",)


def test_without_its_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = r"Learner 'catboost' needs a package that is not installed: pip install 'tiltyard\[catboost\]'"
    content = CatBoost.kernel.fit(*tenant(100, 3.0)[:2], None, {**CatBoost.hyperparams, "maxIter": 5}).dump()
    monkeypatch.setattr(catboost, "find_spec", lambda name: None)
    with pytest.raises(TiltyardError, match=missing):
        CatBoost()
    monkeypatch.setitem(sys.modules, "catboost", None)
    with pytest.raises(TiltyardError, match=missing):
        load(content)
