"""What a champion's answers rest on, by the rows its fold models have not seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.unit.test_play import FIELD, tenant
from tests.unit.test_play_problems import CLASSES, numbers, weather
from tiltyard.contenders import contenders_of, from_grids
from tiltyard.importance import EVERYONE
from tiltyard.learners.kernel import Matrix
from tiltyard.play import play
from tiltyard.problem import REGRESSION
from tiltyard.rules import Rules


def by_slot(found: Any) -> dict[int, Any]:
    return {one["slot"]: one for one in found}


def test_the_slot_with_the_signal_weighs_most_in_every_fold() -> None:
    _, verdict = play(*tenant(600, 2.0), FIELD, Rules())
    found = by_slot(verdict.importance)
    first, *others = sorted(found, key=lambda slot: -found[slot]["importance"])
    assert first == 0 and found[0]["importance"] > 5 * found[others[0]]["importance"]
    assert found[0]["direction"] > 0.9 and found[0]["spread"] < 0.3 * found[0]["importance"]


def test_numbers_weigh_in_their_own_unit_and_categories_have_no_direction() -> None:
    _, verdict = play(*numbers(600), FIELD, Rules(metric="rmse"), REGRESSION)
    found = by_slot(verdict.importance)
    # 3 minutes for a mile of 0 to 10, and 20 in one of two cities.
    assert found[0]["importance"] == pytest.approx(7.5, rel=0.1) and found[0]["direction"] > 0.95
    assert found[1]["importance"] == pytest.approx(10.0, rel=0.1) and found[1]["direction"] is None


def test_what_the_model_of_all_tenants_says_has_its_own_place() -> None:
    field = contenders_of(from_grids(["prior", "pooled", "residual"], {}, seed=0))
    _, verdict = play(*numbers(200), field, Rules(metric="rmse"), REGRESSION)
    assert by_slot(verdict.importance)[EVERYONE]["importance"] == pytest.approx(7.5, rel=0.15)


def test_several_classes_and_noise() -> None:
    _, verdict = play(*weather(600), FIELD, Rules(metric="log_loss"), CLASSES)
    found = by_slot(verdict.importance)
    assert min(found[0]["importance"], found[1]["importance"]) > 3 * found[2]["importance"]
    _, nothing = play(*tenant(300, 0.0), FIELD, Rules())
    assert nothing.status == "no_signal" and nothing.importance == []


def test_a_family_that_cannot_explain_itself_still_has_a_model() -> None:
    class Mute:
        def __init__(self, inside: Any) -> None:
            self.inside = inside

        def predict(self, matrix: Matrix) -> np.ndarray:
            return np.asarray(self.inside.predict(matrix))

        def explain(self, *_: Any) -> Any:
            raise ArithmeticError("no words")

        def dump(self) -> bytes:
            return bytes(self.inside.dump())

    class Wordless:
        name = "wordless"

        def fit(self, *args: Any) -> Any:
            return Mute(FIELD[1].kernel.fit(*args[:3], FIELD[1].params))

    field = [FIELD[0], type(FIELD[1])("wordless", Wordless(), {})]
    _, verdict = play(*tenant(300, 2.0), field, Rules(blend=False))
    assert verdict.status == "ok" and verdict.payload and verdict.importance == ()
