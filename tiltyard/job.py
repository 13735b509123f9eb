"""What every command shares: its options, its run around the job, its exit code and its last line."""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from tiltyard.config import AppConfig, Config, list_apps, load_config, packaged_conf
from tiltyard.errors import ConfigError, DataContractError, TiltyardError
from tiltyard.exits import exit_code, last_line, short_message

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pyspark.sql import SparkSession

    from tiltyard.ledger import Run
    from tiltyard.progress import Progress
    from tiltyard.tables import Warehouse


@dataclass(frozen=True)
class Command:
    """What the launcher must know of a command.

    Parameters
    ----------
    module : the job module below `tiltyard.jobs`
    needs_app : whether `--app` is required
    writes : whether it has a row in the ledger; commands that only read have none
    creates : whether missing tables are created first
    reads : whether there must be a warehouse, for a command that does not create it
    begins : whether it makes the configuration, whose folder may be empty then, and answers --dry-run itself
    own : what the job module is told besides the user's options
    """

    module: str
    needs_app: bool = False
    writes: bool = False
    creates: bool = False
    reads: bool = True
    begins: bool = False
    own: Mapping[str, Any] = field(default_factory=dict)


COMMANDS: Mapping[str, Command] = {
    "ingest": Command("ingest", needs_app=True, writes=True, creates=True),
    "train": Command("train", needs_app=True, writes=True, creates=True),
    "score": Command("score", needs_app=True, writes=True, creates=True),
    "evaluate": Command("evaluate", needs_app=True, writes=True, creates=True),
    "monitor": Command("monitor", writes=True, creates=True),
    "dashboard": Command("dashboard"),
    "tenants": Command("tenants", needs_app=True),
    "sharing": Command("sharing", needs_app=True, writes=True, creates=True),
    "models list": Command("models", own={"action": "list"}),
    "models show": Command("models", needs_app=True, own={"action": "show"}),
    "models rollback": Command("models", needs_app=True, writes=True, own={"action": "rollback"}),
    "app new": Command("app", reads=False, begins=True),
    "demo": Command("demo", reads=False),
}


@dataclass(frozen=True)
class Options:
    """The options all commands have."""

    app: str | None = None
    conf: Path | None = None
    env: str = "local"
    overrides: tuple[str, ...] = ()
    run_date: date | None = None
    tenants: tuple[str, ...] = ()
    warehouse: str | None = None
    dry_run: bool = False
    as_json: bool = False
    verbose: bool = False

    @property
    def logical_date(self) -> date:
        """Return the run date, today in UTC by default."""
        return self.run_date or datetime.now(UTC).date()

    @property
    def lines(self) -> TextIO:
        """Return where lines for people go: standard output is kept for JSON with `--json`."""
        return sys.stderr if self.as_json else sys.stdout


@dataclass(frozen=True)
class Job:
    """What a job module's `run` gets.

    `tenants` is empty for all of them; `run` is None for a command that has no row in the ledger.
    """

    config: Config
    spark: SparkSession
    warehouse: Warehouse
    logical_date: date
    tenants: tuple[str, ...]
    as_json: bool
    progress: Progress
    run: Run | None = None
    options: Options = Options()

    @property
    def app(self) -> AppConfig:
        """Return the app's configuration.

        Raises
        ------
        ConfigError : the command was started without an app
        """
        if self.config.app is None:
            raise ConfigError("This job needs an app: give it one with --app.")
        return self.config.app

    @property
    def ledger(self) -> Run:
        """Return the run's ledger row, for jobs that have one."""
        if self.run is None:
            raise ConfigError("This job was started without a run in the ledger.")
        return self.run


def launch(command: str, options: Options, **own: Any) -> int:
    """Run a command as a process does: lines, one JSON summary last, an exit code; never a traceback.

    Returns
    -------
    The exit code; `tiltyard.exits` says which.
    """
    try:
        summary, code = execute(command, options, **own), 0
    except (Exception, KeyboardInterrupt) as error:
        code, message = exit_code(error), short_message(error)
        summary = {"status": "failed", "exit_code": code, "error": message}
        _tell(error, message, options)
    print(last_line({"command": command, **summary}), flush=True)
    return code


def execute(command: str, options: Options, **own: Any) -> dict[str, Any]:
    """Run a command in this process and return its summary; errors come as they are.

    Raises
    ------
    TiltyardError, or what Spark raises
    """
    config = _config(command, options)
    from tiltyard.progress import Progress
    from tiltyard.session import job_session
    from tiltyard.tables import Warehouse

    spark = job_session(config.platform.spark)
    warehouse = Warehouse(spark, config.platform.warehouse, config.platform.artifacts)
    label = f"{command} {options.app}" if options.app else command
    progress = Progress(label, spark, options.lines)
    if options.dry_run and not COMMANDS[command].begins:
        return _dry_run(command, config, warehouse, progress, options, own)
    job = Job(
        config,
        spark,
        warehouse,
        options.logical_date,
        options.tenants,
        options.as_json,
        progress,
        options=options,
    )
    return _run(COMMANDS[command], job, own)


def _config(command: str, options: Options) -> Config:
    if COMMANDS[command].needs_app and options.app is None:
        apps = ", ".join(list_apps(options.conf)) or "none yet"
        raise ConfigError(f"tiltyard {command} needs an app: give it one with --app (there are: {apps}).")
    overrides = options.overrides
    if options.warehouse is not None:
        overrides += (f"warehouse={json.dumps(options.warehouse)}",)
    conf: Traversable | None = options.conf
    if COMMANDS[command].begins and options.conf and not (options.conf / "base.yaml").is_file():
        conf = packaged_conf()
    from tiltyard.contenders import grid_problems

    return load_config(conf, options.app, options.env, overrides, grid_problems)


def _run(command: Command, job: Job, own: Mapping[str, Any]) -> dict[str, Any]:
    if command.creates:
        job.warehouse.create()
    elif command.reads:
        _check_warehouse(job.warehouse)
    module = importlib.import_module(f"tiltyard.jobs.{command.module}")
    with _ledger(command, job) as run:
        summary: dict[str, Any] = module.run(replace(job, run=run), **command.own, **own)
        summary = {"status": "ok", **summary, "seconds": _rounded(job.progress.seconds)}
        summary["jobs"] = dict(job.progress.jobs)
        summary["busy"] = {step: round(share, 2) for step, share in job.progress.busy.items()}
        if run is not None:
            run.note(summary=summary)
    return summary


def _ledger(command: Command, job: Job) -> AbstractContextManager[Run | None]:
    if not command.writes:
        return nullcontext()
    from tiltyard.ledger import open_run

    opened: AbstractContextManager[Run | None] = open_run(
        job.warehouse,
        job=command.module,
        app=job.options.app,
        logical_date=job.logical_date,
        config_hash=job.config.hash,
    )
    return opened


def _check_warehouse(warehouse: Warehouse) -> None:
    from pyspark.errors import AnalysisException

    try:
        warehouse.version("runs")
    except AnalysisException as error:
        raise DataContractError(
            f"There is no warehouse at '{warehouse.root}'. Make one with `tiltyard ingest` or "
            "`tiltyard demo`, or name another with --warehouse."
        ) from error


def _dry_run(
    command: str,
    config: Config,
    warehouse: Warehouse,
    progress: Progress,
    options: Options,
    own: Mapping[str, Any],
) -> dict[str, Any]:
    from tiltyard.plan import build_plan

    window = {name: own.get(name) for name in ("since", "until")}
    plan = build_plan(command, config, warehouse, options.logical_date, options.tenants, **window)
    for line in plan.lines():
        progress.show(line)
    return plan.summary()


def _rounded(seconds: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 1) for name, value in seconds.items()}


def _tell(error: BaseException, message: str, options: Options) -> None:
    if options.verbose:
        traceback.print_exception(error)
    print(message, file=sys.stderr)
    if not options.verbose and not isinstance(error, TiltyardError | KeyboardInterrupt):
        print("(--verbose shows the traceback)", file=sys.stderr)
