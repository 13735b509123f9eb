"""What the make targets run before Python: finding a Java that Spark accepts. And the guard of a name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

JAVA = """#!/bin/sh
echo "    java.home = $(dirname "$(dirname "$0")")" >&2
echo "    java.specification.version = {version}" >&2
"""


def _java(home: Path, version: int) -> Path:
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(JAVA.format(version=version))
    java.chmod(0o755)
    return home


def _asked(roots: Path, path: Path, java_home: Path | None = None) -> subprocess.CompletedProcess[str]:
    """bin/java-home as nobody who may install anything: there is no apt-get on the PATH."""
    for tool in ("sh", "dirname", "grep", "sed", "tr", "cat", "id"):
        found = next(place for place in ("/usr/bin", "/bin") if (Path(place) / tool).exists())
        if not (path / tool).exists():
            (path / tool).symlink_to(Path(found) / tool)
    env = {"PATH": str(path), "TILTYARD_JAVA_ROOTS": str(roots)}
    if java_home:
        env["JAVA_HOME"] = str(java_home)
    return subprocess.run(["bin/java-home"], env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "path").mkdir()
    return tmp_path / "path"


def test_java_home_comes_first_and_then_the_path_and_then_the_roots(tmp_path: Path, path: Path) -> None:
    named, rooted = _java(tmp_path / "named", 21), _java(tmp_path / "roots" / "jdk-17", 17)
    assert _asked(tmp_path / "roots", path, named).stdout.strip() == str(named)
    assert _asked(tmp_path / "roots", path).stdout.strip() == str(rooted)
    there = _java(tmp_path / "there", 17)
    (path / "java").symlink_to(there / "bin" / "java")
    assert _asked(tmp_path / "roots", path).stdout.strip() == str(tmp_path)  # where the link says it is


@pytest.mark.parametrize("version", [8, 11, 25])
def test_a_java_of_another_version_is_passed_by(tmp_path: Path, path: Path, version: int) -> None:
    wrong, right = _java(tmp_path / "wrong", version), _java(tmp_path / "roots" / "jdk-21", 21)
    assert _asked(tmp_path / "roots", path, wrong).stdout.strip() == str(right)


def test_without_any_the_commands_for_three_systems_are_told(tmp_path: Path, path: Path) -> None:
    done = _asked(tmp_path, path)
    assert done.returncode == 1 and done.stdout == ""
    for command in ("sudo apt-get install -y", "sudo dnf install -y", "brew install openjdk@17"):
        assert command.split(" install")[0] in done.stderr and "no Java 17 or 21 found" in done.stderr


def test_transformers_at_the_top_is_refused_with_the_right_name() -> None:
    """Hugging Face's package has that name."""
    done = subprocess.run(
        [sys.executable, "-c", "import transformers"],
        env={**os.environ, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and "from tiltyard.transformers import" in done.stderr
