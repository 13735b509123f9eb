"""QuantileBuckets: tenants of any size, drawn the same way in any partitioning."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.slots import Slot, slot_of
from tiltyard.transformers import QuantileBuckets


def test_a_sample_cuts_large_tenants_into_nearly_equal_shares(spark: SparkSession) -> None:
    # "many" has six times its sample, half of it zeros; "few" has less than a sample.
    ids = spark.range(6000).select("id", (F.pmod(F.hash("id"), F.lit(1000))).alias("drawn"))
    many = ids.select("id", F.lit("many").alias("tenant"), F.greatest("drawn", F.lit(500)).alias("n"))
    few = ids.where("id < 50").select("id", F.lit("few").alias("tenant"), F.col("id").cast("int").alias("n"))
    frame = many.union(few).localCheckpoint()
    stage = QuantileBuckets(inputCols=["n"], tenantCol="tenant", buckets=5, sampleRows=1000)
    for one in (stage, stage.copy({stage.keyCol: "id"})):
        model = one.fit(frame)
        starts = {row.tenant: row.starts for row in model.borders().collect()}
        assert starts["few"] == [10, 20, 30, 40]
        # Shares of 60 and 80 %; 1,000 rows leave a deviation of 1.5 %, 15 of these numbers.
        assert starts["many"] == pytest.approx([600, 800], abs=60)
        shuffled = frame.orderBy(F.desc("n")).repartition(9)
        assert starts == {row.tenant: row.starts for row in one.fit(shuffled).borders().collect()}


def test_labels_of_what_was_not_seen_and_their_lineage(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(float(n), n) for n in range(10)], "size double, `odd name.` int")
    model = QuantileBuckets(inputCols=["size", "odd name."], buckets=2).fit(frame)
    asked = spark.createDataFrame([(-float("inf"), -9), (float("inf"), 99), (float("nan"), 5)], frame.schema)
    output = model.transform(asked)
    labels = [(row[2], row[3]) for row in output.orderBy("size").collect()]
    assert labels == [("<5", "<5"), ("5+", "5+"), (None, "5+")]  # NaN is last in Spark's order
    made = output.schema["odd name.__quantile_bucket"]
    assert slot_of(made) == Slot(made.name, "odd name.", "Integral", "categorical")


def test_wrong_columns_and_params_are_refused(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("x", 1)], "name string, n int")
    with pytest.raises(DataContractError, match="QuantileBuckets: column 'name' must be numeric, got string"):
        QuantileBuckets(inputCols=["name"]).fit(frame)
    with pytest.raises(DataContractError, match="QuantileBuckets: the frame has no column 'key'"):
        QuantileBuckets(inputCols=["n"], keyCol="key").fit(frame)
    with pytest.raises(TiltyardError, match="QuantileBuckets: 'buckets' must be an integer of at least 2"):
        QuantileBuckets(buckets=1)
