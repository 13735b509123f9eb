"""Problems: what is predicted (one of two classes, one of several, or a number), and how answers are measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from tiltyard import metrics as metrics_of_two
from tiltyard import metrics_of_classes, metrics_of_numbers


class Problem(Protocol):
    """What a tenant's rows ask for.

    Answers are arrays of one row a record: the probability of the positive class (binary), a probability for each
    class (multiclass: rows x classes), or a number (regression).
    """

    @property
    def name(self) -> str: ...

    @property
    def metrics(self) -> Mapping[str, bool]:
        """Each metric's name, and whether larger is better; the first one ranks by default."""

    def score(
        self, labels: np.ndarray, answers: np.ndarray, weights: np.ndarray | None = None
    ) -> dict[str, float]:
        """All metrics of the answers."""

    def resampled(
        self, metric: str, labels: np.ndarray, answers: np.ndarray, weights: np.ndarray
    ) -> np.ndarray:
        """One metric under many weights (rows x draws)."""


class Binary:
    """Labels 0.0 and 1.0."""

    name: ClassVar[str] = "binary"
    metrics: ClassVar[Mapping[str, bool]] = metrics_of_two.METRICS
    score = staticmethod(metrics_of_two.score)
    resampled = staticmethod(metrics_of_two.resampled)


class Regression:
    """Labels that are numbers."""

    name: ClassVar[str] = "regression"
    metrics: ClassVar[Mapping[str, bool]] = metrics_of_numbers.METRICS
    score = staticmethod(metrics_of_numbers.score)
    resampled = staticmethod(metrics_of_numbers.resampled)


@dataclass(frozen=True)
class Multiclass:
    """Labels 0.0 to K - 1; `classes` has the K names."""

    classes: tuple[str, ...] = ()
    name: ClassVar[str] = "multiclass"
    metrics: ClassVar[Mapping[str, bool]] = metrics_of_classes.METRICS
    score = staticmethod(metrics_of_classes.score)
    resampled = staticmethod(metrics_of_classes.resampled)


BINARY, REGRESSION = Binary(), Regression()
METRICS_OF: Mapping[str, Mapping[str, bool]] = {
    one.name: one.metrics for one in (Binary, Multiclass, Regression)
}
"""The metrics of each problem by its name."""

LARGER_IS_BETTER: Mapping[str, bool] = {
    metric: better for known in METRICS_OF.values() for metric, better in known.items()
}


def problem_named(name: str, classes: tuple[str, ...] = ()) -> Problem:
    """The problem of a name.

    Examples
    --------
    >>> problem_named("multiclass", ("cat", "dog")).classes
    ('cat', 'dog')
    """
    if name == Multiclass.name:
        return Multiclass(classes)
    return REGRESSION if name == Regression.name else BINARY


OTHER = "(other)"
"""The class of a tenant's rows whose own class has too few of them."""


def classes_of_tenant(labels: np.ndarray, names: Sequence[str], least: int) -> tuple[Multiclass, np.ndarray]:
    """The classes that a tenant's rows have, and the rows' labels among them.

    Parameters
    ----------
    labels : 0.0 to len(names) - 1
    names : of all classes there are
    least : rows a class needs; those with fewer are one class together, OTHER, behind the others

    Examples
    --------
    >>> problem, labels = classes_of_tenant(np.array([3.0, 3.0, 0.0, 1.0, 1.0]), ["a", "b", "c", "d"], least=2)
    >>> problem.classes, labels.tolist()
    (('b', 'd', '(other)'), [1.0, 1.0, 2.0, 0.0, 0.0])
    """
    codes = labels.astype(int)
    rows = np.bincount(codes, minlength=len(names))
    kept = [int(code) for code in np.flatnonzero(rows >= least)]
    place = np.full(len(names), len(kept))
    place[kept] = np.arange(len(kept))
    rare = rows.sum() > rows[kept].sum()
    found = Multiclass((*(names[code] for code in kept), *([OTHER] if rare else [])))
    return found, place[codes].astype(np.float64)
