"""The monitoring page: a snapshot poured into one HTML file that asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from tiltyard.monitoring.formats import SKILLS, change_text, count_text, duration_text, tile_text
from tiltyard.monitoring.snapshot import Snapshot, groups
from tiltyard.monitoring.tiles import TILES, TileValue

PLATFORM = "platform"
STATES = {  # state: how it reads, and its colour
    "quarantined": ("quarantined", "bad"),
    "error": ("error", "bad"),
    "timeout": ("timeout", "bad"),
    "below_chance": ("below chance", "warn"),
    "no_signal": ("no signal", "warn"),
    "one_class": ("one class", "mild"),
    "too_few_rows": ("too few rows", "mild"),
    "not_trained": ("not trained", "mild"),
    "ok": ("ok", "good"),
}
_RUN_TONES = {"ok": "good", "failed": "bad", "lost": "bad"}
_LEARNERS = ("linear", "forest", "boosting", "pooled", "residual", "blend", "prior")
_ON_PLATFORM = {"worst": 50, "runs": 20}


def render(snapshot: Snapshot) -> str:
    """Return the page as HTML text.

    Every name and message in it is escaped, and its content policy lets only the page's own scripts run and
    nothing be fetched. Its size is bounded, whatever the number of tenants; 5 MB of it are plotly.js.
    """
    plotly, script = get_plotlyjs(), _asset("page.js")
    return _template().render(
        policy=_policy(plotly, script),
        css=Markup(_asset("page.css")),
        plotly=Markup(plotly),
        script=Markup(script),
        as_of=f"{snapshot.as_of:%-d %B %Y, %H:%M} UTC",
        as_of_iso=snapshot.as_of.isoformat(timespec="seconds"),
        more_apps=snapshot.more_apps,
        champions=snapshot.champions_by_learner,
        data=_data(snapshot),
        scopes=_scopes(snapshot),
        worst=_worst(snapshot),
        runs=_runs(snapshot),
    )


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_asset("page.html"))


def _asset(name: str) -> str:
    return (files("tiltyard.monitoring") / "assets" / name).read_text(encoding="utf-8")


def _policy(*scripts: str) -> str:
    """Allow these scripts by their hash; whatever else got into the page would not run."""
    digests = [hashlib.sha256(script.encode()).digest() for script in scripts]
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    # Plotly writes style elements.
    return f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:"


def _ids(snapshot: Snapshot) -> dict[str | None, str]:
    """Return an id for each scope that is safe in any attribute, unlike an app's name."""
    return {None: PLATFORM, **{app: f"app-{number}" for number, app in enumerate(snapshot.apps)}}


def _scopes(snapshot: Snapshot) -> list[dict[str, Any]]:
    return [_scope(snapshot, app, scope) for app, scope in _ids(snapshot).items()]


def _scope(snapshot: Snapshot, app: str | None, scope: str) -> dict[str, Any]:
    hours = _of(snapshot.scores_per_hour, app)
    return {
        "id": scope,
        "app": app,
        "title": "All apps" if app is None else app,
        "tiles": [_tile(tile) for tile in _shown([tile for tile in snapshot.tiles if tile.app == app])],
        "spark": _sparkline([row["moving_average"] for row in hours]),
        "hours_text": _series_text(hours, "14 days", "one hour"),
        "days_text": _series_text(_of(snapshot.predictions_per_day, app), "8 weeks", "one day"),
        "skill": _skill_text(_of(snapshot.evaluation_skill, app)),
        "measure": _measure(_of(snapshot.evaluation_skill, app)),
        "champions": _champions_text(_of(snapshot.champions_by_learner, app)),
        "states": [
            {**_state(row["state"]), "tenants": f"{row['tenants']:,}"}
            for row in _of(snapshot.tenant_states, app)
        ],
        "runs": _of(snapshot.newest_runs, app),
    }


def _of(rows: list[dict[str, Any]], app: str | None) -> list[dict[str, Any]]:
    return [row for row in rows if row["app"] == app]


def _shown(tiles: list[TileValue]) -> list[TileValue]:
    """The tiles without the skills that the scope has none of; without any, that of classes stands for them."""
    known = {tile.name for tile in tiles if tile.name.startswith("evaluation_") and tile.value is not None}
    skills = known or {"evaluation_auroc"}
    return [tile for tile in tiles if tile.name in skills or not tile.name.startswith("evaluation_")]


def _tile(value: TileValue) -> dict[str, str]:
    tile = next(tile for tile in TILES if tile.name == value.name)
    command = f"{tile.empty} --app {value.app or 'APP'}" if tile.empty and not value.value else ""
    return {
        "name": tile.name,
        "title": tile.title,
        "note": tile.note,
        "empty": command,
        "raw": "" if value.value is None else repr(value.value),
        "text": tile_text(value.value, value.unit),
        "change": change_text(value.value, value.before, value.unit) if tile.weekly else "",
    }


def _sparkline(values: list[float]) -> str:
    """Return an SVG path of the values in a box of 200 x 64, 0 at the bottom; nothing without a line."""
    top = max(values, default=0.0)
    if top == 0 or len(values) == 1:
        return ""
    step = 200 / (len(values) - 1)
    points = [f"{place * step:.1f} {62 - 58 * value / top:.1f}" for place, value in enumerate(values)]
    return "M" + " L".join(points)


def _series_text(rows: list[dict[str, Any]], time: str, step: str) -> str:
    counts = [row["count"] for row in rows]
    if not any(counts):
        return ""
    return f"{sum(counts):,} in the last {time}, at most {max(counts):,} in {step}. Times are UTC."


def _measure(rows: list[dict[str, Any]]) -> str:
    return SKILLS[rows[0]["measure"]] if rows else "skill"


def _skill_text(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return ""
    row = rows[0]
    return (
        f"{row['tenants']:,} tenants, median {row['median']:.3f}, "
        f"half of them between {row['lower_quartile']:.3f} and {row['upper_quartile']:.3f}"
    )


def _champions_text(rows: list[dict[str, Any]]) -> str:
    return ", ".join(f"{_group(row)} {row['tenants']:,}" for row in rows)


def _group(row: Mapping[str, Any]) -> str:
    """Name what serves a tenant: its own learner, or the level it falls back to."""
    if row["fallback"] == "tenant":
        return str(row["learner"] or "unknown")
    return f"no own model ({row['fallback']})"


def _worst(snapshot: Snapshot) -> list[dict[str, Any]]:
    return [
        {
            **row,
            **_place(snapshot, row, "worst"),
            **_state(row["state"]),
            "skill": _skill(row),
            "rows": count_text(row["rows"]),
            "served": _served(row),
        }
        for row in snapshot.worst_tenants
    ]


def _skill(row: Mapping[str, Any]) -> str:
    if row["skill"] is None:
        return ""
    unit = "" if row["measure"] == "AUROC" else f"{SKILLS[row['measure']]} "
    return f"{unit}{row['skill']:.3f}"


def _state(state: str) -> dict[str, str]:
    title, tone = STATES.get(state, (state, "mild"))
    return {"title": title, "tone": tone}


def _served(row: Mapping[str, Any]) -> str:
    if row["fallback"] is None:
        return "nothing yet"
    return f"own {row['learner']}" if row["fallback"] == "tenant" else f"the {row['fallback']} model"


def _runs(snapshot: Snapshot) -> list[dict[str, Any]]:
    return [
        {
            **row,
            **_place(snapshot, row, "runs"),
            "app": "platform" if row["app"] is None else row["app"],
            "tone": _RUN_TONES.get(row["status"], "mild"),
            "took": duration_text(row["seconds"]),
            "rows": count_text(row["rows"]),
        }
        for row in snapshot.newest_runs
    ]


def _place(snapshot: Snapshot, row: Mapping[str, Any], table: str) -> dict[str, Any]:
    """Say whose row it is, and whether it is also among the first of all apps."""
    scope = _ids(snapshot)[row["app"]]
    return {"scope": scope, "top": int(row["platform_rank"] <= _ON_PLATFORM[table])}


def _data(snapshot: Snapshot) -> dict[str, Any]:
    """Return what the charts draw, by scope id."""
    ids = _ids(snapshot)
    medians = {row["app"]: row["median"] for row in snapshot.evaluation_skill}
    of_classes = [row["bin"] for row in snapshot.skill_distribution if row["measure"] == "AUROC"]
    first = {"AUROC": min(0.4, min(of_classes, default=20) // 4 / 10), "R2": 0.0}
    champions = [
        {"scope": ids[row["app"]], "app": row["app"], "group": _group(row), "tenants": row["tenants"]}
        for row in snapshot.champions_by_learner
    ]
    return {
        "hours": {ids[app]: _series(rows, 48) for app, rows in groups(snapshot.scores_per_hour)},
        "days": {ids[app]: _series(rows, 14) for app, rows in groups(snapshot.predictions_per_day)},
        "skill": {
            ids[app]: {
                "measure": SKILLS[rows[0]["measure"]],
                "from": first[rows[0]["measure"]],
                "bins": [row["bin"] for row in rows],
                "tenants": [row["tenants"] for row in rows],
                "median": medians[app],
            }
            for app, rows in groups(snapshot.skill_distribution)
        },
        "champions": champions,
        "colours": _colours(sorted({row["group"] for row in champions})),
    }


def _series(rows: list[dict[str, Any]], least: int) -> dict[str, list[Any]]:
    """Return an app's hours or days, from a little before its first score on but at least so many."""
    busy = next((place for place, row in enumerate(rows) if row["count"]), len(rows))
    rows = rows[max(0, min(busy - least // 4, len(rows) - least)) :]
    return {
        "times": [row["time"] for row in rows],
        "counts": [row["count"] for row in rows],
        "averages": [round(row["moving_average"], 2) for row in rows],
    }


def _colours(groups: Collection[str]) -> dict[str, str]:
    """Return the style sheet's colour of each group, own models first."""
    shared = {name: "none" if "(prior)" in name else "shared" for name in groups if name.endswith(")")}
    own = {name: name if name in _LEARNERS else "other" for name in groups if name not in shared}
    return {**own, **shared}
