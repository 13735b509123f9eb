"""The page's text, made from snapshots written by hand."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from plotly.offline import get_plotlyjs

from tests.spark.monitoring.example import AS_OF
from tiltyard.monitoring import TILES, Snapshot, TileValue, render
from tiltyard.monitoring.page import STATES

EVIL = '</script><script>alert("1")</script><img src=x onerror=alert(2)>&'


def _snapshot(*apps: str, tenant: str = "someone") -> Snapshot:
    """Return a page with one row of everything for each app."""
    scopes = (None, *apps)
    worst = {"state": "error", "reason": "Training failed", "message": tenant, "learner": tenant, "rows": 5,
             "fallback": "tenant", "skill": None, "measure": None, "outcomes": None, "tenant": tenant,
             "platform_rank": 1, "app_rank": 1}  # fmt: skip
    run = {"job": "train", "attempt": 1, "logical_date": "2013-12-18", "status": "failed",
           "seconds": 1.5, "rows": None, "started": "18 Dec 12:00", "error": tenant,
           "platform_rank": 1, "app_rank": 1}  # fmt: skip
    hour = {"time": "2013-12-18 14:30", "count": 24, "moving_average": 1.0}
    quartiles = {
        "measure": "AUROC",
        "tenants": 1,
        "lower_quartile": 0.7,
        "median": 0.7,
        "upper_quartile": 0.7,
    }

    def each(row: dict[str, Any], of: tuple[str | None, ...] = apps) -> list[dict[str, Any]]:
        return [{"app": app, **row} for app in of]

    return Snapshot(
        as_of=AS_OF,
        apps=apps,
        more_apps=0,
        tiles=[TileValue(tile.name, app, 0.5, "models") for app in scopes for tile in TILES],
        scores_per_hour=each(hour, scopes if apps else ()),
        predictions_per_day=each(hour, scopes if apps else ()),
        evaluation_skill=each(quartiles, scopes if apps else ()),
        skill_distribution=each({"measure": "AUROC", "bin": 28, "low": 0.7, "high": 0.725, "tenants": 1}),
        champions_by_learner=each({"learner": tenant, "fallback": "tenant", "tenants": 1}),
        tenant_states=each({"state": "error", "tenants": 1}, scopes if apps else ()),
        worst_tenants=each(worst),
        newest_runs=each(run),
    )


class Seen(HTMLParser):
    """What a browser would find: elements, and what they point at."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def test_names_and_messages_stay_text() -> None:
    html = render(_snapshot(EVIL, tenant=EVIL))
    seen = Seen(html)
    assert seen.tags.count("script") == 3  # data, plotly, ours
    assert "img" not in seen.tags
    assert not seen.handlers
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', html)
    assert data is not None
    assert json.loads(data[1])["champions"][0]["app"] == EVIL


def test_the_page_points_at_nothing_outside() -> None:
    assert set(Seen(render(_snapshot("a"))).links) == {"#main", "data:,"}


def test_plotly_is_there_once() -> None:
    assert render(_snapshot("a", "b")).count(get_plotlyjs()) == 1


def test_an_empty_platform_says_what_fills_it() -> None:
    html = render(_snapshot())
    for command in ("demo", "train --app APP", "score --app APP", "evaluate --app APP"):
        assert f"<code>tiltyard {command}</code>" in html


def test_a_part_without_data_says_what_fills_it() -> None:
    full = _snapshot("a")
    html = render(replace(full, skill_distribution=[], evaluation_skill=[], scores_per_hour=[]))
    assert "<code>tiltyard evaluate --app a</code>" in html
    assert "<code>tiltyard score --app a</code>" in html
    assert "<code>tiltyard evaluate" not in render(full)


def test_a_tile_without_value_shows_its_command() -> None:
    tiles = [TileValue("evaluation_auroc", None, None, "AUROC")]
    html = render(replace(_snapshot(), tiles=tiles))
    assert 'data-tile="evaluation_auroc" data-value=""' in html


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_words(state: str) -> None:
    full = _snapshot("a")
    worst = [{**full.worst_tenants[0], "state": state}]
    assert f">{STATES[state][0]}</span>" in render(replace(full, worst_tenants=worst))


def test_an_app_of_numbers_shows_r2_and_one_of_classes_auroc() -> None:
    """Of two skills a scope shows those it has; of none that of classes, empty."""
    full = _snapshot("flights", "minutes", "new")
    values = {("flights", "evaluation_auroc"): 0.7, ("minutes", "evaluation_r2"): 0.4}
    skills = ("evaluation_auroc", "evaluation_r2")
    tiles = [
        replace(tile, value=values.get((tile.app or "", tile.name)), unit="AUROC")
        if tile.name in skills
        else tile
        for tile in full.tiles
    ]
    quartiles = [
        {**row, "measure": "R2"} if row["app"] == "minutes" else row for row in full.evaluation_skill
    ]
    worst = [{**row, "skill": -0.2, "measure": "R2"} for row in full.worst_tenants]
    html = render(replace(full, tiles=tiles, evaluation_skill=quartiles, worst_tenants=worst))
    assert html.count('data-tile="evaluation_r2"') == 1
    assert html.count('data-tile="evaluation_auroc"') == 3  # the platform, flights, and the new app
    assert "Histogram of the R² of minutes" in html and "Histogram of the AUROC of flights" in html
    assert "R² -0.200" in html
