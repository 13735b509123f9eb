"""The verdict on a tenant: its champion, what this will reach, and whether it knows more than the prior."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tiltyard.blending import blends, blends_pooled
from tiltyard.entries import Contender, Entry, is_pooled, is_prior, over, ranked
from tiltyard.games import Game
from tiltyard.honest import Z_99, Estimate, Round, behind, corrected
from tiltyard.importance import importance
from tiltyard.learners import classed
from tiltyard.learners.blend import BlendKernel
from tiltyard.learners.calibrated import Calibration, calibration
from tiltyard.learners.kernel import Fitted, Matrix
from tiltyard.learners.prior import PriorKernel
from tiltyard.problem import Binary, Problem, Regression
from tiltyard.rules import Rules

NO_SIGNAL = "No contender is above chance; the {} answers."

# The rounds that say whether somebody has passed a blend with all tenants' answer. Of blocks in time first the newest:
# in the others the model of all tenants had learnt from little yet. All of them where the blend has no signal so, and
# rows speak against all tenants' model.
_ALL, _NEWEST = slice(None), slice(-1, None)
_DECIDING = {False: (_ALL,), True: (_NEWEST, _ALL)}


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


def judged(
    entries: list[Entry],
    prior: Entry,
    played: Sequence[Game],
    refit: Callable[[Contender], Fitted],
    rules: Rules,
    problem: Problem,
) -> tuple[list[Entry], Verdict]:
    """The entries, with a blend of the best where the rules want one, and the verdict.

    Parameters
    ----------
    entries : the contenders, as they have played
    prior : what every champion has to beat; among the entries or not
    played : the games
    refit : fits a contender, which may be a blend, on all of the tenant's rows
    """
    rounds = [game.round for game in played]
    if rules.blend:
        entries = [*entries, *blends(entries, rounds, rules.metric, expanding=rules.expanding)]
    verdict = _verdict(entries, prior, rounds, refit, rules, problem)
    return entries, _with_importance(verdict, [game.unseen for game in played], problem)


def _verdict(
    entries: list[Entry],
    prior: Entry,
    rounds: list[Round],
    refit: Callable[[Contender], Fitted],
    rules: Rules,
    problem: Problem,
) -> Verdict:
    order = ranked(entries, rules.metric)
    if not order:
        failed = next((entry for entry in entries if entry.status == "error"), None)
        if failed:
            return Verdict("error", f"Every contender failed; {failed.contender.name}: {failed.message}")
        return Verdict("too_few_rows", "No fold has different labels in its training and validation rows.")
    for blocks in _DECIDING[rules.expanding]:
        rivals = chosen(order, rules.metric, blocks)
        champion, found = rivals[0], estimate(rivals, prior, rounds, rules.metric)
        signal = found is not None and found.gain_low > 0.0 and not _all_tie(order, rules.metric)
        if signal or is_pooled(_without_signal(order, prior, rules.metric)):
            break
    status, message = "ok", None
    if not signal:
        champion = _without_signal(order, prior, rules.metric)
        found = estimate([champion], prior, rounds, rules.metric)
        answering = "model of all tenants" if is_pooled(champion) else champion.contender.name
        status, message = "no_signal", NO_SIGNAL.format(answering)
    fitted = refit(champion.contender)
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


def chosen(order: list[Entry], metric: str, blocks: slice) -> list[Entry]:
    """Those of whom the first is the champion, chosen from the others by its mean.

    A blend with the answer of all tenants is chosen from nobody, unless it is behind the best in these blocks with 99 %
    confidence: few rows rank a dozen contenders badly, and it stands on all tenants' rows. On flights by route and
    hotel bookings by agent the contender with the best mean came out .007 and .023 behind it on later rows (mean
    AUROC), and below the answer of all tenants alone.
    """

    def passed(blend: Entry) -> bool:
        return behind(over(order[0], blocks), over(blend, blocks), metric, Z_99)

    return [one for one in order if blends_pooled(one) and not passed(one)] or order


def _without_signal(order: Sequence[Entry], prior: Entry, metric: str) -> Entry:
    """Who answers for a tenant whose rows prove nothing: all tenants' model, unless they speak clearly against it."""
    known = (entry for entry in order if is_pooled(entry) and not behind(prior, entry, metric))
    return next(known, prior)


def estimate(order: Sequence[Entry], prior: Entry, rounds: Sequence[Round], metric: str) -> Estimate | None:
    """The honest number of the first of `order`, chosen from them all (see `tiltyard.honest`)."""
    players = with_prior(order, prior)
    return corrected(rounds, players, metric, champion=0, prior=_place(players, prior))


def _all_tie(entries: Sequence[Entry], metric: str) -> bool:
    """Whether all learners answer equally well in every fold, whatever a blend of them does."""
    own = [entry for entry in entries if entry.contender.kernel.name != BlendKernel.name]
    return len(own) > 1 and len({tuple(entry.values(metric)) for entry in own}) == 1


def prior_among(entries: Sequence[Entry]) -> Entry:
    """The prior among the contenders, or one more that every champion has to beat."""
    return next(filter(is_prior, entries), Entry(Contender(PriorKernel.name, PriorKernel(), {})))


def with_prior(entries: Sequence[Entry], prior: Entry) -> list[Entry]:
    """The entries and the prior, once."""
    return [*entries, *([] if any(entry is prior for entry in entries) else [prior])]


def _place(entries: Sequence[Entry], wanted: Entry) -> int:
    return next(place for place, entry in enumerate(entries) if entry is wanted)
