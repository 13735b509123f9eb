"""How numbers read on the page."""

from __future__ import annotations

SKILLS = {"AUROC": "AUROC", "R2": "R²"}
"""What a skill is measured in, and how that reads."""


def count_text(value: float | None) -> str:
    """Return a count or a rate for people; nothing for None.

    >>> [count_text(value) for value in (0.0, 33.79, 1502.4, 2_345_678.0, None)]
    ['0', '33.8', '1,502', '2.35 M', '']
    """
    if value is None:
        return ""
    if value >= 1_000_000:
        return f"{value / 1_000_000:,.2f} M"
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


def tile_text(value: float | None, unit: str) -> str:
    """Return a tile's number; a dash while there is none.

    >>> tile_text(0.7164, "AUROC"), tile_text(0.9365, "share"), tile_text(413.0, "models")
    ('0.716', '94%', '413')
    """
    if value is None:
        return "\N{EN DASH}"
    if unit in SKILLS:
        return f"{value:.3f}"
    return f"{value:.0%}" if unit == "share" else count_text(value)


def change_text(value: float | None, before: float | None, unit: str) -> str:
    """Return how a tile changed in a week: relative for counts, absolute for measures; nothing if unknown.

    >>> change_text(107.75, 61.2, "1/h"), change_text(0.716, 0.713, "AUROC"), change_text(0.90, 0.91, "share")
    ('up 76% in a week', 'up 0.003 in a week', 'down 1.0 points in a week')
    >>> change_text(5.0, 5.0, "models"), change_text(5.0, 0.0, "models"), change_text(5.0, None, "models")
    ('as a week before', '0 a week before', '')
    """
    if value is None or before is None:
        return ""
    difference = value - before
    if unit in SKILLS:
        size = f"{abs(difference):.3f}"
    elif unit == "share":
        size = f"{abs(100 * difference):.1f} points"
    elif before == 0:
        return "as a week before" if difference == 0 else "0 a week before"
    else:
        size = f"{abs(difference / before):.0%}"
    if not size.strip("0.% points"):
        return "as a week before"
    return f"{'up' if difference > 0 else 'down'} {size} in a week"


def duration_text(seconds: float | None) -> str:
    """Return a duration in its two largest units; nothing for None.

    >>> [duration_text(value) for value in (7.04, 240.0, 28_900.0, None)]
    ['7.0 s', '4 min 0 s', '8 h 1 min', '']
    """
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
