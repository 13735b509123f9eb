"""Which tenants cannot play, and why: too few rows, or labels that do not differ."""

from __future__ import annotations

import numpy as np

from tiltyard.problem import OTHER, Binary, Multiclass, Problem


def refusal(
    problem: Problem, labels: np.ndarray, min_rows: int, min_per_class: int
) -> tuple[str, str] | None:
    """The status and message of a tenant whose rows cannot be learnt from; None for all others.

    Parameters
    ----------
    labels : one a row; of several classes those with fewer than `min_per_class` rows are one class by now
    min_rows, min_per_class : least rows, and rows of each of two classes

    Examples
    --------
    >>> from tiltyard.problem import REGRESSION
    >>> refusal(REGRESSION, np.full(200, 3.5), 100, 10)
    ('one_class', 'All 200 rows have label 3.5.')
    """
    strange = _strange(problem, labels)
    if strange:
        return "error", strange
    rows = len(labels)
    if rows < min_rows:
        return "too_few_rows", f"{rows} rows with a known label, {min_rows} are needed."
    if isinstance(problem, Multiclass) and problem.classes == (OTHER,):
        return "too_few_rows", f"No class has the {min_per_class} rows that are needed."
    if labels.min() == labels.max():
        return "one_class", f"All {rows} rows have label {_words(problem, labels[0])}."
    if problem.name == Binary.name:
        fewer = min(int(labels.sum()), rows - int(labels.sum()))
        if fewer < min_per_class:
            return "too_few_rows", f"{fewer} rows of the rarer class, {min_per_class} are needed."
    return None


def no_class(labels: np.ndarray, problem: Multiclass) -> str | None:
    """What is wrong with labels that are no places of the problem's classes; None where all are."""
    strange = labels[~np.isin(labels, np.arange(len(problem.classes)))]
    if not len(strange):
        return None
    known = f"0 to {len(problem.classes) - 1}, the places of the classes' names"
    return f"A label must be {known}, {len(strange)} rows have others such as {strange[0]:g}."


def _strange(problem: Problem, labels: np.ndarray) -> str | None:
    if problem.name == Binary.name:
        strange, allowed = labels[(labels != 0.0) & (labels != 1.0)], "0 or 1"
    else:
        strange, allowed = labels[~np.isfinite(labels)], "a finite number"
    if not len(strange):
        return None
    return f"A label must be {allowed}, {len(strange)} rows have others such as {strange[0]:g}."


def _words(problem: Problem, label: float) -> str:
    return f"'{problem.classes[int(label)]}'" if isinstance(problem, Multiclass) else f"{label:g}"
