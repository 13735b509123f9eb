"""Searching a large field: what is tried, within which budget, and that it is the same every time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import yaml

from tests.unit.test_play import tenant
from tiltyard.config import packaged_conf
from tiltyard.contenders import contenders_of, from_grids
from tiltyard.entries import Contender
from tiltyard.learners.kernel import Matrix
from tiltyard.play import play
from tiltyard.portfolio import Record, from_json, orders, shipped, to_json
from tiltyard.rules import Rules
from tiltyard.search import Budget, always, at_random, bracket, by_tpe

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


def known(*records: tuple[float, str, int]) -> list[Record]:
    """Wins where chance would have given 4, of tenants of 10 columns."""
    return [Record(rows, 10, 0.0, name, wins, 4.0) for rows, name, wins in records]


def test_a_search_does_not_fit_a_double_again() -> None:
    random = np.random.default_rng(1)
    values = random.integers(0, 2, size=(300, 1)).astype(np.float32)
    labels = (random.random(300) < 0.2 + 0.6 * values[:, 0]).astype(float)
    depths = contenders_of(from_grids(["boosting"], {"boosting": {"maxDepth": [2, 3, 4, 5]}}, seed=0))
    rules = Rules(search="tpe", budget=Budget(trials=3), blend=False)
    entries, _ = play(Matrix(values, np.zeros(1, dtype=bool)), labels, np.arange(300) % 3, depths, rules)
    assert [(one.status, len(one.folds)) for one in entries] == [("ok", 3), *[("duplicate", 1)] * 3]


def test_a_portfolio_tries_what_has_won_for_tenants_of_that_size() -> None:
    records = known((300, "linear(regParam=0.001)", 40), (30_000, FIELD[-1].name, 40))
    found = orders(FIELD, records, columns=10, categories=0.0)
    assert found[bracket(200)][0] == "linear(regParam=0.001)" and found[bracket(50_000)][0] == FIELD[-1].name
    rules = Rules(search="portfolio", budget=Budget(trials=1), orders=found)
    assert [one.name for one in rules.first(FIELD, 200)] == ["prior", "linear(regParam=0.001)"]
    matrix, labels, fold = tenant(300, strength=3.0)
    entries, _ = play(matrix, labels, fold, FIELD, rules)
    assert {one.contender.name for one in entries} - {"blend"} == {"prior", "linear(regParam=0.001)"}


def test_a_loser_is_tried_after_those_that_nobody_knows() -> None:
    order = orders(FIELD, known((300, FIELD[1].name, 0)), columns=10, categories=0.0)[bracket(300)]
    assert order[-1] == FIELD[1].name and order[:2] == (FIELD[0].name, FIELD[2].name)


def test_tenants_that_are_alike_count_more() -> None:
    far, near = Record(300, 1_000, 1.0, FIELD[1].name, 30, 4.0), Record(300, 10, 0.0, FIELD[2].name, 20, 4.0)
    assert orders(FIELD, [far, near], columns=10, categories=0.0)[bracket(300)][0] == FIELD[2].name
    assert orders(FIELD, [far, near], columns=1_000, categories=1.0)[bracket(300)][0] == FIELD[1].name
    assert from_json(to_json([far, near])) == [far, near]


@pytest.mark.parametrize("problem", ["binary", "multiclass", "regression"])
def test_the_shipped_records_know_the_default_field(problem: str) -> None:
    base = yaml.safe_load((packaged_conf() / "base.yaml").read_text(encoding="utf-8"))
    grids = base["tournament"]["grids"]
    field = {one.name for one in contenders_of(from_grids(["prior", "linear", "boosting"], grids, seed=0))}
    assert field <= {record.contender for record in shipped(problem)}
