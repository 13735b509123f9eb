"""Progress: plain lines where there is no terminal, seconds by step, and never a reason to fail."""

from __future__ import annotations

import doctest
import io
import re
import time
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from tiltyard import progress
from tiltyard.progress import Progress, running_tasks


def _plain(text: str) -> list[str]:
    return [
        re.sub(r"\d\d:\d\d:\d\d", "TIME", re.sub(r"\d+\.\d s", "N s", line)) for line in text.splitlines()
    ]


def _terminal() -> Progress:
    shown = Progress("train x", spark=SimpleNamespace(), file=io.StringIO())  # type: ignore[arg-type]
    shown.console = Console(file=io.StringIO(), force_terminal=True, highlight=False, width=80)
    return shown


def test_examples() -> None:
    result = doctest.testmod(progress)
    assert result.attempted > 0 and result.failed == 0


def test_plain_lines_tell_beginning_and_end() -> None:
    out = io.StringIO()
    told = Progress("train x", file=out)
    with told.step("folds"):
        told.say("3 folds [by time]")
    assert _plain(out.getvalue()) == [
        "TIME train x: folds ...",
        "TIME train x: 3 folds [by time]",
        "TIME train x: folds N s",
    ]


def test_a_failing_step_is_told_and_timed_and_the_error_goes_on() -> None:
    out = io.StringIO()
    told = Progress("train x", file=out)
    with pytest.raises(KeyError), told.step("folds"):
        raise KeyError("x")
    assert _plain(out.getvalue())[-1] == "TIME train x: folds failed after N s"
    assert list(told.seconds) == ["folds"]


def test_seconds_of_a_repeated_step_add_up() -> None:
    told = Progress("train x", file=io.StringIO())
    for _ in range(2):
        with told.step("folds"):
            time.sleep(0.01)
    assert told.seconds["folds"] >= 0.02


def test_long_lines_are_not_broken() -> None:
    out = io.StringIO()
    Progress("train x", file=out).say("y" * 300)
    assert len(out.getvalue().splitlines()) == 1


def test_a_bar_on_a_terminal_survives_a_session_that_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_POLL_SECONDS", 0.01)
    shown = _terminal()
    with shown.step("tournament"), shown.step("inner"):
        time.sleep(0.05)
    text = shown.console.file.getvalue()  # type: ignore[attr-defined]
    assert "train x: tournament" in text and set(shown.seconds) == {"tournament", "inner"}


def test_beside_a_bar_another_step_of_the_process_tells_lines() -> None:
    shown, beside = _terminal(), _terminal()
    with shown.step("both apps"), beside.step("train"):
        pass
    lines = beside.console.file.getvalue()  # type: ignore[attr-defined]
    assert _plain(lines) == ["TIME train x: train ...", "TIME train x: train N s"]
    with beside.step("score"):
        pass
    assert "score ..." not in beside.console.file.getvalue()  # type: ignore[attr-defined]


class _Tracker:
    """Two running stages, one of which ends between the two questions."""

    def getActiveStageIds(self) -> list[int]:
        return [1, 2, 3]

    def getStageInfo(self, stage: int) -> Any:
        return None if stage == 3 else SimpleNamespace(numCompletedTasks=stage, numTasks=10)


def test_tasks_are_those_of_the_running_stages() -> None:
    spark = SimpleNamespace(sparkContext=SimpleNamespace(statusTracker=_Tracker))
    assert running_tasks(spark) == (3, 20)  # type: ignore[arg-type]
    assert running_tasks(None) == (0, 0)
