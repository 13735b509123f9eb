"""Importance: how much each slot moves a champion's answers on rows that its fold models have not seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tiltyard.learners.explanation import Ask, Explanation, explained
from tiltyard.learners.kernel import Fitted, Matrix
from tiltyard.problem import Problem

EVERYONE = -1
"""The place that stands for the model of all tenants, whose margin a champion starts from."""

IMPORTANCE = "array<struct<slot:int,importance:double,direction:double,spread:double>>"


def importance(models: Sequence[Fitted], unseen: Sequence[Matrix], problem: Problem) -> list[dict[str, Any]]:
    """Each slot's place with its importance, direction and spread; slots that never moved an answer are left out.

    `importance` is the mean size of what the slot adds to the margin (log odds, a class's log probability, or a number,
    in its unit), less what it adds to every row alike; `direction` the correlation, -1 to 1, of a numeric slot's values
    with that, None for categories; `spread` the standard deviation of the importance over the folds. EVERYONE stands
    for the model of all tenants. Trees are taken apart roughly (`tiltyard.learners.explanation.Ask.quick`).

    Parameters
    ----------
    models, unseen : of each fold, what was fitted without its rows, and these rows

    Examples
    --------
    >>> from tiltyard.learners import FAMILIES
    >>> from tiltyard.problem import REGRESSION
    >>> rows = Matrix(np.arange(12, dtype=np.float32).reshape(6, 2) % 5, np.array([False, False]))
    >>> linear = FAMILIES["linear"]
    >>> params = {**linear.hyperparams, "regParam": 0.0}
    >>> line = linear.kernel.fit(rows, -2.0 * rows.values[:, 0], None, params, REGRESSION)
    >>> found = importance([line], [rows], REGRESSION)[0]
    >>> found["slot"], round(found["importance"], 2), round(found["direction"], 2)
    (0, 2.67, -1.0)
    """
    ask = Ask(problem.name, quick=True)
    seen = [(rows, explained(model, rows, ask)) for model, rows in zip(models, unseen, strict=True)]
    categorical = seen[0][0].categorical
    parts = [_parts(matrix, found) for matrix, found in seen]
    sizes = np.stack([np.abs(part).mean(axis=0) for part in parts])
    values = np.concatenate([matrix.values for matrix, _ in seen])
    added = np.concatenate(parts)
    return [
        {
            "slot": place if place < len(categorical) else EVERYONE,
            "importance": float(sizes[:, place].mean()),
            "direction": None
            if place >= len(categorical) or categorical[place]
            else _correlation(values[:, place], added[:, place]),
            "spread": float(sizes[:, place].std()),
        }
        for place in np.flatnonzero(sizes.any(axis=0)).tolist()
    ]


def _parts(matrix: Matrix, found: Explanation) -> np.ndarray:
    """What slots, and last the model of all tenants, add to each row, over what they add on average."""
    begun = found.pool * matrix.base_margin() if found.pool.any() else np.zeros(len(matrix))
    parts = np.column_stack([found.slots, begun])
    return np.asarray(parts - parts.mean(axis=0))


def _correlation(values: np.ndarray, added: np.ndarray) -> float | None:
    known = ~np.isnan(values)
    values, added = values[known].astype(np.float64), added[known]
    if len(values) < 2 or not values.std() or not added.std():
        return None
    return float(np.corrcoef(values, added)[0, 1])
