"""Write a commented starter configuration for a new team. No Spark, no warehouse."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from tiltyard.config import packaged_conf
from tiltyard.errors import ConfigError
from tiltyard.exits import last_line

EXAMPLE = """\
# One app: one prediction for every tenant. Copy this file for each of yours; its name is the app's name.
# `tiltyard train --app example --dry-run` shows what it means without touching anything.
app: example
problem: binary

# The source table, filled by `tiltyard ingest --app example --input FILE`.
source: leads

# The columns that name a tenant. Without them all rows are one tenant.
tenant: [organization]

# The columns that name one record: unique, never null.
key: [lead_id]

# When the record happened. It makes folds train on the past and validate on what came next,
# and --since and --until work on it. Dates and texts without a zone are read in time_zone.
time: created_at
time_zone: UTC

# A boolean column or a SQL condition over the source's columns; null where the outcome is not known yet.
label: status = 'converted'

# Columns a model must not see: written after the outcome, or not allowed to matter.
# Tenant and key columns, and those in the label, are left out by themselves.
exclude: []

# Types are inferred; set the ones that are inferred wrongly. conf/README.md lists them.
fields: {}
#  postcode: PostalCode

# What follows is optional; base.yaml has the defaults.
# folds:
#   count: 3
#   by: time            # hash, time, or group with `group: [customer]`
# tournament:
#   metric: auroc       # auroc, aupr, log_loss, brier
# gates:
#   min_rows: 100       # a tenant with fewer rows is served by what others taught
"""


def write(directory: Path) -> list[Path]:
    """Write base.yaml, env/local.yaml and apps/example.yaml; all of them or none.

    Raises
    ------
    ConfigError : one of the files is already there
    """
    texts = platform_texts(directory) | {directory / "apps" / "example.yaml": EXAMPLE}
    present = [str(path) for path in texts if path.exists()]
    if present:
        raise ConfigError(f"tiltyard init overwrites nothing, and there already is {', '.join(present)}.")
    return write_texts(texts)


def platform_texts(directory: Path) -> dict[Path, str]:
    """What a configuration folder needs beside its apps: base.yaml and env/local.yaml, as they are packaged."""
    names = ("base.yaml", "env/local.yaml")
    return {directory / name: packaged_conf().joinpath(name).read_text(encoding="utf-8") for name in names}


def write_texts(texts: Mapping[Path, str]) -> list[Path]:
    """Write files, making their folders."""
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(texts)


def main(directory: Path) -> int:
    """Write the files, say what comes next, and return the exit code."""
    try:
        written = write(directory)
    except (ConfigError, OSError) as error:
        print(error, file=sys.stderr)
        print(last_line({"command": "init", "status": "failed", "exit_code": 2, "error": str(error)}))
        return ConfigError.exit_code
    for path in written:
        print(f"wrote {path}")
    print(f"Next: edit {written[-1]}, then tiltyard train --app example --conf {directory} --dry-run")
    print(last_line({"command": "init", "status": "ok", "files": [str(path) for path in written]}))
    return 0


if __name__ == "__main__":
    from tiltyard.cli import main as cli

    sys.exit(cli(["init", *sys.argv[1:]]))
