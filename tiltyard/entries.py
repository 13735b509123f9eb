"""Entries of a tournament: contenders with what they have done so far, and their order."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from tiltyard.honest import Player, Round
from tiltyard.learners.kernel import Fitted, Trainer
from tiltyard.learners.pooled import PooledKernel
from tiltyard.learners.prior import PriorKernel
from tiltyard.problem import LARGER_IS_BETTER


@dataclass(frozen=True)
class Contender:
    """A learner with one parameter map."""

    name: str
    kernel: Trainer
    params: dict[str, Any]


@dataclass
class Entry:
    """One contender's games: its metrics by fold, and a status other than "ok" if it did not play all.

    That is "error", "timeout", "behind" (by racing), "duplicate" (of another one) or "degenerate" (nothing to learn
    from).

    `answers` and `reached` hold each fold's predictions, and their metric on each of the fold's draws; `models` what
    was fitted without the fold. A blend's are its members'.
    """

    contender: Contender
    folds: list[dict[str, Any]] = field(default_factory=list)
    answers: list[np.ndarray] = field(default_factory=list, repr=False)
    reached: list[np.ndarray] = field(default_factory=list, repr=False)
    models: list[Fitted] = field(default_factory=list, repr=False)
    status: str = "ok"
    message: str | None = None
    twin: Entry | None = field(default=None, repr=False)
    fit_seconds: float = 0.0
    score_seconds: float = 0.0

    def values(self, metric: str) -> list[float]:
        return [fold["metrics"][metric] for fold in self.folds]

    def loss(self, metric: str) -> float:
        """The mean over its folds, negative where larger is better; infinite without any; its twin's of a duplicate."""
        if self.twin:
            return self.twin.loss(metric)
        sign = -1.0 if LARGER_IS_BETTER[metric] else 1.0
        return sign * float(np.mean(self.values(metric))) if self.folds else np.inf


def ranked(entries: Sequence[Entry], metric: str, folds: Sequence[int] | None = None) -> list[Entry]:
    """Entries that played every fold, best first by all or some folds; ties keep the order of the contenders."""
    return _by_mean([entry for entry in entries if entry.status == "ok" and entry.folds], metric, folds)


def left_behind(entries: Sequence[Entry], metric: str) -> list[Entry]:
    """Entries that racing took out, the one that lasted longest first."""
    out = _by_mean([entry for entry in entries if entry.status == "behind"], metric)
    return sorted(out, key=lambda entry: -len(entry.folds))


def _by_mean(entries: Sequence[Entry], metric: str, folds: Sequence[int] | None = None) -> list[Entry]:
    """The entries by their mean over the given folds (default: their own), best first; in their order by no fold."""
    sign = -1.0 if LARGER_IS_BETTER[metric] else 1.0

    def mean(entry: Entry) -> float:
        values = np.array(entry.values(metric))[slice(None) if folds is None else list(folds)]
        return sign * float(np.mean(values)) if len(values) else 0.0

    return sorted(entries, key=mean)


def over(entry: Entry, part: slice) -> Player:
    """The entry over some of its rounds."""
    return SimpleNamespace(answers=entry.answers[part], reached=entry.reached[part])


def note(entry: Entry, number: int, this: Round, answers: np.ndarray, metric: str) -> None:
    """Keep what the entry has answered in a fold."""
    entry.folds.append({"fold": number, "rows": len(answers), "metrics": this.score(answers)})
    entry.answers.append(answers)
    entry.reached.append(this.reached(metric, answers))


@contextmanager
def clocked(entry: Entry, name: str) -> Iterator[None]:
    """Add the body's seconds to one of the entry's clocks."""
    started = time.perf_counter()
    try:
        yield
    finally:
        setattr(entry, name, getattr(entry, name) + time.perf_counter() - started)


def is_prior(entry: Entry) -> bool:
    """Whether it answers with the base rate."""
    return entry.contender.kernel.name == PriorKernel.name


def is_pooled(entry: Entry) -> bool:
    """Whether it answers as a model of all tenants does."""
    return entry.contender.kernel.name == PooledKernel.name
