"""Games: the folds of one tenant's tournament, and how entries play them, side by side or one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tiltyard.entries import Entry, clocked, is_pooled, is_prior, note, over, ranked
from tiltyard.folds import splits
from tiltyard.honest import Round, behind
from tiltyard.learners import classed
from tiltyard.learners.kernel import Matrix
from tiltyard.learners.pooled import PooledKernel
from tiltyard.learners.prior import PriorKernel
from tiltyard.learners.residual import ResidualKernel
from tiltyard.problem import Problem

# Families that have something to say where no slot does.
_BLIND = (PriorKernel.name, PooledKernel.name, ResidualKernel.name)


@dataclass(frozen=True)
class Game:
    """One fold: the rows to learn from with their labels, those to answer, and their round."""

    seen: Matrix
    known: np.ndarray
    unseen: Matrix
    round: Round
    number: int


def games(
    matrix: Matrix, labels: np.ndarray, fold: np.ndarray, problem: Problem, *, expanding: bool
) -> list[Game]:
    """The folds that can be played: labels differ in what is learnt from and in what is answered."""
    return [
        Game(
            matrix.rows(training),
            labels[training],
            matrix.rows(validation),
            Round.drawn(labels[validation], number, problem),
            number,
        )
        for number, training, validation in splits(fold, expanding=expanding)
        if _differ(labels[training]) and _differ(labels[validation])
    ]


def leave_idle(entries: Sequence[Entry], matrix: Matrix) -> bool:
    """Take out who would only find the prior's answer, where no slot of the rows varies; whether that is so."""
    if _varies(matrix.values):
        return False
    for entry in entries:
        if entry.contender.kernel.name not in _BLIND:
            entry.status, entry.message = "degenerate", "No slot varies among the tenant's rows."
    return True


def side_by_side(entries: Sequence[Entry], played: Sequence[Game], metric: str, *, racing: bool) -> None:
    """All entries play a game before the next one begins; racing takes out who is clearly behind.

    Whoever answers as another one of its family does is taken for its double, and not fitted again.
    """
    for place, game in enumerate(played, start=1):
        for entry in entries:
            if entry.status == "ok":
                _play(entry, game, metric)
        if _tells(game, played):
            _leave_doubles(entries)
        if racing and place < len(played):
            _leave_behind(entries, metric)


def alone(
    entry: Entry, played: Sequence[Game], others: Sequence[Entry], metric: str, *, racing: bool
) -> None:
    """One entry plays all games, unless racing finds it clearly behind the best of the others on the same ones."""
    leader = next(iter(ranked(others, metric)), None)
    for place, game in enumerate(played, start=1):
        _play(entry, game, metric)
        if _tells(game, played):
            _leave_doubles([entry], others)
        if entry.status != "ok":
            return
        if not racing or leader is None or place == len(played):
            continue
        if behind(over(leader, slice(place)), entry, metric):
            _mark_behind(entry, leader)
            return


def _play(entry: Entry, game: Game, metric: str) -> None:
    contender, problem = entry.contender, game.round.problem
    try:
        with clocked(entry, "fit_seconds"):
            fitted = classed.fitted(contender.kernel, game.seen, game.known, contender.params, problem)
        with clocked(entry, "score_seconds"):
            answers = finite(fitted.predict(game.unseen))
        note(entry, game.number, game.round, answers, metric)
        entry.models.append(fitted)
    except Exception as error:  # a contender that fails loses; the others play on
        entry.status, entry.message = "error", words(error)


def _leave_behind(entries: Sequence[Entry], metric: str) -> None:
    """Take out who is clearly worse than the best one.

    The prior stays, as it is what all are measured by; so does the answer of all tenants, which costs nothing.
    """
    order = ranked(entries, metric)
    leader = order[0] if order else None
    for entry in order[1:]:
        if leader and not is_prior(entry) and not is_pooled(entry) and behind(leader, entry, metric):
            _mark_behind(entry, leader)


def _leave_doubles(entries: Sequence[Entry], others: Sequence[Entry] = ()) -> None:
    """Take out who has answered all games so far as an earlier one of its family did, row by row.

    Parameters may not matter to a tenant: trees of depth 5 are those of depth 3 where few rows stop them. Where all
    rows have one answer nothing was found yet, and more may be found on other folds.
    """
    games = max((len(entry.answers) for entry in entries), default=0)
    first: dict[tuple[str, bytes], Entry] = {}
    for entry in (*others, *entries):
        if entry.status == "ok" and entry.answers and np.ptp(entry.answers[-1], axis=0).any():
            said = b"".join(answers.tobytes() for answers in entry.answers[:games])
            same = first.setdefault((entry.contender.kernel.name, said), entry)
            if same is not entry:
                entry.status, entry.message = "duplicate", f"It answers as {same.contender.name} does."
                entry.twin = same


def _mark_behind(entry: Entry, leader: Entry) -> None:
    entry.status = "behind"
    entry.message = f"Clearly behind {leader.contender.name} after fold {entry.folds[-1]['fold']}."


def words(error: Exception) -> str:
    """What an error says, in a row of a table."""
    return f"{type(error).__name__}: {error}"[:500]


def finite(answers: np.ndarray) -> np.ndarray:
    """The answers.

    Raises
    ------
    FloatingPointError : one of them is NaN or infinite
    """
    if not np.isfinite(answers).all():
        raise FloatingPointError("it predicts numbers that are not finite")
    return answers


def _tells(game: Game, played: Sequence[Game]) -> bool:
    """Whether equal answers tell of equal models: not where folds in time have learnt from few of the rows yet."""
    return game is not played[-1] and 1.5 * len(game.known) >= len(played[-1].known)


def _varies(values: np.ndarray) -> bool:
    same = (values == values[:1]) | (np.isnan(values) & np.isnan(values[:1]))
    return not bool(same.all())


def _differ(labels: np.ndarray) -> bool:
    return bool(len(labels)) and bool(labels.min() < labels.max())
