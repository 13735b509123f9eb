"""What a tournament costs in Spark jobs: the same, whatever the number of tenants and columns."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.evaluators import evaluator_for
from tiltyard.learners import Linear, Prior
from tiltyard.testing import counted_jobs
from tiltyard.tournament import Tournament


def test_jobs_do_not_grow_with_tenants_and_columns(spark: SparkSession) -> None:
    def jobs(tenants: int, columns: int) -> int:
        slots = ", ".join(f"float(hash(id, {at}) % 10)" for at in range(columns))
        frame = spark.range(tenants * 40).selectExpr(
            "id",
            f"string(id % {tenants}) AS tenant",
            "double(hash(id) % 2 = 0) AS label",
            f"array({slots}) AS features",
        )
        tournament = Tournament(
            contenders={Prior(): [{}], Linear(): [{}]},
            evaluator=evaluator_for("auroc"),
            tenantCol="tenant",
            keyCol="id",
            minRows=10,
            minPerClass=2,
        )
        with counted_jobs(spark) as count:
            assert tournament.fit(frame).champions.count() == tenants + 1
        return count()

    assert jobs(30, 20) == jobs(2, 2)
