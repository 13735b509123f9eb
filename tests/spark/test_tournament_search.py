"""Searches in a tournament of several tenants."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tiltyard.evaluators import evaluator_for
from tiltyard.learners import Boosting, Linear, Prior
from tiltyard.tournament import Tournament

PENALTIES = [round(0.001 * 1.7**step, 6) for step in range(16)]


def tournament(**params: Any) -> Tournament:
    linear, boosting = Linear(), Boosting(maxIter=10)
    return Tournament(
        contenders={
            Prior(): [{}],
            linear: [{linear.regParam: penalty} for penalty in PENALTIES],
            boosting: [{boosting.maxDepth: depth} for depth in (1, 2, 3, 4)],
        },
        evaluator=evaluator_for("auroc"),
        tenantCol="tenant",
        keyCol="id",
        blend=False,
        **params,
    )


@pytest.mark.parametrize("search", ["random", "tpe"])
def test_each_tenant_tries_as_many_as_the_budget_allows(spark: SparkSession, search: str) -> None:
    rows = [(f"t{n % 2}", n, [float(n % 7), float(n % 5)], float(n % 7 + n % 3 > 4)) for n in range(400)]
    frame = spark.createDataFrame(rows, "tenant string, id int, features array<float>, label double")
    made = tournament(search=search, trials=5)
    boards = [made.fit(one).leaderboard for one in (frame, frame.repartition(3).orderBy(F.desc("id")))]
    found, again = ({(row.tenant, row.contender, row.mean) for row in board.collect()} for board in boards)
    assert found == again
    tried = {tenant: {name for of, name, _ in found if of == tenant} for tenant in ("t0", "t1")}
    assert [len(names) for names in tried.values()] == [3 + 5] * 2
    assert all({"prior", "linear(regParam=0.001)"} <= names for names in tried.values())
    if search == "random":
        assert tried["t0"] == tried["t1"]
