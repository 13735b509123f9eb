"""The command line: what is declared, how options reach a job, exit codes and the last line. No session."""

from __future__ import annotations

import doctest
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from delta.exceptions import ConcurrentAppendException

from tiltyard import cli, exits, job
from tiltyard.cli import main
from tiltyard.config import load_config
from tiltyard.errors import AlertsFiring, DataContractError, TooManyFailures, TryAgain
from tiltyard.job import COMMANDS, Options, launch


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    calls: list[Any] = []

    def record(command: str, options: Options, **own: Any) -> int:
        calls.append((command, options, own))
        return 0

    monkeypatch.setattr(job, "launch", record)
    return calls


def _fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def execute(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(job, "execute", execute)


def test_help_needs_no_spark() -> None:
    code = (
        "import sys; from tiltyard.cli import main; main(['train', '--help']);"
        "print([name for name in ('pyspark', 'pandas', 'mlflow', 'plotly') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (["trian"], "Did you mean 'train'?"),
        (["models", "shw"], "Did you mean 'show'?"),
        (["train", "--ap", "x"], "--app"),
        (["train", "--run-date", "1.2.2013"], "--run-date"),
        (["ingest", "--app", "x"], "--input"),
        (["ingest", "--app", "x", "--input", "f", "--format", "json"], "parquet"),
        (["tenants", "--limit", "0"], "--limit"),
        (["app", "nwe"], "Did you mean 'new'?"),
        (["app", "new", "x", "--label", "y"], "--data"),
        (["train", "extra"], "extra"),
    ],
)
def test_usage_errors_end_with_2_and_the_nearest_match(
    argv: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    assert hint in capsys.readouterr().err


def test_common_options_reach_the_job(launched: list[Any]) -> None:
    argv = "train --app x --conf c --env cluster --set a.b=1 --set c=2 --run-date 2013-11-01 --warehouse w"
    main(
        [
            *argv.split(),
            "--tenants",
            'UA|IAH,"a,b"',
            "--dry-run",
            "--json",
            "--verbose",
            "--since",
            "2013-01-01",
        ]
    )
    assert launched == [
        (
            "train",
            Options(
                app="x",
                conf=Path("c"),
                env="cluster",
                overrides=("a.b=1", "c=2"),
                run_date=date(2013, 11, 1),
                tenants=("UA|IAH", "a,b"),
                warehouse="w",
                dry_run=True,
                as_json=True,
                verbose=True,
            ),
            {"since": date(2013, 1, 1), "until": None},
        )
    ]


@pytest.mark.parametrize(
    ("argv", "command", "app", "own"),
    [
        ("ingest --app x --input f", "ingest", "x", {"input": "f", "format": "csv"}),
        ("score --app x --until 2013-02-01", "score", "x", {"since": None, "until": date(2013, 2, 1)}),
        ("evaluate --app x", "evaluate", "x", {"since": None, "until": None}),
        ("monitor", "monitor", None, {}),
        ("dashboard --output o.html", "dashboard", None, {"output": Path("o.html")}),
        ("tenants --app x --status ok --limit 3", "tenants", "x", {"status": "ok", "limit": 3}),
        (
            "sharing --app x --no-shares-data",
            "sharing",
            "x",
            {"shares_data": False, "segment": None},
        ),
        ("models list", "models list", None, {"limit": 50}),
        ("models show x UA|IAH", "models show", "x", {"tenant": "UA|IAH", "card": None}),
        (
            "models rollback x UA --to 2013-01-01",
            "models rollback",
            "x",
            {"tenant": "UA", "to": "2013-01-01"},
        ),
        ("demo", "demo", None, {}),
        (
            "app new x --data f.csv --label y --tenant a --tenant b --force",
            "app new",
            None,
            {
                "name": "x",
                "data": "f.csv",
                "label": "y",
                "tenant": ["a", "b"],
                "key": None,
                "format": None,
                "force": True,
                "problem": None,
            },
        ),
        ("train --app x", "train", "x", {"since": None, "until": None}),
    ],
)
def test_own_options_reach_the_job(
    launched: list[Any], argv: str, command: str, app: str | None, own: dict[str, Any]
) -> None:
    main(argv.split())
    assert [(given, options.app, rest) for given, options, rest in launched] == [(command, app, own)]
    assert command in COMMANDS


def test_every_command_is_declared(launched: list[Any]) -> None:
    for command in COMMANDS:
        assert main([*command.split(), "--help"]) == 0


def test_the_environment_comes_from_a_variable(launched: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TILTYARD_ENV", "cluster")
    main(["monitor"])
    assert launched[0][1].env == "cluster"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ZeroDivisionError("no"), 1),
        (DataContractError("no"), 3),
        (TooManyFailures("no"), 4),
        (AlertsFiring("no"), 5),
        (TryAgain("no"), 75),
        (ConcurrentAppendException("no"), 75),
        (KeyboardInterrupt(), 130),
    ],
)
def test_exit_codes_and_the_last_line_of_a_failure(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _fail_with(monkeypatch, error)
    assert main(["train", "--app", "x"]) == code
    shown = capsys.readouterr()
    last = json.loads(shown.out.splitlines()[-1])
    assert (last["command"], last["status"], last["exit_code"]) == ("train", "failed", code)
    assert last["error"] and "Traceback" not in shown.out + shown.err


def test_verbose_shows_the_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _fail_with(monkeypatch, ZeroDivisionError("no"))
    assert main(["train", "--app", "x", "--verbose"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_long_message_is_cut_at_the_plan() -> None:
    error = RuntimeError("[SOME_CONDITION] what\n\nJVM stacktrace:\n" + "at x\n" * 1000)
    assert exits.short_message(error) == "RuntimeError: [SOME_CONDITION] what"
    assert len(exits.short_message(RuntimeError("x" * 5000))) < 700


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["train", "--app", "flight_dely"], "did you mean 'flight_delay'?"),
        (["train"], "needs an app: give it one with --app (there are: flight_delay, lead_scoring)"),
        (["train", "--app", "flight_delay", "--set", "gates.min_row=5"], "did you mean 'min_rows'?"),
        (["train", "--app", "flight_delay", "--env", "locl"], "did you mean 'local'?"),
        (["monitor", "--warehouse", ""], "--set warehouse"),
    ],
)
def test_configuration_errors_end_with_2_before_any_session(
    argv: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tiltyard.session.job_session", lambda _: pytest.fail("a session was made"))
    assert main(argv) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert json.loads(shown.out.splitlines()[-1])["exit_code"] == 2


@pytest.mark.parametrize("module", [cli, exits])
def test_examples(module: Any) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0 and result.failed == 0


def test_a_successful_run_ends_with_its_summary(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(job, "execute", lambda *_, **__: {"status": "ok", "rows": 3, "day": date(2013, 1, 1)})
    assert launch("score", Options(app="x")) == 0
    assert json.loads(capsys.readouterr().out) == {
        "command": "score",
        "status": "ok",
        "rows": 3,
        "day": "2013-01-01",
    }


def test_init_writes_a_configuration_that_loads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path / "conf")]) == 0
    app = load_config(tmp_path / "conf", "example").app
    assert app is not None and app.tenant == ("organization",)
    files = json.loads(capsys.readouterr().out.splitlines()[-1])["files"]
    assert all(Path(file).read_text().startswith("#") for file in files)


def test_init_overwrites_nothing_and_writes_nothing_then(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "base.yaml").write_text("mine")
    assert main(["init", str(tmp_path)]) == 2
    assert "base.yaml" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["base.yaml"]
    assert (tmp_path / "base.yaml").read_text() == "mine"
