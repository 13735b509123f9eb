"""Write the platform's numbers of now into `metrics`: every tile of every app, and of the platform."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

from pyspark.sql import functions as F

from tiltyard.job import Job
from tiltyard.monitoring import TILES, TileValue, register_views, tile_values
from tiltyard.tables import Where


def run(job: Job, as_of: datetime | None = None) -> dict[str, Any]:
    """Compute the tiles in one query and replace those of the same logical date in one commit.

    A tile with nothing to measure yet gets no row.

    Parameters
    ----------
    as_of : the moment the numbers are taken at, default now
    """
    job.warehouse.register()
    moment = register_views(job.spark, as_of)
    with job.progress.step("tiles"):
        values = tile_values(job.spark)
    with job.progress.step("write"):
        _write(job, values)
    return {"as_of": moment.isoformat(timespec="seconds"), "tiles": _by_scope(values)}


def _write(job: Job, values: list[TileValue]) -> None:
    known = [(tile.name, tile.app, tile.value, tile.unit) for tile in values if tile.value is not None]
    frame = job.spark.createDataFrame(known, "name STRING, app STRING, value DOUBLE, unit STRING").select(
        "*",
        F.expr("(SELECT as_of FROM clock)").alias("time"),
        F.lit(job.ledger.run_id).alias("run_id"),
        F.lit(job.logical_date).alias("logical_date"),
    )
    where: Where = {"name": [tile.name for tile in TILES], "logical_date": job.logical_date}
    version = job.warehouse.replace("metrics", frame, where, job.ledger.run_id)
    job.ledger.note(rows=len(known), outputs={"metrics": version})


def _by_scope(values: list[TileValue]) -> dict[str, Any]:
    apps: dict[str, dict[str, float | None]] = {}
    for tile in values:
        if tile.app is not None:
            apps.setdefault(tile.app, {})[tile.name] = tile.value
    return {"platform": {tile.name: tile.value for tile in values if tile.app is None}, "apps": apps}


if __name__ == "__main__":
    from tiltyard.cli import main

    sys.exit(main(["monitor", *sys.argv[1:]]))
