"""Say whose rows the model of all tenants may learn from, and which segment they belong to."""

from __future__ import annotations

import sys
from typing import Any

from pyspark.sql import functions as F

from tiltyard.errors import ConfigError
from tiltyard.job import Job


def run(job: Job, shares_data: bool | None = None, segment: str | None = None) -> dict[str, Any]:
    """Set what is given for the chosen tenants, known or not yet; the next training goes by it.

    An empty segment takes the tenants out of theirs.
    """
    given = {
        name: value
        for name, value in (("shares_data", shares_data), ("segment", segment))
        if value is not None
    }
    if not job.tenants or not given:
        raise ConfigError(
            "tiltyard sharing needs the tenants, with --tenants, and what to say of them: --shares-data,"
            " --no-shares-data or --segment NAME."
        )
    app = job.app.app
    known = job.warehouse.read("tenants").where(F.col("app") == app)
    chosen = job.spark.createDataFrame([(tenant,) for tenant in sorted(set(job.tenants))], "tenant string")
    said = {name: F.lit(None if value == "" else value) for name, value in given.items()}
    rows = chosen.join(known, "tenant", "left").withColumns({"app": F.lit(app), **said})
    # Nothing is known yet of a tenant that was never trained.
    rows = rows.fillna(0, ["rows", "consecutive_failures"])
    job.warehouse.merge("tenants", rows, ["app", "tenant"], job.ledger.run_id, where={"app": app})
    words = ", ".join(f"{name} {value}" for name, value in given.items())
    job.progress.say(f"{len(set(job.tenants))} tenants: {words}")
    return {"tenants": len(set(job.tenants)), **given}


if __name__ == "__main__":
    from tiltyard.cli import main

    sys.exit(main(["sharing", *sys.argv[1:]]))
