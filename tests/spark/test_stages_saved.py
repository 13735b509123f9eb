"""Every public stage, saved in its four forms and loaded in a fresh process, is the same there."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import SparkSession

from tests.spark.cases import CASES
from tiltyard.testing import check_saved


def test_all_saved_forms_are_the_same_in_a_fresh_process(spark: SparkSession, tmp_path: Path) -> None:
    check_saved([make(spark) for make in CASES.values()], tmp_path)
