"""One tenant's tournament, inside one worker: plain arrays in, plain rows out, no Spark."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

import numpy as np

from tiltyard.folds import splits
from tiltyard.learners.kernel import Kernel, Matrix
from tiltyard.learners.prior import PriorKernel
from tiltyard.metrics import CHANCE_AUROC, METRICS, Z_95, auroc_standard_error, score

# A tenant without signal is called above chance in at most this share of cases.
FALSE_ALARM = 0.05
# Folds share training rows, so their errors are not independent: on pure noise (400 tenants each of 150 and
# 400 rows, linear and boosting) the mean over 3 folds varied 1.9 times as much as independent folds would.
SHARED_ROWS_VARIANCE = 2.0
NO_SIGNAL = "No contender is above chance; the prior answers."


@dataclass(frozen=True)
class Contender:
    """A learner with one parameter map."""

    name: str
    kernel: Kernel
    params: dict[str, Any]


@dataclass(frozen=True)
class Rules:
    """How a tournament is played and when a tenant may play.

    Attributes
    ----------
    metric : name in `tiltyard.metrics.METRICS`, which ranks the contenders
    expanding : folds in time, each trained on the ones before it
    min_rows, min_per_class : least rows, and rows of each class, of a tenant that plays
    seconds : time limit of one tenant, 0 for none
    """

    metric: str = "auroc"
    expanding: bool = False
    min_rows: int = 100
    min_per_class: int = 10
    seconds: float = 20.0


@dataclass
class Entry:
    """One contender's games: its metrics by fold, and status "error" or "timeout" if it did not play all."""

    contender: Contender
    folds: list[dict[str, Any]] = field(default_factory=list)
    status: str = "ok"
    message: str | None = None
    fit_seconds: float = 0.0

    def values(self, metric: str) -> list[float]:
        return [fold["metrics"][metric] for fold in self.folds]


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
    payload: bytes | None = None


class _Timeout(BaseException):
    """Raised in the worker's main thread when a tenant's time is over.

    No Exception: a fit that catches those must not catch this one.
    """


def play(
    matrix: Matrix, labels: np.ndarray, fold: np.ndarray, contenders: Sequence[Contender], rules: Rules
) -> tuple[list[Entry], Verdict]:
    """Play one tenant's tournament; never raises.

    Parameters
    ----------
    matrix : packed rows, in the order of their keys
    labels : 0.0 or 1.0 per row; others make the tenant's status "error"
    fold : fold number per row
    contenders : earlier ones win ties, so put the simple ones first
    """
    refusal = _refusal(labels, rules)
    if refusal:
        return [], refusal
    entries = [Entry(contender) for contender in contenders]
    try:
        with _time_limit(rules.seconds):
            _play_folds(entries, matrix, labels, fold, rules)
            return entries, _verdict(entries, matrix, labels, rules)
    except _Timeout:
        message = f"Not finished after {rules.seconds:g} s; raise tournament.seconds_per_tenant."
        for entry in entries:
            if entry.status == "ok":  # none is ranked: they have not met on the same folds
                entry.status = "timeout"
        return entries, Verdict("timeout", message)
    except Exception as error:  # one tenant's failure is a row, never the job's
        return entries, Verdict("error", _words(error))


def ranked(entries: Sequence[Entry], metric: str) -> list[Entry]:
    """Entries that played, best first; ties keep the order of the contenders."""
    sign = -1.0 if METRICS[metric] else 1.0
    played = [entry for entry in entries if entry.status == "ok" and entry.folds]
    return sorted(played, key=lambda entry: sign * float(np.mean(entry.values(metric))))


def _refusal(labels: np.ndarray, rules: Rules) -> Verdict | None:
    strange = labels[(labels != 0.0) & (labels != 1.0)]
    if len(strange):
        return Verdict(
            "error", f"A label must be 0 or 1, {len(strange)} rows have others such as {strange[0]:g}."
        )
    rows, positives = len(labels), int(labels.sum())
    fewer = min(positives, rows - positives)
    if rows < rules.min_rows:
        return Verdict("too_few_rows", f"{rows} rows with a known label, {rules.min_rows} are needed.")
    if fewer == 0:
        return Verdict("one_class", f"All {rows} rows have label {labels[0]:g}.")
    if fewer < rules.min_per_class:
        return Verdict("too_few_rows", f"{fewer} rows of the rarer class, {rules.min_per_class} are needed.")
    return None


def _play_folds(
    entries: list[Entry], matrix: Matrix, labels: np.ndarray, fold: np.ndarray, rules: Rules
) -> None:
    for number, training, validation in splits(fold, expanding=rules.expanding):
        if not (_both_classes(labels[training]) and _both_classes(labels[validation])):
            continue
        seen, unseen = matrix.rows(training), matrix.rows(validation)
        for entry in entries:
            if entry.status == "ok":
                _play_fold(entry, number, seen, labels[training], unseen, labels[validation])


def _play_fold(
    entry: Entry, number: int, seen: Matrix, known: np.ndarray, unseen: Matrix, truth: np.ndarray
) -> None:
    started = time.perf_counter()
    try:
        fitted = entry.contender.kernel.fit(seen, known, None, entry.contender.params)
        metrics = score(truth, _finite(fitted.predict(unseen)))
        positives = int(truth.sum())
        entry.folds.append({"fold": number, "rows": len(truth), "positives": positives, "metrics": metrics})
    except Exception as error:  # a contender that fails loses; the others play on
        entry.status, entry.message = "error", _words(error)
    entry.fit_seconds += time.perf_counter() - started


def _verdict(entries: list[Entry], matrix: Matrix, labels: np.ndarray, rules: Rules) -> Verdict:
    order = ranked(entries, rules.metric)
    if not order:
        failed = next((entry for entry in entries if entry.status == "error"), None)
        if failed:
            return Verdict("error", f"Every contender failed; {failed.contender.name}: {failed.message}")
        return Verdict("too_few_rows", "No fold has both classes in its training and validation rows.")
    families = {entry.contender.kernel.name for entry in order} - {"prior"}
    signal = _above_chance(order[0], len(families)) and not _all_tie(order, rules.metric)
    champion = order[0] if signal else _prior(order)
    contender = champion.contender
    payload = contender.kernel.fit(matrix, labels, None, contender.params).dump()
    status, message = ("ok", None) if signal else ("no_signal", NO_SIGNAL)
    return Verdict(status, message, champion, *_interval(champion, rules.metric), signal, payload)


def _prior(entries: Sequence[Entry]) -> Entry:
    """The prior among the contenders, or one that did not play."""
    known = (entry for entry in entries if entry.contender.kernel.name == PriorKernel.name)
    return next(known, Entry(Contender(PriorKernel.name, PriorKernel(), {})))


def _above_chance(entry: Entry, families: int) -> bool:
    """Whether the AUROC beats chance by more than the best of `families` would by luck (Sidak, one-sided).

    Contenders of one family give nearly the same answers, so families are counted, not contenders.
    """
    value, error = _auroc(entry)
    level = (1.0 - FALSE_ALARM) ** (1.0 / max(families, 1))
    return value - NormalDist().inv_cdf(level) * error > CHANCE_AUROC


def _all_tie(entries: Sequence[Entry], metric: str) -> bool:
    return len(entries) > 1 and len({tuple(entry.values(metric)) for entry in entries}) == 1


def _interval(entry: Entry, metric: str) -> tuple[float | None, float | None, float | None]:
    """Mean over folds and the ends of its 95 % interval; nothing where there are no folds."""
    values = entry.values(metric)
    if not values:
        return None, None, None
    if metric == "auroc":
        value, error = _auroc(entry)
    else:
        spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
        value, error = float(np.mean(values)), spread / math.sqrt(len(values))
    return value, value - Z_95 * error, value + Z_95 * error


def _auroc(entry: Entry) -> tuple[float, float]:
    """Mean AUROC over folds and its standard error."""
    errors = [
        auroc_standard_error(fold["metrics"]["auroc"], fold["positives"], fold["rows"] - fold["positives"])
        for fold in entry.folds
    ]
    variance = SHARED_ROWS_VARIANCE * sum(error**2 for error in errors) / len(errors) ** 2
    return float(np.mean(entry.values("auroc"))), math.sqrt(variance)


def _finite(probabilities: np.ndarray) -> np.ndarray:
    if not np.isfinite(probabilities).all():
        raise FloatingPointError("it predicts numbers that are not finite")
    return probabilities


def _both_classes(labels: np.ndarray) -> bool:
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
