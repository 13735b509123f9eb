"""TreeBuckets: each tenant's own steps, none in noise, labels of any kind."""

from __future__ import annotations

import random

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.transformers import TreeBuckets

NAN = float("nan")


def _rows(tenants: int, rows: int) -> list[tuple[int, str, float, float, bool]]:
    """Tenants that step at their own number, and as many whose label is noise; a second column is noise for all."""
    draw, made = random.Random(0), []
    for at in range(rows * tenants * 2):
        tenant, number = at % (tenants * 2), draw.uniform(0, 100)
        step = draw.random() < (0.2 if number < 10 * (tenant + 2) else 0.8)
        label = step if tenant < tenants else draw.random() < 0.5
        made.append((at, f"{'step' if tenant < tenants else 'noise'}{tenant}", number, draw.random(), label))
    return made


def test_each_tenant_has_its_own_step_and_noise_none(spark: SparkSession) -> None:
    schema = "id int, tenant string, size double, noise double, label boolean"
    frame = spark.createDataFrame(_rows(7, 400), schema).repartition(3)
    model = TreeBuckets(inputCols=["size", "noise"], tenantCol="tenant").fit(frame)
    borders = {(row.tenant, row.field): row.starts for row in model.borders().collect() if row.tenant}
    assert len(borders) == 28
    for tenant in range(7):
        assert borders[f"step{tenant}", "size"] == pytest.approx([10 * (tenant + 2)], abs=4)
    noise = [starts for (tenant, field), starts in borders.items() if "noise" in (tenant[:5], field)]
    assert len(noise) == 21
    assert sum(bool(starts) for starts in noise) <= 1


@pytest.mark.parametrize(
    ("kind", "values"), [("double", [0.0, 1.0, 2.0]), ("string", ["low", "mid", "top"]), ("int", [3, 1, 2])]
)
def test_labels_of_many_classes_and_of_any_type(spark: SparkSession, kind: str, values: list[object]) -> None:
    rows = [(n % 90, values[n % 90 // 30]) for n in range(360)]
    unknown = NAN if kind == "double" else None
    # Rows without a label would move every border if they counted.
    rows += [(n, unknown) for n in range(10) for _ in range(100)]
    frame = spark.createDataFrame(rows, f"size int, label {kind}")
    stage = TreeBuckets(inputCols=["size"], outputCols=["bucket"], sampleRows=360)
    model = stage.fit(frame)
    assert model.borders().first().labels == ["<30", "30-59", "60+"]
    assert model.transform(frame.drop("label")).where("size = 59").first().bucket == "30-59"


def test_missing_numbers_are_left_out_and_stay_null(spark: SparkSession) -> None:
    numbers = [*(float(n % 100) for n in range(400)), *[NAN, None, float("inf")] * 100]
    rows = [(at, number, number is not None and number >= 50) for at, number in enumerate(numbers)]
    frame = spark.createDataFrame(rows, "id int, size double, label boolean")
    output = TreeBuckets(inputCols=["size"], keyCol="id").fit(frame).transform(frame)
    found = output.groupBy(F.coalesce("size__tree_bucket", F.lit("none")).alias("label")).count().collect()
    assert {row.label: row["count"] for row in found} == {"<50": 200, "50+": 300, "none": 200}


def test_wrong_columns_and_params_are_refused(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1, ["x"])], "n int, tags array<string>")
    with pytest.raises(DataContractError, match="TreeBuckets: the frame has no column 'label'"):
        TreeBuckets(inputCols=["n"]).fit(frame)
    with pytest.raises(DataContractError, match="TreeBuckets: column 'tags' must hold single values"):
        TreeBuckets(inputCols=["n"], labelCol="tags").fit(frame)
    with pytest.raises(
        TiltyardError, match="TreeBuckets: 'minGain' must be a number of at least 0 and at most 1"
    ):
        TreeBuckets(minGain=2)
