"""Delta's jars: found by Spark's resolver once, named by their paths from then on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

DELTA_PACKAGE = "io.delta:delta-spark_4.2_2.13:4.4.0"

PACKAGES, _JARS = "spark.jars.packages", "spark.jars"


def delta_jars(conf: Mapping[str, str]) -> dict[str, str]:
    """The settings that bring Delta into a local session: its jars if an earlier one has found them, else its package.

    To resolve the package takes 3 s of every start, for the same answer. It is resolved all the same where jars are
    configured besides, in `conf` or in a Spark installation of one's own: Spark brings both together then.
    """
    elsewhere = {PACKAGES, _JARS} & conf.keys() or {"SPARK_HOME", "SPARK_CONF_DIR"} & os.environ.keys()
    known = [] if elsewhere else _known()
    if known and all(Path(path).is_file() for path in known):
        return {_JARS: ",".join(known)}
    return {PACKAGES: DELTA_PACKAGE}


@contextmanager
def resolving_alone() -> Iterator[None]:
    """Wait until no other process of this user resolves the package: two that fill one cache at once both fail.

    Without effect where there is nothing to lock: on Windows, or with a home that cannot be written.
    """
    with ExitStack() as held:
        if sys.platform != "win32":
            import fcntl

            with suppress(OSError):
                _list().parent.mkdir(parents=True, exist_ok=True)
                fcntl.flock(held.enter_context(_list().with_suffix(".lock").open("w")), fcntl.LOCK_EX)
        yield


def remember_jars(settings: Mapping[str, str]) -> None:
    """Keep the paths that a started session's settings name, if they are of Delta's package alone.

    The resolver puts all that it finds into one folder; a jar from elsewhere is somebody's own.
    """
    if settings.get(PACKAGES) != DELTA_PACKAGE or not settings.get(_JARS):
        return
    paths = [path.removeprefix("file://") for path in settings[_JARS].split(",")]
    if len({Path(path).parent for path in paths}) > 1:
        return
    with suppress(OSError):  # a home that cannot be written: the next start resolves again
        _list().parent.mkdir(parents=True, exist_ok=True)
        written = _list().with_suffix(f".{os.getpid()}")
        written.write_text("\n".join(paths))
        written.replace(_list())


def _known() -> list[str]:
    try:
        return _list().read_text().splitlines()
    except OSError:
        return []


def _list() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "tiltyard" / f"{DELTA_PACKAGE.replace(':', '_')}.jars"
