"""One tenant's tournament, inside one worker: plain arrays in, plain rows out, no Spark."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tiltyard.blending import blends, blends_pooled
from tiltyard.entries import Contender, Entry, is_pooled, is_prior, ranked
from tiltyard.games import Game, alone, games, side_by_side, words
from tiltyard.honest import Z_99, Estimate, Round, behind, corrected
from tiltyard.importance import importance
from tiltyard.learners import classed
from tiltyard.learners.blend import BlendKernel
from tiltyard.learners.calibrated import Calibration, calibration
from tiltyard.learners.kernel import Matrix
from tiltyard.learners.prior import PriorKernel
from tiltyard.problem import BINARY, LARGER_IS_BETTER, Binary, Problem, Regression
from tiltyard.refusals import refusal
from tiltyard.search import Budget, always, by_tpe
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
    search : "grid" plays all contenders; "tpe" the first of each family, and then what a search chooses
    budget : of the search
    """

    metric: str = "auroc"
    expanding: bool = False
    min_rows: int = 100
    min_per_class: int = 10
    seconds: float = 20.0
    threshold: ThresholdRule = field(default_factory=ThresholdRule)
    racing: bool = True
    blend: bool = True
    search: str = "grid"
    budget: Budget = field(default_factory=Budget)


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
    first = always(contenders) if rules.search == "tpe" else contenders
    entries = [Entry(contender) for contender in first]
    prior = _prior(entries)
    try:
        with _time_limit(rules.seconds):
            played = games(matrix, labels, fold, problem, expanding=rules.expanding)
            side_by_side(_with(entries, prior), played, rules.metric, racing=rules.racing)
            if rules.search == "tpe":
                _search(entries, contenders, played, rules)
            rounds = [game.round for game in played]
            if rules.blend:
                entries += blends(entries, rounds, rules.metric, expanding=rules.expanding)
            verdict = _verdict(entries, prior, rounds, matrix, labels, rules, problem)
            return entries, _with_importance(verdict, [game.unseen for game in played], problem)
    except _Timeout:
        message = f"Not finished after {rules.seconds:g} s; raise tournament.seconds_per_tenant."
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
    sign = -1.0 if LARGER_IS_BETTER[rules.metric] else 1.0

    def loss_of(contender: Contender) -> float:
        entry = Entry(contender)
        alone(entry, played, entries, rules.metric, racing=rules.racing)
        entries.append(entry)
        return _loss(entry)

    def _loss(entry: Entry) -> float:
        return sign * float(np.mean(entry.values(rules.metric))) if entry.folds else np.inf

    by_tpe(contenders, {one.contender.name: _loss(one) for one in entries}, loss_of, rules.budget)


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
    value, low, high = (found.value, found.low, found.high) if found else (None, None, None)
    verdict = Verdict(status, message, champion, value, low, high, signal)
    if problem.name == Regression.name:
        return replace(verdict, payload=fitted.dump())
    binary = problem.name == Binary.name
    if champion is prior:
        unproven = rules.threshold.without_evidence if binary else None
        return replace(verdict, threshold=unproven, payload=classed.named(fitted, problem).dump())
    known = [one.truth for one in rounds]
    curve = calibration(known, champion.answers)
    if not binary:
        return replace(
            verdict, calibration=curve, payload=classed.named(curve.applied(fitted), problem).dump()
        )
    truth, answers = np.concatenate(known), curve.answers(np.concatenate(champion.answers))
    decided, payload = rules.threshold.found(truth, answers), curve.applied(fitted).dump()
    return replace(verdict, calibration=curve, threshold=decided, payload=payload)


def _with_importance(verdict: Verdict, unseen: Sequence[Matrix], problem: Problem) -> Verdict:
    """The verdict with what its champion's answers rest on; without it where a family's own words fail."""
    if verdict.champion is None or not verdict.champion.models:
        return verdict
    try:
        return replace(verdict, importance=importance(verdict.champion.models, unseen, problem))
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
