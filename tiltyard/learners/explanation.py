"""Explanations: what each slot adds to the margin of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np

from tiltyard.learners.kernel import Fitted, Matrix
from tiltyard.learners.links import margins_of
from tiltyard.problem import Multiclass


@dataclass(frozen=True)
class Ask:
    """What is to be explained.

    Attributes
    ----------
    problem : name of what is predicted
    classes : of several classes, the one of each row whose probability is explained
    quick : whether trees may be taken apart roughly, along each row's path: 5 to 47 times faster than Shapley values
    """

    problem: str
    classes: np.ndarray | None = None
    quick: bool = False


@dataclass(frozen=True)
class Explanation:
    """Parts of each row's margin: log odds (binary), log probability of a class, or a number.

    Attributes
    ----------
    slots : rows x slots, what each slot adds
    base : what is there before any slot is read
    pool : how often the base margin of a model of all tenants counts
    rates : rows x rates, of a model that reads these too; else None
    """

    slots: np.ndarray
    base: np.ndarray
    pool: np.ndarray
    rates: np.ndarray | None = None

    def scaled(self, factor: float) -> Explanation:
        """Every part times a factor."""
        rates = None if self.rates is None else factor * self.rates
        return Explanation(factor * self.slots, factor * self.base, factor * self.pool, rates)

    def reaching(self, margin: np.ndarray, matrix: Matrix) -> Explanation:
        """The same with a base by which all parts sum to the margin: what no slot explains is in it."""
        known = self.slots.sum(axis=1)
        if self.pool.any():
            known += self.pool * matrix.base_margin()
        if self.rates is not None:
            known += self.rates.sum(axis=1)
        return replace(self, base=margin - known)


@runtime_checkable
class Explains(Protocol):
    """A fitted model that can say why."""

    def explain(self, matrix: Matrix, ask: Ask) -> Explanation:
        """What each slot adds to each row's margin; `base` may be left 0, as `explained` finds it."""


def explanation_of(model: Fitted, matrix: Matrix, ask: Ask) -> Explanation:
    """What the model says of itself; one of a family that explains nothing counts as if it read no slot."""
    return model.explain(matrix, ask) if isinstance(model, Explains) else nothing(matrix)


def explained(model: Fitted, matrix: Matrix, ask: Ask) -> Explanation:
    """What each slot adds to the margin of the model's answers; all parts of a row sum to it.

    Trees are taken apart by Shapley values, sums of weights into their terms; the parts of a blend are weighted like
    its members' answers. What that leaves over, and what isotonic calibration bends, is in the base.

    References
    ----------
    Lundberg, Erion and Lee, "Consistent individualized feature attribution for tree ensembles", arXiv 1802.03888, 2018.
    """
    answers = model.predict(matrix)
    if ask.problem != Multiclass.name:
        return explanation_of(model, matrix, ask).reaching(margins_of(ask.problem, answers), matrix)
    classes = answers.argmax(axis=1) if ask.classes is None else ask.classes
    margin = np.log(np.maximum(answers[np.arange(len(answers)), classes], 1e-15))
    return explanation_of(model, matrix, replace(ask, classes=classes)).reaching(margin, matrix)


def nothing(matrix: Matrix, pool: float = 0.0) -> Explanation:
    """The explanation of an answer that reads no slot."""
    rows = len(matrix)
    return Explanation(np.zeros_like(matrix.values, dtype=np.float64), np.zeros(rows), np.full(rows, pool))


def weighted(parts: Sequence[Explanation], weights: np.ndarray) -> Explanation:
    """The explanation of a blend's members, weighted."""
    shares = [one.scaled(float(weight)) for one, weight in zip(parts, weights, strict=True)]
    rates = [one.rates for one in shares if one.rates is not None]
    slots, base, pool = (
        np.sum([getattr(one, name) for one in shares], axis=0) for name in ("slots", "base", "pool")
    )
    return Explanation(slots, base, pool, np.sum(rates, axis=0) if rates else None)
