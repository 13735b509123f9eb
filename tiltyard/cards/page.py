"""The card as one HTML file that asks nobody for anything: text, tables, and pictures drawn as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined, Template

from tiltyard.cards.dependence import Dependence

Rows = Sequence[Mapping[str, Any]]
_SHOWN = 15  # features of the first picture
_LEAST_SHARE = 0.001  # of the heaviest feature's importance: below it is nothing
_WIDTH, _HEIGHT = 260, 110  # of a picture of dependence


@dataclass(frozen=True)
class Card:
    """All a card says.

    Attributes
    ----------
    app, tenant, problem, label : what is predicted, and for whom
    champion, model : the tenant's rows of these tables; `model` is empty for a tenant without one of its own
    contenders, features : the tenant's rows of `leaderboard` and `features`, best and heaviest first
    dependence : of the heaviest slots; empty where the rows could not be read
    answer : what the pictures of dependence show, in words
    """

    app: str
    tenant: str
    problem: str
    label: str
    champion: Mapping[str, Any]
    model: Mapping[str, Any]
    contenders: Rows
    features: Rows
    dependence: Sequence[Dependence]
    answer: str


def render(card: Card) -> str:
    """The card's HTML; every name and message in it is escaped."""
    most = max((row["importance"] or 0.0 for row in card.features), default=0.0) or 1.0
    weighed = [row for row in card.features if (row["importance"] or 0.0) >= _LEAST_SHARE * most]
    slots = {row["slot"]: row for row in card.features if row["slot"] is not None}
    return _template().render(
        card=card,
        facts=_facts(card),
        weighed=[{**row, "share": 100 * row["importance"] / most} for row in weighed[:_SHOWN]],
        more=len(weighed[_SHOWN:]),
        dropped=[row for row in card.features if row["dropped"]],
        remarks=[row for row in card.features if row["remarks"]],
        pictures=_pictures([(one, slots[one.slot]) for one in card.dependence if one.slot in slots]),
    )


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = _number
    return environment.from_string((files("tiltyard.cards") / "card.html").read_text(encoding="utf-8"))


def _number(value: float | None) -> str:
    """A number for people; a dash for None.

    >>> [_number(value) for value in (0.71239, 12345.6, 3)]
    ['0.712', '12,346', '3']
    """
    if value is None:
        return "\N{EN DASH}"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"


def _facts(card: Card) -> list[tuple[str, str]]:
    """What stands first, as name and sentence."""
    model, champion = card.model, card.champion
    facts = [
        ("Predicts", card.label),
        ("Served by", f"{champion['learner']} ({champion['fallback']}), version {champion['version']}"),
        ("Why", champion["why"]),
    ]
    if not model:
        return facts
    facts.append(("Learnt from", f"{model['rows']:,} rows with a known outcome"))
    if model["positives"] is not None:
        facts.append(("Positives", f"{model['positives']:,} ({model['positives'] / model['rows']:.1%})"))
    if model["value"] is not None:
        ends = f"{_number(model['low'])} to {_number(model['high'])}"
        facts.append(("Expected on new rows", f"{model['metric']} {_number(model['value'])} (95 %: {ends})"))
        facts.append(("Better than knowing nothing", "yes" if model["above_chance"] else "not shown"))
    if held := model["holdout"]:
        facts.append(("Held out", _on_holdout(model["metric"], held)))
    if model["threshold"] is not None:
        facts.append(("Predicts a yes above", _number(model["threshold"])))
    if model["calibration"]:
        told = model["calibration"]
        errors = (
            f"calibration error {_number(told['error_before'])} before, {_number(told['error_after'])} after"
        )
        facts.append(("Calibration", f"{told['method']}; {errors}"))
    if model["message"]:
        facts.append(("Remark", model["message"]))
    return facts


def _on_holdout(metric: str, held: Mapping[str, Any]) -> str:
    """How the model did on the rows that nothing was learnt from."""
    if held["value"] is None:
        return f"{held['rows']:,} rows, too few or too alike to measure"
    ends = f"{_number(held['low'])} to {_number(held['high'])}"
    return (
        f"{metric} {_number(held['value'])} (95 %: {ends}) on {held['rows']:,} rows that no training has read"
    )


def _pictures(found: Sequence[tuple[Dependence, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """One picture a slot, all on the same scale: what hardly moves the answer is seen to be flat."""
    # A slot of nothing but missing values has no picture.
    found = [pair for pair in found if not np.isnan(pair[0].values).all()]
    answers = [answer for one, _ in found for answer in one.answers]
    low, high = min(answers, default=0.0), max(answers, default=0.0)
    return [_picture(one, row, low, high) for one, row in found]


def _picture(one: Dependence, row: Mapping[str, Any], low: float, high: float) -> dict[str, Any]:
    """A line over a numeric slot's values, or a bar for each level."""
    levels = row["levels"] or []
    known = [
        (value, answer) for value, answer in zip(one.values, one.answers, strict=True) if not np.isnan(value)
    ]
    null = next(
        (answer for value, answer in zip(one.values, one.answers, strict=True) if np.isnan(value)), None
    )
    picture = {
        "name": row["name"],
        "low": low,
        "high": high,
        "null": null,
        "width": _WIDTH,
        "height": _HEIGHT,
    }
    if row["kind"] == "categorical":
        top = max(high, 0.0) - min(low, 0.0) or 1.0
        bars = [
            {"level": _level(int(value), levels), "answer": answer, "share": 100 * abs(answer) / top}
            for value, answer in known
        ]
        return {**picture, "bars": bars}
    first, last = known[0][0], known[-1][0]
    points = [
        f"{_WIDTH * (value - first) / ((last - first) or 1):.1f}"
        f" {_HEIGHT - _HEIGHT * (answer - low) / ((high - low) or 1):.1f}"
        for value, answer in known
    ]
    return {**picture, "line": "M" + " L".join(points), "first": first, "last": last}


def _level(code: int, levels: Sequence[str]) -> str:
    return levels[code - 1] if 1 <= code <= len(levels) else "(other)"
