"""Honest numbers: what the best of many contenders will reach, not what it was lucky to reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from tiltyard.honest import Estimate, Round, behind, corrected
from tiltyard.metrics import METRICS, score


@dataclass
class Player:
    """A contender whose answers are known beforehand."""

    rounds: list[Round]
    answers: list[np.ndarray]
    metric: str = "auroc"

    @property
    def reached(self) -> list[np.ndarray]:
        return [
            one.reached(self.metric, answers) for one, answers in zip(self.rounds, self.answers, strict=True)
        ]

    def plain(self) -> float:
        games = zip(self.rounds, self.answers, strict=True)
        return float(np.mean([score(one.truth, answers)[self.metric] for one, answers in games]))


def played(rows: int, contenders: int, strength: float, seed: int, metric: str = "auroc") -> list[Player]:
    """Three folds of a prior and contenders that know the truth equally well."""
    random = np.random.default_rng(seed)
    rounds, answers = [], []
    for number in range(3):
        margin = random.normal(size=rows)
        truth = (random.random(rows) < 1 / (1 + np.exp(-2 * margin))).astype(float)
        seen = strength * margin + random.normal(size=(contenders, rows))
        rounds.append(Round.drawn(truth, number))
        answers.append(np.vstack([np.full(rows, 0.5), 1 / (1 + np.exp(-seen))]))
    return [Player(rounds, list(mine), metric) for mine in zip(*answers, strict=True)]


def best(players: list[Player]) -> int:
    sign = 1 if METRICS[players[0].metric] else -1
    return max(range(len(players)), key=lambda at: sign * players[at].plain())


def estimate(players: list[Player]) -> Estimate:
    found = corrected(players[0].rounds, players, players[0].metric, champion=best(players), prior=0)
    assert found is not None
    return found


@pytest.mark.parametrize("metric", METRICS)
def test_a_contender_without_rivals_keeps_its_number(metric: str) -> None:
    alone = played(300, 1, 1.0, seed=1, metric=metric)[1:]
    found = estimate(alone)
    assert found.low < found.value < found.high
    assert found.value == pytest.approx(alone[0].plain(), abs=0.01)


def test_the_best_of_forty_guesses_is_told_as_a_guess() -> None:
    found = [played(60, 40, 0.0, seed) for seed in range(40)]
    assert np.mean([players[best(players)].plain() for players in found]) > 0.57
    assert abs(np.mean([estimate(players).value for players in found]) - 0.5) < 0.02
    assert np.mean([estimate(players).gain_low > 0 for players in found]) <= 0.05


@pytest.mark.parametrize("metric", METRICS)
def test_a_gain_over_the_prior_is_seen_in_every_metric(metric: str) -> None:
    assert estimate(played(200, 3, 2.0, 3, metric)).gain_low > 0
    useless = played(200, 3, 0.0, 3, metric)
    lost = corrected(useless[0].rounds, useless, metric, champion=1, prior=0)
    assert lost is not None and lost.gain_low < 0


def test_folds_of_one_class_have_no_number() -> None:
    one = Round.drawn(np.zeros(50), 0)
    players = [Player([one], [answers]) for answers in np.random.default_rng(0).random((2, 50))]
    assert corrected([one], players, "auroc", champion=0, prior=1) is None
    assert not behind(*players, "auroc")


def test_a_rare_class_has_a_number_although_some_draws_lack_it() -> None:
    rounds = [Round.drawn((np.arange(40) < 2).astype(float), number) for number in range(3)]
    found = estimate([Player(rounds, player.answers) for player in played(40, 2, 1.0, seed=5)])
    assert np.isfinite([found.value, found.low, found.high]).all()


@pytest.mark.parametrize("metric", METRICS)
def test_who_is_clearly_worse_is_behind_and_equals_are_not(metric: str) -> None:
    prior, one, other = played(300, 2, 2.0, 7, metric)
    assert behind(one, prior, metric) and not behind(prior, one, metric)
    assert not behind(one, other, metric) and not behind(other, one, metric)


def test_equals_are_rarely_called_behind() -> None:
    called = [behind(*played(100, 2, 1.0, seed)[1:], "auroc") for seed in range(200)]
    assert sum(called) <= 20  # a tenth is meant
