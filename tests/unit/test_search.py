"""Searching a large field: what is tried, within which budget, and that it is the same every time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.unit.test_play import tenant
from tiltyard.contenders import contenders_of, from_grids
from tiltyard.entries import Contender
from tiltyard.play import play
from tiltyard.rules import Rules
from tiltyard.search import Budget, always, at_random, by_tpe

GRIDS = {
    "linear": {"regParam": [round(0.001 * 1.5**step, 6) for step in range(24)]},
    "boosting": {"maxDepth": [1, 2, 3, 4], "maxIter": [10, 20, 40], "stepSize": [0.05, 0.1, 0.3]},
}
FIELD = contenders_of(from_grids(["prior", "linear", "boosting"], GRIDS, seed=0))


def searched(loss: Any, budget: Budget, field: list[Contender] = FIELD) -> dict[str, float]:
    found: dict[str, float] = {}

    def loss_of(contender: Contender) -> float:
        assert contender.name not in found, "nothing is fitted twice"
        found[contender.name] = loss(contender)
        return found[contender.name]

    by_tpe(field, {}, loss_of, budget)
    return found


def bowl(contender: Contender) -> float:
    """Best at depth 3 and 40 trees of small steps; linear is nowhere as good."""
    params = contender.params
    if contender.kernel.name != "boosting":
        return 9.0
    return abs(params["maxDepth"] - 3) + abs(params["maxIter"] - 40) / 20 + params["stepSize"]


def test_a_search_ends_near_the_best_with_a_fraction_of_the_fits() -> None:
    every = [bowl(one) for one in FIELD]
    reached = [min(searched(bowl, Budget(trials=15, seed=seed)).values()) for seed in range(5)]
    drawn = [min(bowl(one) for one in at_random(FIELD, Budget(trials=15, seed=seed))) for seed in range(5)]
    assert np.mean(reached) < min(every) + 0.4 and np.mean(reached) <= np.mean(drawn)


def test_the_budget_holds_and_a_seed_decides() -> None:
    first, again, other = (searched(bowl, Budget(trials=9, seed=seed)) for seed in (1, 1, 2))
    assert len(first) == 9 and list(first) == list(again) and list(first) != list(other)
    assert len(searched(bowl, Budget(trials=10_000))) <= len(FIELD)
    assert len(searched(bowl, Budget(seconds=1e-9))) == 1  # the first one has begun by then


def test_contenders_that_fail_do_not_end_it() -> None:
    found = searched(lambda one: np.inf if one.kernel.name == "linear" else bowl(one), Budget(trials=12))
    assert sum(np.isfinite(loss) for loss in found.values()) >= 5


def test_a_field_with_gaps_and_one_without_choice() -> None:
    gaps = [one for place, one in enumerate(FIELD) if place % 3]
    assert set(searched(bowl, Budget(trials=8), gaps)) <= {one.name for one in gaps}
    assert not searched(bowl, Budget(), always(FIELD))


def test_random_draws_are_the_same_for_everybody_and_keep_the_order() -> None:
    drawn = at_random(FIELD, Budget(trials=5, seed=3))
    assert len(drawn) == 3 + 5 and drawn == [one for one in FIELD if one in drawn]
    assert drawn == at_random(FIELD, Budget(trials=5, seed=3)) != at_random(FIELD, Budget(trials=5, seed=4))
    assert at_random(FIELD, Budget(trials=999)) == list(FIELD)


@pytest.mark.parametrize("racing", [True, False])
def test_a_tenant_plays_what_its_search_chooses(racing: bool) -> None:
    rules = Rules(metric="log_loss", search="tpe", budget=Budget(trials=10), blend=False, racing=racing)
    entries, verdict = play(*tenant(400, 1.5), FIELD, rules)
    assert len(entries) == 3 + 10 and len({one.contender.name for one in entries}) == 13
    statuses = {one.status for one in entries}
    assert statuses == ({"ok", "behind"} if racing else {"ok"})
    again, same = play(*tenant(400, 1.5), FIELD, rules)
    assert [one.contender.name for one in again] == [one.contender.name for one in entries]
    assert verdict.payload == same.payload and verdict.status == "ok"
    # Of all contenders the best is hardly better than the best that was tried.
    full, _ = play(*tenant(400, 1.5), FIELD, Rules(metric="log_loss", blend=False, racing=False))
    means = [
        min(np.mean(one.values("log_loss")) for one in found if one.status == "ok")
        for found in (entries, full)
    ]
    assert means[0] < means[1] + 0.003
