"""Every table of a warehouse, declared in one place: columns, partition, checks, statistics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast

from pyspark.sql.types import ArrayType, BinaryType, BooleanType, DataType, MapType, StructType

RUN_STATUSES = ("running", "ok", "failed", "lost")
TENANT_STATUSES = ("ok", "too_few_rows", "one_class", "no_signal", "timeout", "error")
CONTENDER_STATUSES = (*TENANT_STATUSES, "behind", "duplicate", "degenerate")
EVALUATION_STATUSES = ("ok", "too_few_rows", "one_class", "no_outcomes")
# Commits from one checkpoint of Delta's log to the next. A checkpoint takes five times the time of a small commit, and
# a table of 48 commits without one was read no slower than with Delta's own 10.
_CHECKPOINTS = "50"
FALLBACKS = ("tenant", "segment", "pooled", "prior")


@dataclass(frozen=True)
class Table:
    """One declared Delta table.

    Parameters
    ----------
    name : the table's name, also the name of its temporary view
    comment : what one row is
    ddl : columns with types, as in CREATE TABLE
    partition : partition columns; what concurrent writers must agree on
    checks : CHECK constraints by name
    unindexed : columns without statistics: long ones, and those by whose values no reader can skip files
    """

    name: str
    comment: str
    ddl: str
    partition: tuple[str, ...]
    checks: Mapping[str, str] = field(default_factory=dict)
    unindexed: tuple[str, ...] = ()

    @property
    def schema(self) -> StructType:
        """Return the declared columns."""
        return cast(StructType, StructType.fromDDL(self.ddl))

    @property
    def properties(self) -> dict[str, str]:
        """Return the Delta table properties: the checks and the columns with statistics.

        Checks given at creation cost no commit of their own, so a table is never seen without them.
        """
        checks = {f"delta.constraints.{name}": check for name, check in self.checks.items()}
        indexed = ",".join(self._indexed())
        return {**checks, "delta.dataSkippingStatsColumns": indexed, "delta.checkpointInterval": _CHECKPOINTS}

    def _indexed(self) -> list[str]:
        skip = {*self.partition, *self.unindexed}
        return [f.name for f in self.schema if f.name not in skip and _has_statistics(f.dataType)]


def _has_statistics(kind: DataType) -> bool:
    return not isinstance(kind, ArrayType | MapType | StructType | BinaryType | BooleanType)


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(map(repr, values))})"


_DECLARED = (
    Table(
        "runs",
        "One attempt of a job run; written first as running, closed in every case.",
        """job STRING NOT NULL, run_id STRING NOT NULL, attempt INT NOT NULL, app STRING,
        logical_date DATE NOT NULL, status STRING NOT NULL, started_at TIMESTAMP, ended_at TIMESTAMP,
        config_hash STRING, code_version STRING, git_sha STRING, host STRING, pid INT,
        inputs MAP<STRING,BIGINT>, outputs MAP<STRING,BIGINT>,
        tenants_planned BIGINT, tenants_ok BIGINT, tenants_failed BIGINT, rows BIGINT, cpu_seconds DOUBLE,
        error STRING, summary STRING""",
        ("job",),
        {"status_known": _one_of("status", RUN_STATUSES)},
        ("error", "summary"),
    ),
    Table(
        "leaderboard",
        "One contender of one tenant; a tenant that never got to play has one row without contender.",
        """app STRING NOT NULL, logical_date DATE, run_id STRING, tenant STRING, contender STRING,
        learner STRING, metric STRING, mean DOUBLE, sd DOUBLE, rank INT, status STRING NOT NULL,
        message STRING, rows BIGINT, columns INT, categories DOUBLE, fit_seconds DOUBLE, score_seconds DOUBLE,
        folds ARRAY<STRUCT<fold:INT, rows:BIGINT, metrics:MAP<STRING,DOUBLE>>>, params STRING""",
        ("app",),
        {"status_known": _one_of("status", CONTENDER_STATUSES)},
        ("message", "params"),
    ),
    Table(
        "models",
        "One tenant's model of one version, or the reason there is none; tenant null serves unseen tenants.",
        """app STRING NOT NULL, logical_date DATE, version STRING, run_id STRING, tenant STRING,
        learner STRING, contender STRING, status STRING NOT NULL, message STRING,
        metric STRING, value DOUBLE, low DOUBLE, high DOUBLE, above_chance BOOLEAN, threshold DOUBLE,
        calibration STRUCT<method:STRING, brier_before:DOUBLE, brier_after:DOUBLE, error_before:DOUBLE,
        error_after:DOUBLE>,
        holdout STRUCT<rows:BIGINT, value:DOUBLE, low:DOUBLE, high:DOUBLE, metrics:MAP<STRING,DOUBLE>, status:STRING>,
        rows BIGINT, positives BIGINT, segment STRING, data_version BIGINT, pipeline STRING, format INT, sha256 STRING,
        params STRING, payload BINARY""",
        ("app",),
        {
            "status_known": _one_of("status", TENANT_STATUSES),
            "payload_signed": "payload IS NULL OR (sha256 IS NOT NULL AND format IS NOT NULL)",
        },
        ("message", "params", "payload"),
    ),
    Table(
        "champions",
        "The version that serves a tenant now; the table's history is the rollback.",
        """app STRING NOT NULL, tenant STRING, version STRING, learner STRING, status STRING,
        fallback STRING NOT NULL, since DATE, why STRING""",
        ("app",),
        {"fallback_known": _one_of("fallback", FALLBACKS)},
        ("why",),
    ),
    Table(
        "features",
        "One slot of one tenant's packed row; slot null for a field that became none, and for all tenants' model.",
        """app STRING NOT NULL, logical_date DATE, version STRING, tenant STRING, slot INT, name STRING,
        field STRING, type STRING, kind STRING, levels ARRAY<STRING>, checks MAP<STRING,FLOAT>, dropped STRING,
        remarks STRING, evidence STRING, importance DOUBLE, direction DOUBLE, spread DOUBLE""",
        ("app",),
        unindexed=("dropped", "remarks", "evidence"),
    ),
    Table(
        "scores",
        "One scored record.",
        """app STRING NOT NULL, score_date DATE NOT NULL, run_id STRING, tenant STRING, key STRING NOT NULL,
        score DOUBLE NOT NULL, prediction DOUBLE, label STRING, version STRING, fallback STRING,
        scored_at TIMESTAMP, probabilities MAP<STRING,DOUBLE>,
        reasons ARRAY<STRUCT<field:STRING, value:STRING, contribution:DOUBLE>>""",
        ("app", "score_date"),
        {
            "score_is_a_number": "score IS NOT NULL AND NOT isnan(score)",
            "fallback_known": _one_of("fallback", FALLBACKS),
        },
        # Every file holds scores of the whole range; gathering that took two fifths of the write's CPU.
        unindexed=("run_id", "tenant", "key", "score", "prediction", "label", "version", "fallback"),
    ),
    Table(
        "evaluations",
        "How scores met their outcomes in one window: per tenant, and tenant null for all together.",
        """app STRING NOT NULL, logical_date DATE, run_id STRING, window_start DATE, window_end DATE,
        tenant STRING, version STRING, learner STRING, rows BIGINT, outcomes BIGINT, positives BIGINT,
        coverage DOUBLE, metric STRING, value DOUBLE, low DOUBLE, high DOUBLE, metrics MAP<STRING,DOUBLE>,
        mean_score DOUBLE, mean_outcome DOUBLE,
        calibration ARRAY<STRUCT<bin:INT, rows:BIGINT, mean_score:DOUBLE, mean_outcome:DOUBLE>>,
        status STRING NOT NULL, message STRING""",
        ("app",),
        {"status_known": _one_of("status", EVALUATION_STATUSES)},
        ("message",),
    ),
    Table(
        "metrics",
        "One measured number of an app, or of the platform (app null): the tiles.",
        """name STRING NOT NULL, app STRING, time TIMESTAMP, value DOUBLE, unit STRING, run_id STRING,
        logical_date DATE""",
        ("name",),
    ),
    Table(
        "tenants",
        "One tenant of an app: size, lane, health.",
        """app STRING NOT NULL, tenant STRING, rows BIGINT, lane STRING, segment STRING,
        consecutive_failures INT, quarantined_until DATE, shares_data BOOLEAN, logical_date DATE""",
        ("app",),
        {
            "rows_not_negative": "rows >= 0",
            "failures_not_negative": "consecutive_failures >= 0",
        },
    ),
    Table(
        "rejects",
        "One row an ingest refused, as JSON, with the reason.",
        "source STRING NOT NULL, logical_date DATE, run_id STRING, input STRING, reason STRING NOT NULL, row STRING",
        ("source",),
        unindexed=("row",),
    ),
)

TABLES: Mapping[str, Table] = MappingProxyType({table.name: table for table in _DECLARED})
