"""The command line: declares commands and options; the work is in `tiltyard.jobs`.

Nothing heavy is imported here, so that `tiltyard --help` answers at once.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum, StrEnum
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from tiltyard import __version__

cli = typer.Typer(
    name="tiltyard",
    help="One pipeline and one tournament of models for every tenant, over Delta tables.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
models = typer.Typer(
    help="The champions: list, show, roll back.", no_args_is_help=True, rich_markup_mode=None
)
cli.add_typer(models, name="models")
apps = typer.Typer(help="Apps: propose a new one.", no_args_is_help=True, rich_markup_mode=None)
cli.add_typer(apps, name="app")

_DAY = ["%Y-%m-%d"]
Since = Annotated[
    datetime | None, typer.Option(formats=_DAY, metavar="DATE", help="First day of the app's time to use.")
]
Until = Annotated[
    datetime | None, typer.Option(formats=_DAY, metavar="DATE", help="First day not to use any more.")
]


class Format(StrEnum):
    """Input formats of ingest."""

    csv = "csv"
    parquet = "parquet"
    delta = "delta"


class Problem(StrEnum):
    """What an app may predict."""

    binary = "binary"
    multiclass = "multiclass"
    regression = "regression"


def _common(
    app: Annotated[str | None, typer.Option("--app", help="The app: conf/apps/<app>.yaml.")] = None,
    conf: Annotated[
        Path | None,
        typer.Option("--conf", help="Folder of the configuration; default ./conf, else built in."),
    ] = None,
    env: Annotated[
        str, typer.Option("--env", envvar="TILTYARD_ENV", help="The environment: conf/env/<env>.yaml.")
    ] = "local",
    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Override one key, such as gates.min_rows=50; repeatable."
        ),
    ] = None,
    run_date: Annotated[
        datetime | None,
        typer.Option(
            "--run-date", formats=_DAY, metavar="DATE", help="Logical date of the run; default today, UTC."
        ),
    ] = None,
    tenants: Annotated[
        str | None,
        typer.Option("--tenants", metavar="A,B", help="Only these tenants; quote one with a comma."),
    ] = None,
    warehouse: Annotated[
        str | None, typer.Option("--warehouse", help="Folder, URL or catalog.schema of the tables.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be done and touch nothing.")
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Only JSON on standard output; lines for people go to standard error."),
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the traceback of an error.")] = False,
) -> None:
    """Declare the options every command has."""


def _command(group: typer.Typer, job: str) -> Callable[[Callable[..., None]], None]:
    """Register a function as a command: its parameters are the job's own options, its docstring the help."""

    def register(declared: Callable[..., None]) -> None:
        own, common = _parameters(declared), _parameters(_common)
        parameters = {**own, **{name: one for name, one in common.items() if name not in own}}

        def run(**values: Any) -> None:
            given = {name: _plain(value) for name, value in values.items()}
            from tiltyard.job import launch

            options = _options({name: given[name] for name in common})
            mine = {name: given[name] for name in own if name not in common}
            raise typer.Exit(launch(job, options, **mine))

        run.__doc__ = declared.__doc__
        run.__signature__ = inspect.Signature(list(parameters.values()))  # type: ignore[attr-defined]
        run.__annotations__ = {name: one.annotation for name, one in parameters.items()}
        group.command(declared.__name__.strip("_"))(run)

    return register


def _parameters(function: Callable[..., None]) -> dict[str, inspect.Parameter]:
    """Return a function's parameters with real types; keyword-only, so that any order is right."""
    hints = get_type_hints(function, include_extras=True)
    return {
        name: one.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, one in inspect.signature(function).parameters.items()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date()
    return value.value if isinstance(value, Enum) else value


def _options(given: dict[str, Any]) -> Any:
    import csv

    from tiltyard.job import Options

    names = next(csv.reader([given["tenants"] or ""]), [])
    return Options(**{**given, "overrides": tuple(given["overrides"] or ()), "tenants": tuple(names)})


@_command(cli, "ingest")
def ingest(
    input: Annotated[str, typer.Option("--input", help="File, folder, URL or table to read.")],
    format: Annotated[Format, typer.Option("--format", help="How it is stored.")] = Format.csv,
) -> None:
    """Bring rows into the app's source table; refused rows are kept with their reason."""


@_command(cli, "train")
def train(since: Since = None, until: Until = None) -> None:
    """Run the tournament of every tenant and choose champions."""


@_command(cli, "score")
def score(since: Since = None, until: Until = None) -> None:
    """Score the rows whose outcome is not known yet."""


@_command(cli, "evaluate")
def evaluate(since: Since = None, until: Until = None) -> None:
    """Compare scores with the outcomes that have arrived since."""


@_command(cli, "monitor")
def monitor() -> None:
    """Compute the numbers of the monitoring page."""


@_command(cli, "dashboard")
def dashboard(
    output: Annotated[Path, typer.Option("--output", help="The HTML file to write.")] = Path(
        ".tiltyard/dashboard.html"
    ),
) -> None:
    """Write the monitoring page as one HTML file."""


@_command(cli, "tenants")
def tenants(
    status: Annotated[
        str | None, typer.Option("--status", help="Only tenants of this status, such as ok.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, the worst first.")] = 50,
) -> None:
    """List an app's tenants, the worst first."""


@_command(cli, "sharing")
def sharing(
    shares_data: Annotated[
        bool | None,
        typer.Option(
            "--shares-data/--no-shares-data", help="Whether other tenants may learn from their rows."
        ),
    ] = None,
    segment: Annotated[
        str | None, typer.Option("--segment", metavar="NAME", help="What they belong to; empty for nothing.")
    ] = None,
) -> None:
    """Say of --tenants whether the model of all tenants may learn from them, and their segment."""


@_command(cli, "demo")
def demo() -> None:
    """Two apps from raw rows to the monitoring page, on real flights and made-up leads."""


@_command(models, "models list")
def _list(
    app: Annotated[str | None, typer.Argument(metavar="[APP]", help="The app; all without it.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many.")] = 50,
) -> None:
    """List the champions."""


@_command(models, "models show")
def show(
    app: Annotated[str, typer.Argument(metavar="APP")],
    tenant: Annotated[str, typer.Argument(metavar="TENANT")],
    card: Annotated[
        Path | None, typer.Option("--card", metavar="FILE", help="Write its model card there, as HTML.")
    ] = None,
) -> None:
    """Show a tenant's champion, its leaderboard and its features."""


@_command(models, "models rollback")
def rollback(
    app: Annotated[str, typer.Argument(metavar="APP")],
    tenant: Annotated[str, typer.Argument(metavar="TENANT")],
    to: Annotated[
        str | None, typer.Option("--to", metavar="VERSION", help="Default: the previous good one.")
    ] = None,
) -> None:
    """Make an earlier version of a tenant's model the champion again."""


@_command(apps, "app new")
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name: letters, digits, underscores.")],
    data: Annotated[str, typer.Option("--data", help="File, folder, URL, table or source to look at.")],
    label: Annotated[
        str,
        typer.Option("--label", metavar="COLUMN", help="What to predict: a column, or a SQL expression."),
    ],
    tenant: Annotated[
        list[str] | None,
        typer.Option("--tenant", metavar="COLUMN", help="A column that names a tenant; repeatable."),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option("--key", metavar="COLUMN", help="A column that names a record; default: found."),
    ] = None,
    format: Annotated[
        Format | None, typer.Option("--format", help="How it is stored; default: guessed.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the app if it is there.")] = False,
    problem: Annotated[
        Problem | None, typer.Option("--problem", help="What kind of label; default: by its values.")
    ] = None,
) -> None:
    """Propose an app from its data, with the evidence for every value: conf/apps/NAME.yaml."""


@cli.command()
def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write, such as conf.")],
) -> None:
    """Write a commented starter configuration."""
    from tiltyard.jobs.init import main as write

    raise typer.Exit(write(directory))


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tiltyard {__version__}")
        raise typer.Exit()


@cli.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and exit."),
    ] = False,
) -> None:
    """Declare the options before the command."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Examples
    --------
    >>> main(["--version"])  # doctest: +ELLIPSIS
    tiltyard ...
    0
    """
    try:
        cli(args=list(sys.argv[1:] if argv is None else argv), prog_name="tiltyard")
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0 if done.code is None else 1
    return 0
