"""One tenant's tournament, inside one worker: plain arrays in, plain rows out, no Spark."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from tiltyard.entries import Contender, Entry
from tiltyard.games import Game, alone, games, leave_idle, side_by_side, words
from tiltyard.learners import classed
from tiltyard.learners.kernel import Fitted, Matrix
from tiltyard.problem import BINARY, Problem
from tiltyard.refusals import refusal
from tiltyard.rules import Rules
from tiltyard.search import by_tpe
from tiltyard.verdict import Verdict, judged, prior_among, with_prior

_ROWS_IN_TIME = 10_000
"""Rows for which the time limit is meant; a tenant of more has as much more time."""


class _Timeout(BaseException):
    """Raised in the worker's main thread when a tenant's time is over.

    No Exception: a fit that catches those must not catch this one.
    """


def play(
    matrix: Matrix,
    labels: np.ndarray,
    fold: np.ndarray,
    contenders: Sequence[Contender],
    rules: Rules,
    problem: Problem = BINARY,
) -> tuple[list[Entry], Verdict]:
    """Play one tenant's tournament; never raises.

    Parameters
    ----------
    matrix : packed rows, in the order of their keys
    labels : one a row, as the problem says; others make the tenant's status "error"
    fold : fold number per row
    contenders : earlier ones win ties, so put the simple ones first
    problem : what is predicted
    """
    refused = refusal(problem, labels, rules.min_rows, rules.min_per_class)
    if refused:
        return [], Verdict(*refused)
    entries = [Entry(contender) for contender in rules.first(contenders, len(labels))]
    prior = prior_among(entries)
    limit = rules.seconds * max(1.0, len(labels) / _ROWS_IN_TIME)

    def refit(contender: Contender) -> Fitted:
        return classed.fitted(contender.kernel, matrix, labels, contender.params, problem)

    try:
        with _time_limit(limit):
            played = games(matrix, labels, fold, problem, expanding=rules.expanding)
            idle = leave_idle(entries, matrix)
            side_by_side(with_prior(entries, prior), played, rules.metric, racing=rules.racing)
            if rules.search == "tpe" and not idle:
                _search(entries, contenders, played, rules)
            return judged(entries, prior, played, refit, rules, problem)
    except _Timeout:
        message = f"Not finished after {limit:g} s; raise tournament.seconds_per_tenant."
        for entry in entries:
            if entry.status == "ok":  # none is ranked: they have not met on the same folds
                entry.status = "timeout"
        return entries, Verdict("timeout", message)
    except Exception as error:  # one tenant's failure is a row, never the job's
        return entries, Verdict("error", words(error))


def _search(
    entries: list[Entry], contenders: Sequence[Contender], played: Sequence[Game], rules: Rules
) -> None:
    """Add an entry for each contender that the search tries."""

    def loss_of(contender: Contender) -> float:
        entry = Entry(contender)
        alone(entry, played, entries, rules.metric, racing=rules.racing)
        entries.append(entry)
        return entry.loss(rules.metric)

    known = {one.contender.name: one.loss(rules.metric) for one in entries}
    by_tpe(contenders, known, loss_of, rules.budget)


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Interrupt the body after `seconds`; a signal, so that a hanging fit ends and the worker lives."""

    def interrupt(number: int, frame: object) -> None:
        raise _Timeout

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
