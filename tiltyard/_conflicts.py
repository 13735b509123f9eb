"""Values of an app that are right alone and impossible together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from tiltyard._problems import Conflict, nearest

if TYPE_CHECKING:
    from tiltyard.config import AppConfig


# As the problems have them in `tiltyard.problem`, which this layer may not read; a test holds them together.
METRICS = {
    "binary": ("auroc", "aupr", "log_loss", "brier"),
    "multiclass": ("log_loss", "brier", "accuracy", "auroc"),
    "regression": ("rmse", "mae", "r2"),
}


def app_conflicts(app: AppConfig) -> Iterator[Conflict]:
    """Yield each impossible pair of values, and what names no known thing."""
    folds, gates, learners = app.folds, app.gates, app.tournament.learners or ("prior",)
    if folds.by == "time" and app.time is None:
        yield ("folds.by", "time"), "is time, but the app names no 'time' column"
    if folds.by == "group" and not folds.group:
        yield ("folds.group", "folds.by"), "must name the columns, because folds.by is group"
    if folds.group and folds.by != "group":
        yield ("folds.group", "folds.by"), "is only used with folds.by: group"
    if "prior" not in learners:
        yield ("tournament.learners",), "must contain prior: the others must beat it"
    metric, known = app.tournament.metric, METRICS[app.problem]
    if metric and metric not in known:
        yield (
            ("tournament.metric", "problem"),
            f"must be one of {', '.join(known)} for {app.problem}, got {metric}",
        )
    if gates.min_per_class * 2 > gates.min_rows and app.problem != "regression":
        twice = f"two classes need {gates.min_per_class * 2} rows, min_rows is {gates.min_rows}"
        yield ("gates.min_per_class", "gates.min_rows"), f"is impossible: {twice}"
    threshold = app.tournament.threshold
    if app.problem != "binary" and threshold != type(threshold)():
        yield ("tournament.threshold", "problem"), f"is for binary problems, this one is {app.problem}"
    if threshold.by != "costs" and threshold.false_positive != threshold.false_negative:
        pair = ("tournament.threshold.by", "tournament.threshold.false_negative")
        yield pair, f"must be costs for costs to count, it is {threshold.by}"
    if app.time_zone not in available_timezones():
        yield ("time_zone",), f"unknown zone '{app.time_zone}'{nearest(app.time_zone, available_timezones())}"
    yield from _column_conflicts(app)


def _column_conflicts(app: AppConfig) -> Iterator[Conflict]:
    lists = {"tenant": app.tenant, "key": app.key, "exclude": app.exclude, "folds.group": app.folds.group}
    for where, names in {**lists, "tournament.learners": app.tournament.learners or ()}.items():
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            yield (where,), f"names {', '.join(twice)} twice"
    for where in ("tenant", "key"):
        for name in sorted(set(app.exclude) & set(lists[where])):
            # Harmless today, but whoever wrote it believes the column is not used at all.
            yield ("exclude", where), f"names '{name}', which is part of {where} and never a feature anyway"
