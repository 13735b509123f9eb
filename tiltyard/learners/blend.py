"""Blend: the weighted mean of several models' answers, with weights learnt from out-of-fold predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.optimize import nnls

from tiltyard.learners import explanation, payload
from tiltyard.learners.explanation import Ask, Explanation, explanation_of
from tiltyard.learners.kernel import Fitted, Matrix, Trainer
from tiltyard.problem import BINARY, Multiclass, Problem, Regression

MEMBERS = 3
"""Most models of a blend: each is fitted, stored and asked at scoring."""

# The likelihood is flat near its maximum. With two members 50 steps were there to four digits; with a third that knows
# nothing, 50 more moved a weight by .01.
_STEPS = 50
_LEAST_WEIGHT = 0.05  # a member below is not worth its scoring time
# What a model of all tenants counts for in a blend before a tenant's rows have spoken, and as how many rows. On the
# tables of benchmarks/pooling.py shares from .5 to .8 and 50 to 200 rows came to the same mean AUROC within .001.
POOL_SHARE, POOL_ROWS = 0.7, 100.0


@dataclass(frozen=True)
class BlendFit:
    """Fitted members and their weights, which sum to 1."""

    models: tuple[Fitted, ...]
    weights: np.ndarray

    def predict(self, matrix: Matrix) -> np.ndarray:
        return mean([model.predict(matrix) for model in self.models], self.weights)

    def explain(self, matrix: Matrix, ask: Ask) -> Explanation:
        parts = [explanation_of(model, matrix, ask) for model in self.models]
        return explanation.weighted(parts, self.weights)

    def dump(self) -> bytes:
        inner = [np.frombuffer(model.dump(), dtype=np.uint8) for model in self.models]
        arrays = {f"model{place}": content for place, content in enumerate(inner)}
        return payload.dump(BlendKernel.name, {}, {**arrays, "weights": self.weights})


@dataclass(frozen=True)
class BlendKernel:
    """Fits its members side by side. `params["members"]` has the params and the weight of each."""

    members: tuple[Trainer, ...]
    name: ClassVar[str] = "blend"

    def fit(
        self,
        matrix: Matrix,
        labels: np.ndarray,
        weights: np.ndarray | None,
        params: Mapping[str, Any],
        problem: Problem = BINARY,
    ) -> BlendFit:
        chosen = params["members"]
        models = [
            kernel.fit(matrix, labels, weights, one["params"], problem)
            for kernel, one in zip(self.members, chosen, strict=True)
        ]
        return BlendFit(tuple(models), np.array([one["weight"] for one in chosen]))


def load(
    meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray], load_model: Callable[[bytes], Fitted]
) -> BlendFit:
    """The blend a payload holds; `load_model` reads its members."""
    weights = arrays["weights"]
    models = [load_model(arrays[f"model{place}"].tobytes()) for place in range(len(weights))]
    return BlendFit(tuple(models), weights)


def mean(answers: Sequence[np.ndarray], weights: np.ndarray) -> np.ndarray:
    """The members' answers, weighted; the same for a row wherever it stands, which BLAS does not promise."""
    return np.asarray(sum(weight * answer for weight, answer in zip(weights, answers, strict=True)))


def drawn_to_first(members: int) -> np.ndarray:
    """Rows that speak for each member from the start, where the first one is a model of all tenants.

    Examples
    --------
    >>> drawn_to_first(3).round(6).tolist()
    [70.0, 15.0, 15.0]
    """
    others = (1.0 - POOL_SHARE) / (members - 1)
    return POOL_ROWS * np.array([POOL_SHARE, *[others] * (members - 1)])


def weighted(
    truth: np.ndarray,
    answers: Sequence[np.ndarray],
    before: np.ndarray | None = None,
    problem: Problem = BINARY,
) -> np.ndarray:
    """The weights, at least 0 and with sum 1, that suit the labels best; members worth little have 0.

    A class is taken as drawn from a mixture of the members, and expectation maximisation finds the shares under which
    the labels are most likely; for numbers they are those of the least squares.

    Parameters
    ----------
    truth : labels
    answers : each member's answers
    before : for each member, how many rows speak for it before any is seen; default none

    References
    ----------
    Dempster, Laird and Rubin, "Maximum likelihood from incomplete data via the EM algorithm", JRSS B 39, 1977.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> one, two = random.random((2, 1000))
    >>> truth = (random.random(1000) < 0.7 * one + 0.3 * two).astype(float)
    >>> weighted(truth, [one, two, np.full(1000, 0.5)]).round(1).tolist()
    [0.7, 0.3, 0.0]
    """
    given = np.stack(answers)
    if problem.name == Regression.name:
        weights = _least_squares(truth, given, before)
    else:
        weights = _most_likely(_chances_of_truth(truth, given, problem), before)
    kept = np.where(weights < _LEAST_WEIGHT, 0.0, weights)
    return np.asarray(kept / kept.sum())


def _chances_of_truth(truth: np.ndarray, given: np.ndarray, problem: Problem) -> np.ndarray:
    """What each member gave to each row's label: members x rows."""
    if problem.name == Multiclass.name:
        given = given[:, np.arange(len(truth)), truth.astype(int)]
        return np.asarray(np.clip(given, 1e-6, 1.0))
    given = np.clip(given, 1e-6, 1.0 - 1e-6)
    return np.where(truth == 1.0, given, 1.0 - given)


def _most_likely(likely: np.ndarray, before: np.ndarray | None) -> np.ndarray:
    known = np.zeros(len(likely)) if before is None else before
    weights = _at_first(len(likely), before)
    for _ in range(_STEPS):
        seen = weights * (likely / (weights @ likely)).sum(axis=1)
        weights = (seen + known) / (likely.shape[1] + known.sum())
    return np.asarray(weights)


def _least_squares(truth: np.ndarray, given: np.ndarray, before: np.ndarray | None) -> np.ndarray:
    """Weights at least 0 of the least squared error, drawn to `before` as by so many rows."""
    start = _at_first(len(given), before)
    # As all weights sum to 1, what counts is how far members are from each other.
    center = given.mean(axis=0)
    apart, left = (given - center).T, truth - center
    spread = max(float(np.sqrt(np.mean(apart**2))), 1e-12)
    pull = 0.0 if before is None else spread * float(before.sum()) ** 0.5
    sure = 1e3 * spread * len(truth) ** 0.5  # so much dearer is a sum that is not 1
    rows = np.vstack([apart, pull * np.eye(len(given)), np.full(len(given), sure)])
    found, _ = nnls(rows, np.concatenate([left, pull * start, [sure]]))
    return start if not found.sum() else np.asarray(found / found.sum())


Members = tuple[Sequence[Sequence[np.ndarray]], np.ndarray | None]
"""Each member's answers of every fold, and `before` of `weighted`."""


def out_of_fold(
    truth: Sequence[np.ndarray],
    choose: Callable[[Sequence[int]], Members],
    *,
    past_only: bool,
    problem: Problem = BINARY,
) -> list[np.ndarray]:
    """A blend's answers in each fold, by members and weights that do not know the fold.

    Parameters
    ----------
    truth : labels of each fold
    choose : the members that one would take by some of the folds; of no fold at all in a first fold without past
    past_only : what is taken in a fold comes from the folds before it, not from all others
    """
    found = []
    for fold in range(len(truth)):
        others = [place for place in range(len(truth)) if place < fold or (place > fold and not past_only)]
        answers, before = choose(others)
        weights = (
            over_folds(truth, answers, before, others, problem) if others else _at_first(len(answers), before)
        )
        found.append(mean([member[fold] for member in answers], weights))
    return found


def over_all(
    truth: Sequence[np.ndarray],
    answers: Sequence[Sequence[np.ndarray]],
    before: np.ndarray | None = None,
    problem: Problem = BINARY,
) -> np.ndarray:
    """The weights from all folds."""
    return over_folds(truth, answers, before, range(len(truth)), problem)


def over_folds(
    truth: Sequence[np.ndarray],
    answers: Sequence[Sequence[np.ndarray]],
    before: np.ndarray | None,
    folds: Sequence[int],
    problem: Problem,
) -> np.ndarray:
    """The weights by some of the folds."""
    known = np.concatenate([truth[fold] for fold in folds])
    together = [np.concatenate([member[fold] for fold in folds]) for member in answers]
    return weighted(known, together, before, problem)


def _at_first(members: int, before: np.ndarray | None) -> np.ndarray:
    """The weights that no row has spoken on."""
    return np.full(members, 1.0 / members) if before is None else before / before.sum()
