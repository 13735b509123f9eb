"""Descale's case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tests.spark.cases.scale import tenants
from tiltyard.testing import StageCase
from tiltyard.transformers import Descale, Scale


def _descaled(spark: SparkSession) -> StageCase:
    frame = tenants(spark)
    scaler = Scale(inputCols=["odd name."], outputCols=["scaled"], tenantCol="tenant").fit(frame)
    scaled = scaler.transform(frame)
    back = [1.0, 2.0, 6.0, 7.0, 7.0, None, 13.0, None, None, None]
    return StageCase(Descale(scaler=scaler), scaled, {"scaled__descaled": back})


CASES = {"Descale": _descaled}
