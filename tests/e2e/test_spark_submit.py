"""The jobs as a cluster runs them: real spark-submit, two executors, the library from the wheel."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pyspark
import pytest
from pyspark.sql import SparkSession

from tests.rides import TRAINED, Place
from tiltyard.delta_jars import DELTA_PACKAGE
from tiltyard.portfolio import shipped
from tiltyard.session import DELTA_CATALOG, DELTA_EXTENSION
from tiltyard.tables import Warehouse
from tiltyard.transformers._data import data_lines

SUBMIT = Path(sysconfig.get_path("scripts")) / "spark-submit"
DELTA = (f"spark.sql.extensions={DELTA_EXTENSION}", f"spark.sql.catalog.spark_catalog={DELTA_CATALOG}")
SMALL = (
    "spark.sql.adaptive.enabled=false",
    "spark.sql.shuffle.partitions=2",
    "spark.databricks.delta.snapshotPartitions=1",
    "spark.ui.enabled=false",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the checkout, under the name that executors accept."""
    folder = tmp_path_factory.mktemp("wheel")
    ignored = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__")
    shutil.copytree(".", folder / "source", symlinks=True, ignore=ignored)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(folder / "source")], check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    shutil.rmtree(folder / "source")
    return built.rename(folder / "tiltyard.zip")


@pytest.fixture(scope="module")
def place(ingested: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    return ingested.copy(tmp_path_factory.mktemp("cluster"))


def submit(wheel: Path, place: Place, job: str, *arguments: str) -> tuple[int, dict[str, object], str]:
    """Run a job script; returns exit code, the last line's JSON and standard error."""
    script = Path("jobs").absolute() / f"{job}.py"
    options = [option for setting in (*DELTA, *SMALL) for option in ("--conf", setting)]
    # The library must come from the wheel: Python finds the checkout's copy only behind it.
    command = [
        *(str(SUBMIT), "--master", "local-cluster[2,1,1024]", "--packages", DELTA_PACKAGE, *options),
        *("--py-files", str(wheel), str(script), "--conf", str(place.folder / "conf")),
        *("--warehouse", place.root, "--app", "rides", *arguments),
    ]
    env = {**os.environ, "SPARK_HOME": str(Path(pyspark.__file__).parent), "PYSPARK_PYTHON": sys.executable}
    done = subprocess.run(command, cwd=place.folder, env=env, capture_output=True, text=True, timeout=900)
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else "{}"
    return done.returncode, json.loads(last), done.stderr


def test_the_wheel_brings_the_lists_of_the_stages(wheel: Path) -> None:
    names = sorted(path.name for path in Path("transformers/data").iterdir())
    count = f"from tiltyard.transformers import _data as d; print(d.__file__, [len(d.data_lines(n)) for n in {names}])"
    env = {**os.environ, "PYTHONPATH": str(wheel)}
    command = [sys.executable, "-c", count]
    done = subprocess.run(command, cwd=wheel.parent, env=env, capture_output=True, text=True, check=True)
    place, lengths = done.stdout.split(maxsplit=1)
    assert place.startswith(str(wheel))
    assert json.loads(lengths) == [len(data_lines(name)) for name in names]


def test_the_wheel_brings_the_records_of_the_portfolio(wheel: Path) -> None:
    count = "from tiltyard import portfolio as p; print(p.__file__, len(p.shipped('binary')))"
    env = {**os.environ, "PYTHONPATH": str(wheel)}
    command = [sys.executable, "-c", count]
    done = subprocess.run(command, cwd=wheel.parent, env=env, capture_output=True, text=True, check=True)
    place, records = done.stdout.split()
    assert place.startswith(str(wheel)) and int(records) == len(shipped("binary")) > 0


def test_train_and_score_from_the_wheel(spark: SparkSession, wheel: Path, place: Place) -> None:
    code, trained, error = submit(wheel, place, "train", "--run-date", str(TRAINED))
    assert code == 0, error
    assert trained["by_status"] == {"no_signal": 1, "ok": 2, "one_class": 1, "too_few_rows": 1}
    code, scored, error = submit(wheel, place, "score", "--run-date", "2026-03-02")
    assert code == 0, error
    assert scored["rows"] == 162
    warehouse = Warehouse(spark, place.root)
    assert warehouse.read("scores").count() == 162
    runs = {(row.job, row.status) for row in warehouse.read("runs").collect()}
    assert {("train", "ok"), ("score", "ok")} <= runs


def test_a_wrong_configuration_ends_with_2(wheel: Path, place: Place) -> None:
    code, last, error = submit(wheel, place, "train", "--set", "gates.min_row=5")
    assert (code, last["exit_code"]) == (2, 2)
    assert "gates.min_row" in str(last["error"]) and "min_rows" in str(last["error"]), error


def test_data_that_breaks_the_contract_ends_with_3(spark: SparkSession, wheel: Path, place: Place) -> None:
    wrong = ("--set", "label=never_seen = 1", "--run-date", "2026-01-05")
    code, last, error = submit(wheel, place, "train", *wrong)
    assert (code, last["exit_code"]) == (3, 3)
    assert "never_seen" in str(last["error"]), error
    failed = Warehouse(spark, place.root).read("runs").where("run_id = 'train-rides-2026-01-05'").collect()
    assert [row.status for row in failed] == ["failed"]
