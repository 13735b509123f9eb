"""Honest numbers: a champion's metric without the luck of having been chosen, its interval, its gain over the prior.

Rows of a fold are drawn again and again, with replacement: how a contender does on the draws says how sure its
number is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tiltyard.metrics import Z_95
from tiltyard.problem import BINARY, LARGER_IS_BETTER, Problem

DRAWS = 200
# Folds share training rows, so their errors are not independent: on pure noise (400 tenants each of 150 and
# 400 rows, linear and boosting) the mean over 3 folds varied 1.9 times as much as independent folds would.
SHARED_ROWS_VARIANCE = 2.0


# One-sided 90 % of the normal distribution: with it benchmarks/racing.py's tenants lost nothing. And 99 %.
Z_90, Z_99 = 1.281552, 2.326348


@dataclass(frozen=True)
class Round:
    """One fold: the labels of its validation rows, and how often each draw took each row (rows x draws)."""

    truth: np.ndarray
    taken: np.ndarray
    problem: Problem = BINARY

    @classmethod
    def drawn(cls, truth: np.ndarray, number: int, problem: Problem = BINARY) -> Round:
        """The round `number`, which decides its draws."""
        random, rows = np.random.default_rng(number), len(truth)
        places = random.integers(0, rows, size=(DRAWS, rows)) * DRAWS + np.arange(DRAWS)[:, None]
        counts = np.bincount(places.ravel(), minlength=DRAWS * rows).reshape(rows, DRAWS)
        return cls(truth, counts.astype(np.float32), problem)

    def score(self, answers: np.ndarray) -> dict[str, float]:
        """All metrics of these predictions."""
        return self.problem.score(self.truth, answers)

    def reached(self, metric: str, answers: np.ndarray) -> np.ndarray:
        """The metric of these predictions on each draw; NaN where it has rows of one class only."""
        return self.problem.resampled(metric, self.truth, answers, self.taken)

    def left_out(self, metric: str, answers: np.ndarray, draws: np.ndarray) -> np.ndarray:
        """The metric on the rows that each of some draws did not take."""
        rest = (self.taken[:, draws] == 0.0).astype(np.float32)
        return self.problem.resampled(metric, self.truth, answers, rest)


class Player(Protocol):
    """A contender over the rounds: its predictions, and its metric on each draw; one array a round."""

    @property
    def answers(self) -> Sequence[np.ndarray]: ...

    @property
    def reached(self) -> Sequence[np.ndarray]: ...


@dataclass(frozen=True)
class Estimate:
    """A metric with the ends of its 95 % interval, and the lower end of that of its gain over the prior."""

    value: float
    low: float
    high: float
    gain_low: float


def behind(leader: Player, other: Player, metric: str, z: float = Z_90) -> bool:
    """Whether the other is worse than the leader with 90 % confidence (by `z`), by the draws of the rounds so far.

    A paired comparison: both have answered the same rows, so what is hard for both does not count.

    References
    ----------
    Maron and Moore, "The racing algorithm: model selection for lazy learners", Artificial Intelligence Review 11, 1997.
    """
    sign = 1.0 if LARGER_IS_BETTER[metric] else -1.0
    gap = sign * (_over_rounds(leader.reached) - _over_rounds(other.reached))
    gap = gap[np.isfinite(gap)]
    return len(gap) > 1 and float(np.mean(gap)) > z * float(np.std(gap)) * SHARED_ROWS_VARIANCE**0.5


def corrected(
    rounds: Sequence[Round], players: Sequence[Player], metric: str, champion: int, prior: int
) -> Estimate | None:
    """What the best of the contenders will reach on new rows.

    The highest of several means over folds is higher than what its owner reaches later, the more so the more
    contenders and the fewer rows. So rows are drawn with replacement within each fold, the best contender of the
    draw is chosen, and its metric is taken of the rows that were not drawn; the mean over draws is the value. The
    interval has the width of the champion's own metric over the draws.

    Parameters
    ----------
    rounds : one a fold
    players : the contenders, each with its answers of every round
    metric : name in the problem's metrics
    champion, prior : which of the players they are

    Returns
    -------
    Estimate or None
        None where no draw leaves both classes on both sides.

    References
    ----------
    Tsamardinos, Greasidou and Borboudakis, "Bootstrapping the out-of-sample predictions for efficient and accurate
    cross-validation", Machine Learning 107, 2018 (BBC-CV).

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from tiltyard.metrics import score
    >>> random = np.random.default_rng(0)
    >>> one = Round.drawn(np.arange(300) % 2.0, 0)
    >>> guesses = [np.full(300, 0.5), *random.random((20, 300))]
    >>> players = [SimpleNamespace(answers=[a], reached=[one.reached("auroc", a)]) for a in guesses]
    >>> own = [score(one.truth, guess)["auroc"] for guess in guesses]
    >>> found = corrected([one], players, "auroc", champion=int(np.argmax(own)), prior=0)
    >>> round(max(own), 2), round(found.value, 2)
    (0.57, 0.51)
    """
    inside = np.stack([_over_rounds(player.reached) for player in players])
    sign = 1.0 if LARGER_IS_BETTER[metric] else -1.0
    usable = np.isfinite(inside).all(axis=0)
    chosen = np.argmax(np.where(usable, sign * inside, -np.inf), axis=0)
    outside = np.where(usable, _left_out(rounds, players, metric, chosen), np.nan)
    if np.isfinite(outside).sum() < 2:
        return None
    value = float(np.nanmean(outside))
    reached, given = inside[:, usable][champion], inside[:, usable][prior]
    error = float(np.std(reached) * SHARED_ROWS_VARIANCE**0.5)
    gain = sign * (value - float(np.mean(given)))
    gain_error = float(np.std(reached - given) * SHARED_ROWS_VARIANCE**0.5)
    return Estimate(value, value - Z_95 * error, value + Z_95 * error, gain - Z_95 * gain_error)


def _left_out(
    rounds: Sequence[Round], players: Sequence[Player], metric: str, chosen: np.ndarray
) -> np.ndarray:
    """Each draw's metric of the contender chosen in it, over the rows it did not take."""
    found = np.full((len(rounds), DRAWS), np.nan)
    for place, one in enumerate(rounds):
        for contender in np.unique(chosen):
            mine = chosen == contender
            found[place, mine] = one.left_out(metric, players[contender].answers[place], mine)
    return _over_rounds(found)


def _over_rounds(values: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
    """Each draw's mean over the rounds that have a value."""
    found = np.stack(list(values))
    known = np.isfinite(found)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, found, 0.0).sum(axis=0) / known.sum(axis=0))
