"""One tenant's tournament, inside one worker: plain arrays in, plain rows out, no Spark."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tiltyard.blending import blends, blends_pooled
from tiltyard.entries import Contender, Entry, clocked, is_pooled, is_prior, note, ranked
from tiltyard.folds import splits
from tiltyard.honest import Z_99, Estimate, Round, behind, corrected
from tiltyard.importance import Game, importance
from tiltyard.learners import classed
from tiltyard.learners.blend import BlendKernel
from tiltyard.learners.calibrated import Calibration, calibration
from tiltyard.learners.kernel import Matrix
from tiltyard.learners.prior import PriorKernel
from tiltyard.problem import BINARY, Binary, Problem
from tiltyard.refusals import refusal
from tiltyard.thresholds import ThresholdRule

NO_SIGNAL = "No contender is above chance; the {} answers."


@dataclass(frozen=True)
class Rules:
    """How a tournament is played and when a tenant may play.

    Attributes
    ----------
    metric : name in `tiltyard.metrics.METRICS`, which ranks the contenders
    expanding : folds in time, each trained on the ones before it
    min_rows, min_per_class : least rows, and rows of each class, of a tenant that plays
    seconds : time limit of one tenant, 0 for none
    threshold : how the champion's decision threshold is found
    racing : after each fold but the last, contenders clearly behind the best one stop playing
    blend : the best contenders of each family together are one more entry
    """

    metric: str = "auroc"
    expanding: bool = False
    min_rows: int = 100
    min_per_class: int = 10
    seconds: float = 20.0
    threshold: ThresholdRule = field(default_factory=ThresholdRule)
    racing: bool = True
    blend: bool = True


@dataclass(frozen=True)
class Verdict:
    """What a tenant's tournament came to; `payload` is the champion's, if there is one."""

    status: str
    message: str | None = None
    champion: Entry | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    above_chance: bool | None = None
    calibration: Calibration | None = None
    threshold: float | None = None
    payload: bytes | None = None
    importance: Sequence[dict[str, Any]] = ()


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
    entries = [Entry(contender) for contender in contenders]
    prior = _prior(entries)
    try:
        with _time_limit(rules.seconds):
            everybody = _with(entries, prior)
            rounds, unseen = _play_folds(everybody, prior, matrix, labels, fold, rules, problem)
            if rules.blend:
                entries += blends(entries, rounds, rules.metric, expanding=rules.expanding)
            verdict = _verdict(entries, prior, rounds, matrix, labels, rules, problem)
            return entries, _with_importance(verdict, unseen, problem)
    except _Timeout:
        message = f"Not finished after {rules.seconds:g} s; raise tournament.seconds_per_tenant."
        for entry in entries:
            if entry.status == "ok":  # none is ranked: they have not met on the same folds
                entry.status = "timeout"
        return entries, Verdict("timeout", message)
    except Exception as error:  # one tenant's failure is a row, never the job's
        return entries, Verdict("error", _words(error))


def _play_folds(
    entries: list[Entry],
    prior: Entry,
    matrix: Matrix,
    labels: np.ndarray,
    fold: np.ndarray,
    rules: Rules,
    problem: Problem,
) -> tuple[list[Round], list[Matrix]]:
    """Each fold's round, and its validation rows."""
    playable = [
        split
        for split in splits(fold, expanding=rules.expanding)
        if all(_differ(labels[rows]) for rows in split[1:])
    ]
    rounds: list[Round] = []
    kept: list[Matrix] = []
    for number, training, validation in playable:
        seen, unseen = matrix.rows(training), matrix.rows(validation)
        kept.append(unseen)
        rounds.append(Round.drawn(labels[validation], number, problem))
        for entry in entries:
            if entry.status == "ok":
                _play_fold(entry, number, seen, labels[training], unseen, rounds[-1], rules.metric)
        if rules.racing and len(rounds) < len(playable):
            _leave_behind(entries, prior, rules.metric)
    return rounds, kept


def _play_fold(
    entry: Entry, number: int, seen: Matrix, known: np.ndarray, unseen: Matrix, this: Round, metric: str
) -> None:
    try:
        with clocked(entry, "fit_seconds"):
            fitted = classed.fitted(entry.contender.kernel, seen, known, entry.contender.params, this.problem)
        with clocked(entry, "score_seconds"):
            answers = _finite(fitted.predict(unseen))
        note(entry, number, this, answers, metric)
        entry.models.append(fitted)
    except Exception as error:  # a contender that fails loses; the others play on
        entry.status, entry.message = "error", _words(error)


def _leave_behind(entries: list[Entry], prior: Entry, metric: str) -> None:
    """Take out who is clearly worse than the best one.

    The prior stays, as it is what all are measured by; so does the answer of all tenants, which costs nothing.
    """
    leader, *others = ranked(entries, metric) or [prior]
    for entry in others:
        if entry is not prior and not is_pooled(entry) and behind(leader, entry, metric):
            entry.status = "behind"
            entry.message = f"Clearly behind {leader.contender.name} after fold {entry.folds[-1]['fold']}."


def _verdict(
    entries: list[Entry],
    prior: Entry,
    rounds: list[Round],
    matrix: Matrix,
    labels: np.ndarray,
    rules: Rules,
    problem: Problem,
) -> Verdict:
    order = ranked(entries, rules.metric)
    if not order:
        failed = next((entry for entry in entries if entry.status == "error"), None)
        if failed:
            return Verdict("error", f"Every contender failed; {failed.contender.name}: {failed.message}")
        return Verdict("too_few_rows", "No fold has different labels in its training and validation rows.")
    rivals = chosen(order, rules.metric)
    champion, found = rivals[0], estimate(rivals, prior, rounds, rules.metric)
    signal = found is not None and found.gain_low > 0.0 and not _all_tie(order, rules.metric)
    status, message = "ok", None
    if not signal:
        champion = _without_signal(order, prior, rules.metric)
        found = estimate([champion], prior, rounds, rules.metric)
        answering = "model of all tenants" if is_pooled(champion) else champion.contender.name
        status, message = "no_signal", NO_SIGNAL.format(answering)
    fitted = classed.fitted(champion.contender.kernel, matrix, labels, champion.contender.params, problem)
    fitted = classed.named(fitted, problem)
    value, low, high = (found.value, found.low, found.high) if found else (None, None, None)
    verdict = Verdict(status, message, champion, value, low, high, signal)
    if problem.name != Binary.name:
        return replace(verdict, payload=fitted.dump())
    if champion is prior:
        return replace(verdict, threshold=rules.threshold.without_evidence, payload=fitted.dump())
    known = [one.truth for one in rounds]
    curve = calibration(known, champion.answers)
    truth, answers = np.concatenate(known), curve.answers(np.concatenate(champion.answers))
    decided, payload = rules.threshold.found(truth, answers), curve.applied(fitted).dump()
    return replace(verdict, calibration=curve, threshold=decided, payload=payload)


def _with_importance(verdict: Verdict, unseen: Sequence[Matrix], problem: Problem) -> Verdict:
    """The verdict with what its champion's answers rest on; without it where a family's own words fail."""
    if verdict.champion is None or not verdict.champion.models:
        return verdict
    games = [Game(model, rows) for model, rows in zip(verdict.champion.models, unseen, strict=True)]
    try:
        return replace(verdict, importance=importance(games, problem))
    except Exception:  # a model that cannot say why is still a model
        return verdict


def chosen(order: list[Entry], metric: str) -> list[Entry]:
    """Those of whom the first is the champion, chosen from the others by its mean.

    A blend with the answer of all tenants is chosen from nobody, unless it is behind the best with 99 % confidence: few
    rows rank a dozen contenders badly, and it stands on all tenants' rows. On flights by route and hotel bookings by
    agent the contender with the best mean came out .007 and .023 behind it on later rows (mean AUROC), and below the
    answer of all tenants alone.
    """
    drawn = [one for one in order if blends_pooled(one) and not behind(order[0], one, metric, Z_99)]
    return drawn or order


def _without_signal(order: Sequence[Entry], prior: Entry, metric: str) -> Entry:
    """Who answers for a tenant whose rows prove nothing: all tenants' model, unless they speak clearly against it."""
    known = (entry for entry in order if is_pooled(entry) and not behind(prior, entry, metric))
    return next(known, prior)


def estimate(order: Sequence[Entry], prior: Entry, rounds: Sequence[Round], metric: str) -> Estimate | None:
    """The honest number of the first of `order`, chosen from them all (see `tiltyard.honest`)."""
    players = _with(order, prior)
    return corrected(rounds, players, metric, champion=0, prior=_place(players, prior))


def _all_tie(entries: Sequence[Entry], metric: str) -> bool:
    """Whether all learners answer equally well in every fold, whatever a blend of them does."""
    own = [entry for entry in entries if entry.contender.kernel.name != BlendKernel.name]
    return len(own) > 1 and len({tuple(entry.values(metric)) for entry in own}) == 1


def _prior(entries: Sequence[Entry]) -> Entry:
    """The prior among the contenders, or one more that every champion has to beat."""
    return next(filter(is_prior, entries), Entry(Contender(PriorKernel.name, PriorKernel(), {})))


def _with(entries: Sequence[Entry], prior: Entry) -> list[Entry]:
    return [*entries, *([] if any(entry is prior for entry in entries) else [prior])]


def _place(entries: Sequence[Entry], wanted: Entry) -> int:
    return next(place for place, entry in enumerate(entries) if entry is wanted)


def _finite(answers: np.ndarray) -> np.ndarray:
    if not np.isfinite(answers).all():
        raise FloatingPointError("it predicts numbers that are not finite")
    return answers


def _differ(labels: np.ndarray) -> bool:
    return bool(len(labels)) and bool(labels.min() < labels.max())


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


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
