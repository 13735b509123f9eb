"""Delta's jars: resolved once, then named by their paths; resolved again wherever that could be wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tiltyard.delta_jars import DELTA_PACKAGE, delta_jars, remember_jars

RESOLVE = {"spark.jars.packages": DELTA_PACKAGE}


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("SPARK_HOME", "SPARK_CONF_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def jars(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in ("delta.jar", "storage.jar")]
    for path in paths:
        path.touch()
    return paths


def _started(jars: list[Path], **more: str) -> dict[str, str]:
    return {**RESOLVE, "spark.jars": ",".join(f"file://{path}" for path in jars), **more}


def test_the_first_start_resolves_and_later_ones_name_the_jars(jars: list[Path]) -> None:
    assert delta_jars({}) == RESOLVE
    remember_jars(_started(jars))
    assert delta_jars({}) == {"spark.jars": f"{jars[0]},{jars[1]}"}


def test_a_jar_that_is_gone_is_resolved_again(jars: list[Path]) -> None:
    remember_jars(_started(jars))
    jars[1].unlink()
    assert delta_jars({}) == RESOLVE


@pytest.mark.parametrize("name", ["spark.jars", "spark.jars.packages"])
def test_beside_configured_jars_the_package_is_resolved(jars: list[Path], name: str) -> None:
    remember_jars(_started(jars))
    assert delta_jars({name: "mine"}) == RESOLVE


@pytest.mark.parametrize("name", ["SPARK_HOME", "SPARK_CONF_DIR"])
def test_a_spark_of_ones_own_may_have_jars_of_its_own(
    jars: list[Path], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    remember_jars(_started(jars))
    monkeypatch.setenv(name, "/opt/spark")
    assert delta_jars({}) == RESOLVE


def test_jars_of_other_packages_are_not_remembered(jars: list[Path]) -> None:
    remember_jars({**_started(jars), "spark.jars.packages": f"{DELTA_PACKAGE},org.other:other:1"})
    remember_jars({"spark.jars": str(jars[0])})
    remember_jars(RESOLVE)
    assert delta_jars({}) == RESOLVE


def test_somebodys_own_jar_is_not_remembered_for_sessions_without_it(
    jars: list[Path], tmp_path: Path
) -> None:
    remember_jars(_started([*jars, tmp_path / "mine" / "own.jar"]))
    assert delta_jars({}) == RESOLVE


def test_a_home_that_cannot_be_written_does_no_harm(
    jars: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    remember_jars(_started(jars))
    assert delta_jars({}) == RESOLVE


def test_two_processes_resolve_one_after_the_other(tmp_path: Path) -> None:
    said = tmp_path / "said"
    code = (
        "import sys, time; from tiltyard.delta_jars import resolving_alone\n"
        "with resolving_alone(), open(sys.argv[1], 'a') as said:\n"
        "    print('in', file=said, flush=True); time.sleep(0.3); print('out', file=said, flush=True)\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", code, str(said)]) for _ in range(2)]
    assert [one.wait() for one in started] == [0, 0]
    assert said.read_text().split() == ["in", "out"] * 2
