"""Scale and Descale: against numpy, far from zero, there and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.keyed_union import KeyedUnion
from tiltyard.transformers import Descale, Impute, Scale


@pytest.fixture(scope="module")
def frame(spark: SparkSession) -> DataFrame:
    """Three tenants: around zero, far from zero, and tiny."""
    draw = np.random.default_rng(0)
    center, unit = np.array([0.0, 1.7e9, 1e-12]), np.array([5.0, 30.0, 1e-13])
    rows = [
        (at, "abc"[at % 3], float(center[at % 3] + unit[at % 3] * draw.standard_normal()))
        for at in range(900)
    ]
    return spark.createDataFrame(rows, "id int, tenant string, n double").localCheckpoint()


@pytest.mark.parametrize("method", ["standard", "minMax"])
def test_parameters_are_those_of_numpy(frame: DataFrame, method: str) -> None:
    model = Scale(inputCols=["n"], tenantCol="tenant", method=method).fit(frame)
    found = {row.tenant: (row.center, row.unit) for row in model.parameters().collect()}
    scaled = model.transform(frame).toPandas()
    for tenant, rows in scaled.groupby("tenant"):
        numbers = rows["n"].to_numpy()
        center, unit = (
            (numbers.mean(), numbers.std()) if method == "standard" else (numbers.min(), np.ptp(numbers))
        )
        assert found[tenant][0] == pytest.approx(center, abs=1e-6 * unit)
        assert found[tenant][1] == pytest.approx(unit, rel=1e-6)
        assert rows["n__scaled"].to_numpy() == pytest.approx((numbers - center) / unit, abs=1e-5)


def test_parameters_do_not_depend_on_the_order_of_adding(frame: DataFrame) -> None:
    orders = [frame.coalesce(1), frame.orderBy("n").repartition(3), frame.orderBy(F.desc("n")).repartition(7)]
    plain = {one.where("tenant = 'a'").agg(F.avg("n"), F.stddev_pop("n")).first() for one in orders}
    stage = Scale(inputCols=["n"], tenantCol="tenant")
    steady = {tuple(sorted(map(tuple, stage.fit(one).parameters().na.fill("").collect()))) for one in orders}
    assert len(plain) > 1
    assert len(steady) == 1


def test_there_and_back_after_saving(frame: DataFrame, tmp_path: Path) -> None:
    scaler = Scale(inputCols=["n"], tenantCol="tenant").fit(frame)
    Descale(scaler=scaler).write().save(str(tmp_path / "back"))
    back = Descale.load(str(tmp_path / "back")).transform(scaler.transform(frame))
    worst = F.max(F.abs(F.col("n__scaled__descaled") - F.col("n")) / (F.abs(F.col("n")) + 1e-13))
    assert back.agg(worst).first()[0] < 1e-14


def test_numbers_at_the_ends_of_a_double_stay_finite(spark: SparkSession) -> None:
    numbers = [-1.7e308, 1.7e308, 1e200, 5e-324, 0.0]
    frame = spark.createDataFrame([(number,) for number in numbers], "n double")
    for part in (frame, frame.where("n >= 0 AND n < 1"), frame.where("n BETWEEN 1 AND 1e300")):
        for method in ("standard", "minMax"):
            output = Scale(inputCols=["n"], method=method).fit(part).transform(part)
            assert all(value is None or np.isfinite(value) for _, value in output.collect())


def test_a_field_a_tenant_knows_nothing_of_is_that_of_all_rows_in_a_union_too(spark: SparkSession) -> None:
    rows = [("a", 1.0, 5.0), ("a", 3.0, 7.0), ("b", None, 9.0), ("b", None, 11.0)]
    frame = spark.createDataFrame(rows, "tenant string, n double, m double")
    stages = [Scale(inputCols=["n", "m"], tenantCol="tenant"), Impute(inputCols=["n"], tenantCol="tenant")]
    asked = spark.createDataFrame([("b", 3.0, 11.0), ("b", None, None)], frame.schema)
    for model in (stages[0].fit(frame), KeyedUnion(stages=stages).fit(frame)):
        output = model.transform(asked).collect()
        assert (output[0].n__scaled, output[0].m__scaled) == (1.0, 1.0)  # means 2 of all and 10 of "b"
    assert output[1].n__filled == 2.0


def test_predictions_come_back_in_their_tenants_units(spark: SparkSession) -> None:
    rows = [("a", 1.0, 0.5), ("a", 3.0, -0.5), ("b", 7.0, 2.0), (None, 7.0, float("inf"))]
    frame = spark.createDataFrame(rows, "tenant string, n double, prediction double")
    scaler = Scale(inputCols=["n"], tenantCol="tenant").fit(frame)
    back = Descale(scaler=scaler, inputCols=["prediction"], fields=["n"], outputCols=["n_predicted"])
    assert [row.n_predicted for row in back.transform(frame).orderBy("n").collect()][:2] == [2.5, 1.5]
    found = [row.n_predicted for row in back.transform(frame).where("n = 7").orderBy("tenant").collect()]
    assert found == [None, 9.0]


def test_wrong_columns_and_params_are_refused(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("x", 1)], "name string, n int")
    with pytest.raises(DataContractError, match="Scale: column 'name' must be numeric, got string"):
        Scale(inputCols=["name"]).fit(frame)
    with pytest.raises(
        TiltyardError, match="Scale: 'method' must be one of 'standard', 'minMax', got 'robust'"
    ):
        Scale(method="robust")
    scaler = Scale(inputCols=["n"]).fit(frame)
    message = r"Descale: 'fields' must name for each of \['name'\] one of \['n'\], got"
    for fields in (None, ["m"], ["n", "n"]):
        with pytest.raises(TiltyardError, match=message):
            Descale(scaler=scaler, inputCols=["name"], fields=fields)
    with pytest.raises(DataContractError, match="Descale: column 'name' must be numeric, got string"):
        Descale(scaler=scaler, inputCols=["name"], fields=["n"]).transform(frame)
