"""Write the monitoring page: one HTML file that needs nothing else, not even a network."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from tiltyard.job import Job
from tiltyard.monitoring import register_views, render, take_snapshot
from tiltyard.tables import Warehouse


def run(job: Job, output: Path | None = None, as_of: datetime | None = None) -> dict[str, Any]:
    """Query the views and write the page.

    Parameters
    ----------
    output : the file; default `dashboard.html` beside the warehouse's folder
    as_of : the moment the page shows, default now
    """
    path = output or default_output(job.warehouse)
    job.warehouse.register()
    moment = register_views(job.spark, as_of)
    with job.progress.step("numbers"):
        snapshot = take_snapshot(job.spark, moment)
    with job.progress.step("page"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(snapshot), encoding="utf-8")
    return {
        "output": str(path),
        "as_of": moment.isoformat(timespec="seconds"),
        "apps": len(snapshot.apps) + snapshot.more_apps,
    }


def default_output(warehouse: Warehouse) -> Path:
    """Return `dashboard.html` beside a folder warehouse; in `.tiltyard` for a catalog or a URL."""
    if warehouse.in_catalog or "://" in warehouse.root:
        return Path(".tiltyard") / "dashboard.html"
    return Path(warehouse.root).parent / "dashboard.html"


if __name__ == "__main__":
    from tiltyard.cli import main

    sys.exit(main(["dashboard", *sys.argv[1:]]))
