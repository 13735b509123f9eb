"""What the benchmarks share: a session, CPU seconds by part, the machine in words, tables and one JSON line."""

from __future__ import annotations

import json
import os
import platform
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import yaml
from pyspark.sql import DataFrame, SparkSession
from rich.console import Console
from rich.table import Table

from tiltyard.config import AppConfig, packaged_conf
from tiltyard.contenders import from_grids
from tiltyard.session import local_session
from tiltyard.tables import Warehouse
from tiltyard.usage import CpuMeter

CONF = yaml.safe_load((packaged_conf() / "base.yaml").read_text(encoding="utf-8"))
BASE = yaml.safe_dump({**CONF, "mlflow": {"enabled": False}})
APP = """\
app: bench
source: bench
tenant: [tenant]
key: [key]
label: label
"""
# What plays by default, where one table is one tenant and where tenants share their rows.
GRIDS = CONF["tournament"]["grids"]
LEARNERS = AppConfig(app="bench", source="bench", key=("key",), label="label").learners
TOGETHER = AppConfig(app="bench", source="bench", key=("key",), label="label", tenant=("tenant",)).learners
CONTENDERS = len(from_grids(TOGETHER, GRIDS, 0))
FOLDS = 3


@dataclass
class Cost:
    """CPU seconds of this process, its JVM and its workers; and seconds on the wall."""

    cpu: float = 0.0
    wall: float = 0.0


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure the body."""
    cost, started = Cost(), monotonic()
    with CpuMeter() as meter:
        yield cost
    cost.cpu, cost.wall = meter.seconds(), monotonic() - started


@contextmanager
def workplace() -> Iterator[tuple[SparkSession, Path]]:
    """A session on all cores and a folder with the benchmark's configuration; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="tiltyard-bench-") as name:
        folder = Path(name)
        for part in ("apps", "env"):
            (folder / "conf" / part).mkdir(parents=True)
        (folder / "conf" / "base.yaml").write_text(BASE)
        (folder / "conf" / "env" / "local.yaml").write_text("{}\n")
        (folder / "conf" / "apps" / "bench.yaml").write_text(APP)
        spark = local_session()
        try:
            yield spark, folder
        finally:
            spark.stop()


def filled(spark: SparkSession, root: Path, rows: DataFrame) -> Warehouse:
    """A warehouse whose source is these rows."""
    warehouse = Warehouse(spark, str(root))
    warehouse.create()
    warehouse.merge_source("bench", rows, ["tenant", "key"], "bench")
    return warehouse


def machine() -> str:
    """The machine in one line."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
    return f"{os.cpu_count()} x {model}, Python {platform.python_version()}, {platform.system()}"


def report(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], as_json: bool, **facts: Any
) -> None:
    """Print a table for people and, if asked, one JSON line last."""
    table = Table(*columns, title=f"{title}\n{machine()}")
    for row in rows:
        table.add_row(*row)
    Console(width=120).print(table)
    if as_json:
        print(json.dumps({"machine": machine(), **facts}))


def in_words(counts: Mapping[str, int]) -> str:
    """A mapping as 'name count, ...'."""
    return ", ".join(f"{name} {count}" for name, count in counts.items())
