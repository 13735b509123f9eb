"""Scoring speed: the command `tiltyard score`, features included, against copying the same rows untouched.

The feature pipeline is fitted on all tenants. Models are trained for some tenants and given to the others in
turn, so that every tenant has a payload of its own to load, as after a full training.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bench import filled, in_words, measured, report, workplace
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tiltyard.job import Options, execute
from tiltyard.synthetic import tenant_frame
from tiltyard.tables import Warehouse

DAY = date(2026, 1, 1)


def main() -> None:
    """Parse, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=240, help="rows per tenant")
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--trained", type=int, default=200, help="tenants whose models are trained")
    parser.add_argument("--json", action="store_true", help="one JSON line last")
    args = parser.parse_args()
    with workplace() as (spark, folder):
        frame = tenant_frame(spark, args.tenants, args.rows, args.columns)
        warehouse = filled(spark, folder / "warehouse", _rows(frame, args))
        options = Options(
            app="bench", conf=folder / "conf", warehouse=warehouse.root, run_date=DAY, as_json=True
        )
        execute("train", options)
        _share_models(warehouse, args)
        execute("score", options)  # warms JVM and workers up
        with measured() as ours:
            summary = execute("score", replace(options, run_date=DAY + timedelta(days=1)))
        with measured() as copy:
            _copy(warehouse, folder)
        _report(args, ours.wall, ours.cpu, copy.wall, copy.cpu, summary)


def _rows(frame: DataFrame, args: argparse.Namespace) -> DataFrame:
    """All tenants' rows without an outcome, and those of some tenants once more with it."""
    open_rows = frame.withColumn("label", F.lit(None).cast("double"))
    known = frame.where(F.col("tenant") < f"t{args.trained:06d}")
    # Each tenant in training has few rows here, so that the benchmark starts soon.
    return open_rows.unionByName(known.withColumn("key", F.concat(F.lit("known-"), "key")))


def _share_models(warehouse: Warehouse, args: argparse.Namespace) -> None:
    for table in ("models", "champions"):
        rows = warehouse.read(table)
        own = rows.where(F.col("tenant").isNotNull()).localCheckpoint()
        number = F.substring("tenant", 2, 6).cast("int")
        others = F.explode(F.sequence(number, F.lit(args.tenants - 1), F.lit(args.trained)))
        shared = own.withColumn("other", others).withColumn("tenant", F.format_string("t%06d", "other"))
        everyone = shared.drop("other").unionByName(rows.where(F.col("tenant").isNull()).localCheckpoint())
        warehouse.replace(table, everyone, {"app": "bench"}, "bench")


def _copy(warehouse: Warehouse, folder: Path) -> None:
    rows = warehouse.source("bench").where(F.col("label").isNull())
    rows.write.format("delta").mode("overwrite").save(str(folder / "copy"))


def _report(
    args: argparse.Namespace,
    wall: float,
    cpu: float,
    copy_wall: float,
    copy_cpu: float,
    summary: dict[str, Any],
) -> None:
    count = summary["rows"]
    rows = [
        ["tiltyard score", f"{wall:.1f}", f"{cpu:.1f}", f"{count / wall:,.0f}", in_words(summary["jobs"])],
        [
            "read and write the same rows",
            f"{copy_wall:.1f}",
            f"{copy_cpu:.1f}",
            f"{count / copy_wall:,.0f}",
            "",
        ],
        ["ratio", f"{wall / copy_wall:.1f}", f"{cpu / copy_cpu:.1f}", "", ""],
    ]
    title = f"Scoring: {count:,} rows of {args.tenants:,} tenants, {args.columns} columns"
    columns = ["", "wall s", "CPU s", "rows/s", "Spark jobs by step"]
    facts = {"scored": count, "wall_seconds": wall, "cpu_seconds": cpu, "rows_per_second": count / wall}
    facts |= {"copy_wall_seconds": copy_wall, "copy_cpu_seconds": copy_cpu, "seconds": summary["seconds"]}
    report(title, columns, rows, args.json, **facts)


if __name__ == "__main__":
    main()
