"""Who serves a tenant, and who rests, as functions of the models table."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from tiltyard.config import Gates
from tiltyard.registry import champions, failures, in_quarantine, serving
from tiltyard.schemas import TABLES

GATES = Gates(quarantine_after=2, quarantine_days=7)


@pytest.fixture(scope="module")
def models(spark: SparkSession) -> DataFrame:
    """Three trainings; tenants are named after what happened in each."""
    history = {
        None: ("ok", "ok", "ok"),
        "ok ok ok": ("ok", "ok", "ok"),
        "ok timeout error": ("ok", "timeout", "error"),
        "ok one_class error": ("ok", "one_class", "error"),
        "error ok error": ("error", "ok", "error"),
        "timeout timeout timeout": ("timeout", "timeout", "timeout"),
        "no_signal": ("no_signal",),
    }
    rows = [
        _row(tenant, f"2026-0{month}-01", status)
        for tenant, statuses in history.items()
        for month, status in enumerate(statuses, start=1)
    ]
    return spark.createDataFrame(rows, TABLES["models"].schema)


def _row(tenant: str | None, version: str, status: str) -> tuple[Any, ...]:
    has_model = status in ("ok", "no_signal")
    values = {
        "app": "rides",
        "logical_date": date.fromisoformat(version),
        "version": version,
        "tenant": tenant,
        "learner": "linear" if status == "ok" and tenant else "prior",
        "contender": "linear(regParam=0.1)",
        "metric": "auroc",
        "value": 0.75,
        "status": status,
        "message": None if status == "ok" else f"message of {version}",
        "pipeline": f"/pipelines/{version}",
        "payload": bytearray(f"{tenant} {version}".encode()) if has_model else None,
    }
    return tuple(values.get(name) for name in TABLES["models"].schema.names)


def test_the_newest_verdict_serves_and_a_failure_keeps_the_one_before(models: DataFrame) -> None:
    found = {
        row.tenant: (row.version, row.learner, row.fallback, row.status)
        for row in champions(models).collect()
    }
    assert found == {
        None: ("2026-03-01", "prior", "prior", "ok"),
        "ok ok ok": ("2026-03-01", "linear", "tenant", "ok"),
        "ok timeout error": ("2026-01-01", "linear", "tenant", "error"),
        "ok one_class error": ("2026-02-01", "prior", "prior", "error"),
        "error ok error": ("2026-02-01", "linear", "tenant", "error"),
        "timeout timeout timeout": ("2026-03-01", "prior", "prior", "timeout"),
        "no_signal": ("2026-01-01", "prior", "prior", "no_signal"),
    }


def test_a_segment_serves_whose_row_of_the_serving_version_names_it(spark: SparkSession) -> None:
    """Rows of what a global row was trained with say so; those of a training of some tenants do not."""
    rows = [
        ("2026-01-01", None, "ok", None),
        ("2026-01-01", "few", "too_few_rows", "north"),
        ("2026-01-01", "left since", "too_few_rows", "north"),
        ("2026-01-01", "noise", "no_signal", "north"),
        ("2026-01-01", "fails", "error", "north"),
        ("2026-01-01", "own", "ok", "north"),
        ("2026-02-01", "left since", "too_few_rows", None),
        ("2026-02-01", "came since", "too_few_rows", "north"),
        ("2026-02-01", "noise", "no_signal", None),
    ]
    values = [
        {
            "app": "rides",
            "version": version,
            "tenant": tenant,
            "status": status,
            "segment": segment,
            "learner": "pooled",
        }
        for version, tenant, status, segment in rows
    ]
    schema = TABLES["models"].schema
    frame = spark.createDataFrame([tuple(one.get(name) for name in schema.names) for one in values], schema)
    assert {row.tenant: row.fallback for row in champions(frame).collect()} == {
        None: "pooled",
        "few": "segment",
        "left since": "segment",  # until all are trained again
        "noise": "pooled",  # whose own row reads the newer pipeline
        "fails": "segment",
        "own": "tenant",
        "came since": "pooled",
    }


def test_why_is_said(models: DataFrame) -> None:
    why = {row.tenant: row.why for row in champions(models).collect()}
    assert why["ok ok ok"] == "linear(regParam=0.1): auroc 0.750"
    assert why["error ok error"] == "kept, as the newest training failed: message of 2026-03-01"
    assert why["timeout timeout timeout"] == "message of 2026-03-01"
    assert why["no_signal"] == "message of 2026-01-01"


def test_scoring_gets_the_payloads_there_are(models: DataFrame) -> None:
    found = {row.tenant: bytes(row.payload).decode() for row in serving(champions(models), models).collect()}
    assert found == {
        None: "None 2026-03-01",
        "ok ok ok": "ok ok ok 2026-03-01",
        "ok timeout error": "ok timeout error 2026-01-01",
        "error ok error": "error ok error 2026-02-01",
        "no_signal": "no_signal 2026-01-01",
    }


def test_failures_count_since_the_last_verdict(models: DataFrame) -> None:
    found = {row.tenant: row.consecutive_failures for row in failures(models).collect()}
    assert found == {
        "ok ok ok": 0,
        "ok timeout error": 2,
        "ok one_class error": 1,
        "error ok error": 1,
        "timeout timeout timeout": 3,
        "no_signal": 0,
    }


@pytest.mark.parametrize(
    ("day", "resting"),
    [
        (date(2026, 2, 1), set()),  # one failure before
        (date(2026, 2, 5), {"timeout timeout timeout"}),
        (date(2026, 2, 8), set()),  # seven days after the last failure
        (date(2026, 3, 2), {"ok timeout error", "timeout timeout timeout"}),
    ],
)
def test_quarantine_ends_by_itself(models: DataFrame, day: date, resting: set[str]) -> None:
    assert {row.tenant for row in in_quarantine(models, GATES, day).collect()} == resting
