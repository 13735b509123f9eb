"""Honest numbers: what the best of many contenders will reach, not what it was lucky to reach."""

from __future__ import annotations

import numpy as np
import pytest

from tiltyard.honest import Estimate, Game, corrected
from tiltyard.metrics import METRICS, score


def plain(games: list[Game], metric: str, contender: int) -> float:
    return float(np.mean([score(game.truth, game.answers[contender])[metric] for game in games]))


def played(rows: int, contenders: int, strength: float, seed: int) -> list[Game]:
    """Three folds of a prior and contenders that know the truth equally well."""
    random = np.random.default_rng(seed)
    games = []
    for _ in range(3):
        margin = random.normal(size=rows)
        truth = (random.random(rows) < 1 / (1 + np.exp(-2 * margin))).astype(float)
        seen = strength * margin + random.normal(size=(contenders, rows))
        games.append(Game(truth, np.vstack([np.full(rows, 0.5), 1 / (1 + np.exp(-seen))])))
    return games


def best(games: list[Game], metric: str) -> int:
    sign = 1 if METRICS[metric] else -1
    return max(range(len(games[0].answers)), key=lambda at: sign * plain(games, metric, at))


def estimate(games: list[Game], metric: str = "auroc") -> Estimate:
    found = corrected(games, metric, champion=best(games, metric), prior=0)
    assert found is not None
    return found


@pytest.mark.parametrize("metric", METRICS)
def test_a_contender_without_rivals_keeps_its_number(metric: str) -> None:
    games = [Game(game.truth, game.answers[1:]) for game in played(300, 1, 1.0, seed=1)]
    found = corrected(games, metric, champion=0, prior=0)
    assert found is not None and found.low < found.value < found.high
    assert found.value == pytest.approx(plain(games, metric, 0), abs=0.01)


def test_the_best_of_forty_guesses_is_told_as_a_guess() -> None:
    found = [played(60, 40, 0.0, seed) for seed in range(40)]
    lucky = np.mean([plain(games, "auroc", best(games, "auroc")) for games in found])
    assert lucky > 0.57
    assert abs(np.mean([estimate(games).value for games in found]) - 0.5) < 0.02
    assert np.mean([estimate(games).gain_low > 0 for games in found]) <= 0.05


@pytest.mark.parametrize("metric", METRICS)
def test_a_gain_over_the_prior_is_seen_in_every_metric(metric: str) -> None:
    strong, useless = estimate(played(200, 3, 2.0, seed=3), metric), played(200, 3, 0.0, seed=3)
    assert strong.gain_low > 0
    lost = corrected(useless, metric, champion=1, prior=0)
    assert lost is not None and lost.gain_low < 0


def test_folds_of_one_class_have_no_number() -> None:
    games = [Game(np.zeros(50), np.random.default_rng(0).random((2, 50)))]
    assert corrected(games, "auroc", champion=0, prior=1) is None


def test_a_rare_class_has_a_number_although_some_draws_lack_it() -> None:
    games = played(40, 2, 1.0, seed=5)
    rare = [Game((np.arange(40) < 2).astype(float), game.answers) for game in games]
    found = estimate(rare)
    assert np.isfinite([found.value, found.low, found.high]).all()
