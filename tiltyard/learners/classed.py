"""Models of several classes: fitted on those that their rows have, answering for all; named in the payload."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tiltyard.errors import TiltyardError
from tiltyard.learners import payload
from tiltyard.learners.explanation import Ask, Explanation, explanation_of
from tiltyard.learners.kernel import Fitted, Matrix, Trainer
from tiltyard.problem import Multiclass, Problem

NAME = "classed"


@dataclass(frozen=True)
class Classed:
    """A model and the names of the classes it answers for, in the order of its columns."""

    model: Fitted
    classes: tuple[str, ...]

    def predict(self, matrix: Matrix) -> np.ndarray:
        return self.model.predict(matrix)

    def explain(self, matrix: Matrix, ask: Ask) -> Explanation:
        return explanation_of(self.model, matrix, ask)

    def dump(self) -> bytes:
        inner = np.frombuffer(self.model.dump(), dtype=np.uint8)
        return payload.dump(NAME, {"classes": list(self.classes)}, {"model": inner})


@dataclass(frozen=True)
class _Spread:
    """A model of some classes, whose answers leave a little for the others; for a fold, never stored."""

    model: Fitted
    places: np.ndarray
    classes: int
    rows: int

    def predict(self, matrix: Matrix) -> np.ndarray:
        # As many rows are to come of a class that had none as the prior would have it.
        unseen = 1.0 / (self.rows + self.classes)
        found = np.full((len(matrix), self.classes), unseen)
        left = 1.0 - unseen * (self.classes - len(self.places))
        found[:, self.places] = self.model.predict(matrix) * left
        return found

    def dump(self) -> bytes:
        raise TiltyardError("A model that has not seen all classes serves nobody.")


def fitted(
    kernel: Trainer, matrix: Matrix, labels: np.ndarray, params: Mapping[str, Any], problem: Problem
) -> Fitted:
    """Fit a kernel on rows that may lack some of the problem's classes, as a fold's may.

    Examples
    --------
    >>> from tiltyard.learners.prior import PriorKernel
    >>> rows = Matrix(np.zeros((8, 1), dtype=np.float32), np.array([False]))
    >>> model = fitted(PriorKernel(), rows, np.array([0.0, 2.0] * 4), {}, Multiclass(("a", "b", "c")))
    >>> model.predict(rows)[0].round(2).tolist()
    [0.45, 0.09, 0.45]
    """
    if not isinstance(problem, Multiclass):
        return kernel.fit(matrix, labels, None, params, problem)
    seen, codes = np.unique(labels.astype(int), return_inverse=True)
    if len(seen) == len(problem.classes):
        return kernel.fit(matrix, labels, None, params, problem)
    known = replace(problem, classes=tuple(problem.classes[place] for place in seen))
    model = kernel.fit(matrix, codes.astype(np.float64), None, params, known)
    return _Spread(model, seen, len(problem.classes), len(labels))


def named(model: Fitted, problem: Problem) -> Fitted:
    """The model as it is stored: one of several classes brings their names."""
    return Classed(model, problem.classes) if isinstance(problem, Multiclass) else model


def load(
    meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray], load_model: Callable[[bytes], Fitted]
) -> Classed:
    """The model a payload holds; `load_model` reads the model inside."""
    return Classed(load_model(arrays["model"].tobytes()), tuple(meta["classes"]))
