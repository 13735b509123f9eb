"""`tiltyard app new` on a CSV file: what it writes can be ingested and trained as it stands."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.rides import CONF, TRAINED, Place, frame
from tiltyard.cli import main
from tiltyard.config import load_config
from tiltyard.job import Options, execute


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration without apps, and the rides as a CSV file with a column that has no values."""
    folder = tmp_path_factory.mktemp("new")
    for name in ("base.yaml", "env/local.yaml"):
        (folder / "conf" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "conf" / name).write_text(
            CONF[name].replace("[prior, linear, boosting]", "[prior, linear]")
        )
    frame().assign(fax="").to_csv(folder / "rides.csv", index=False)
    return folder


def _options(folder: Path, **more: Any) -> Options:
    return Options(conf=folder / "conf", warehouse=str(folder / "warehouse"), **more)


def test_propose_ingest_train(spark: SparkSession, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, path = str(folder / "rides.csv"), folder / "conf" / "apps" / "late.yaml"
    argv = ["app", "new", "late", "--data", data, "--label", "late", "--tenant", "City"]
    argv += ["--conf", str(folder / "conf"), "--warehouse", str(folder / "warehouse")]
    assert main([*argv, "--json"]) == 0
    shown = capsys.readouterr()
    (line,) = shown.out.splitlines()
    told = json.loads(line)
    assert (told["tenant"], told["key"], told["time"], told["label"]) == (["city"], ["id"], "at", "late")
    assert told["file"] == str(path) and told["files"] == [str(path)]
    assert "Next:" in shown.err and "wrote" in shown.err
    text = path.read_text()
    assert "has values for them: fax." in text
    app = load_config(folder / "conf", "late").app
    assert app is not None
    assert (app.fields, app.exclude) == (
        {"at": "Timestamp", "rain": "Real", "stops": "Integral", "line": "Category"},
        (),
    )

    assert main(argv) == 2
    assert "overwrite it with --force" in capsys.readouterr().err
    assert path.read_text() == text

    for command in told["next"]:
        assert command.endswith(f"--conf {folder / 'conf'} --warehouse {folder / 'warehouse'}")
    assert told["next"][0].startswith(f"tiltyard ingest --app late --input {data} --conf")
    options = _options(folder, app="late", run_date=TRAINED)
    ingested = execute("ingest", options, input=data, format="csv")
    assert (ingested["rejected"], ingested["inserted"]) == (0, told["rows"])
    trained = execute("train", options, since=None, until=None)
    assert trained["by_status"] == {"no_signal": 1, "ok": 2, "one_class": 1, "too_few_rows": 1}


def test_a_source_that_is_there_needs_no_ingest(
    ingested: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = Options(conf=tmp_path / "conf", warehouse=ingested.root, dry_run=True)
    wishes = {"name": "second", "data": "rides", "label": "rain > 1", "tenant": ["line"]}
    planned = execute("app new", options, **wishes)
    assert planned["status"] == "planned" and planned["text"] in capsys.readouterr().out
    assert not (tmp_path / "conf").exists()
    path = tmp_path / "conf" / "apps" / "second.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    told = execute("app new", replace(options, dry_run=False), **wishes, force=True)
    assert path.read_text() == planned["text"]
    assert (told["source"], [line.split()[1] for line in told["next"]]) == ("rides", ["train", "train"])
    # A folder without base.yaml is a whole configuration afterwards.
    assert len(told["files"]) == 3
    assert load_config(tmp_path / "conf", "second").app.source == "rides"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["a-b", "--data", "x.csv", "--label", "y"], 2, "must be letters, digits and underscores, got 'a-b'"),
        (["x", "--data", "nowhere.csv", "--label", "y"], 2, "--data 'nowhere.csv' cannot be read as csv"),
        (["x", "--data", "rides.csv", "--label", "lat"], 3, "no column 'lat', did you mean 'late'?"),
        (["x", "--data", "rides.csv", "--label", "late", "--tenant", "cty"], 3, "did you mean 'city'?"),
    ],
)
def test_errors_and_that_nothing_is_written_then(
    spark: SparkSession,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    argv: list[str],
    code: int,
    message: str,
) -> None:
    monkeypatch.chdir(folder)
    # The JVM stays where it was started.
    assert main(["app", "new", *[str(folder / one) if one == "rides.csv" else one for one in argv]]) == code
    assert message in capsys.readouterr().err
    assert not (folder / "conf" / "apps" / "x.yaml").exists()
    assert not (folder / ".tiltyard").exists()
