"""The packed lane: every tenant's tournament, in one stream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame

from tiltyard.entries import Contender, Entry
from tiltyard.errors import DataContractError
from tiltyard.learners.base import matrix_of
from tiltyard.play import play
from tiltyard.problem import BINARY, Multiclass, Problem, classes_of_tenant
from tiltyard.refusals import no_class
from tiltyard.results import RESULTS, counted, result_rows
from tiltyard.rules import Rules
from tiltyard.streams import over_tenants, rows_of_floats
from tiltyard.verdict import Verdict

NO_TENANT = "Rows without a tenant: they are not trained on, and the global model scores them."


def tournaments(
    rows: DataFrame,
    contenders: Sequence[Contender],
    rules: Rules,
    categorical: tuple[bool, ...],
    partitions: int | None = None,
    problem: Problem = BINARY,
) -> DataFrame:
    """Play every tenant's tournament: DataFrame[RESULTS].

    Parameters
    ----------
    rows : tenant, key (orders a tenant's rows), fold, y (label), x (packed features), margin (base margin, null in
        all rows for none)
    problem : of all tenants; of its classes each tenant plays for those that it has
    """

    def one(tenant: str | None, table: pa.Table) -> list[dict[str, Any]]:
        labels = table["y"].to_numpy()
        if tenant is None:
            entries: list[Entry] = []
            verdict = Verdict("error", NO_TENANT)
        else:
            entries, verdict = _played(table, categorical, contenders, rules, problem)
        return result_rows(tenant, entries, verdict, rules.metric, counted(labels, problem))

    return over_tenants(
        rows, "tenant", one, RESULTS, order=("key", "x", "margin", "y"), partitions=partitions
    )


def _played(
    table: pa.Table,
    categorical: tuple[bool, ...],
    contenders: Sequence[Contender],
    rules: Rules,
    problem: Problem,
) -> tuple[list[Entry], Verdict]:
    labels = table["y"].to_numpy()
    if isinstance(problem, Multiclass):
        strange = no_class(labels, problem)
        if strange:
            return [], Verdict("error", strange)
        problem, labels = classes_of_tenant(labels, problem.classes, rules.min_per_class)
    try:
        matrix = matrix_of(rows_of_floats(table["x"]), categorical, table["margin"])
    except DataContractError as error:
        return [], Verdict("error", str(error))
    return play(matrix, labels, table["fold"].to_numpy(), contenders, rules, problem)
