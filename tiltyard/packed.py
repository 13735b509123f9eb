"""The packed lane: every tenant's tournament, in one stream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tiltyard.entries import Contender, Entry
from tiltyard.errors import DataContractError
from tiltyard.learners.base import matrix_of
from tiltyard.play import play
from tiltyard.problem import BINARY, Multiclass, Problem, classes_of_tenant
from tiltyard.refusals import no_class
from tiltyard.results import RESULTS, counted, result_rows
from tiltyard.rules import Rules
from tiltyard.streams import over_tenants, rows_of_floats, shuffle_partitions
from tiltyard.verdict import Verdict

ROWS_OF_OVERHEAD = 500
"""What a tournament costs whatever the tenant's rows, in rows: half of it with 500."""

NO_TENANT = "Rows without a tenant: they are not trained on, and the global model scores them."


def tournaments(
    rows: DataFrame,
    contenders: Sequence[Contender],
    rules: Rules,
    categorical: tuple[bool, ...],
    partitions: int | None = None,
    problem: Problem = BINARY,
    sizes: DataFrame | None = None,
) -> DataFrame:
    """Play every tenant's tournament: DataFrame[RESULTS].

    Parameters
    ----------
    rows : tenant, key (orders a tenant's rows), fold, y (label), x (packed features), margin (base margin, null in
        all rows for none)
    problem : of all tenants; of its classes each tenant plays for those that it has
    sizes : DataFrame[tenant, rows] of all tenants, by which partitions get the same work (`balanced`); None: by a hash
    """

    def one(tenant: str | None, table: pa.Table) -> list[dict[str, Any]]:
        labels = table["y"].to_numpy()
        if tenant is None:
            entries: list[Entry] = []
            verdict = Verdict("error", NO_TENANT)
        else:
            entries, verdict = _played(table, categorical, contenders, rules, problem)
        return result_rows(tenant, entries, verdict, rules.metric, counted(labels, problem))

    order = ("key", "x", "margin", "y")
    if sizes is None:
        return over_tenants(rows, "tenant", one, RESULTS, order=order, partitions=partitions)
    count = partitions or shuffle_partitions(rows.sparkSession)
    # Rows without a tenant find no place, and go to the first partition.
    placed = rows.join(F.broadcast(balanced(sizes, count)), "tenant", "left")
    return over_tenants(placed, "tenant", one, RESULTS, order=order, partitions=count, place="place")


def balanced(sizes: DataFrame, partitions: int) -> DataFrame:
    """DataFrame[tenant, place]: a partition for each tenant, so that all have about the same work.

    The largest tenants are in the first partitions, which Spark begins with: one large tenant at the end would leave
    the other cores idle.

    Parameters
    ----------
    sizes : DataFrame[tenant, rows]

    Examples
    --------
    >>> rows = [("a", 4_500), ("b", 500), ("c", 1_500), ("d", 1_500)]
    >>> balanced(spark.createDataFrame(rows, "tenant string, rows long"), 2).orderBy("tenant").collect()
    [Row(tenant='a', place=0), Row(tenant='b', place=1), Row(tenant='c', place=1), Row(tenant='d', place=1)]
    """
    work = F.col("rows") + ROWS_OF_OVERHEAD
    largest_first = Window.orderBy(F.desc("rows"), "tenant").rowsBetween(Window.unboundedPreceding, 0)
    before, total = F.sum(work).over(largest_first) - work, F.sum(work).over(Window.partitionBy())
    return sizes.select("tenant", F.floor(before / total * partitions).cast("int").alias("place"))


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
