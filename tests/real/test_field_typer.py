"""FieldTyper on real tables: how often it says what a person says of a column."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from tests.real.labels import HELD_OUT, SHARED, labels
from tiltyard.inputs import read_input
from tiltyard.proposal import Wishes
from tiltyard.proposal.propose import draft
from tiltyard.proposal.table import as_ingested
from tiltyard.transformers import FieldTyper

# The first rows show what a column is.
ROWS = 20_000


def _read(spark: SparkSession, path: Path) -> DataFrame:
    """A table's first rows with the types ingest would give them; the one without a header as Spark reads it."""
    if path.suffix == ".data":
        return spark.read.csv(str(path), inferSchema=True)
    raw = read_input(spark, str(path), "csv").limit(ROWS)
    return as_ingested(raw, draft(Wishes("app", "app", "label"), raw.columns), path.name)


def _packaged(name: str) -> Path:
    package, _, rest = name.partition("/")
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        pytest.skip(f"{package} is not installed")
    return Path(spec.origin).parent / rest


def _accuracy(
    spark: SparkSession, tables: Mapping[str, Mapping[str, str]], paths: Mapping[str, Path]
) -> float:
    """The share of right columns over all tables; what is wrong is printed, for a failing test to show."""
    right = columns = 0
    for name, table in tables.items():
        expected = labels(table)
        model = FieldTyper().fit(_read(spark, paths[name]))
        assert set(model.types) == set(expected)
        wrong = [one for one in model.evidence if one["type"] != expected[one["field"]]]
        print(f"{name}: {len(expected) - len(wrong)} of {len(expected)}")
        for one in wrong:
            print(f"  {one['field']} is {expected[one['field']]}, not {one['type']}: {one['evidence']}")
        right, columns = right + len(expected) - len(wrong), columns + len(expected)
    return right / columns


def test_tables_of_the_benchmarks(spark: SparkSession, real_data: Path) -> None:
    assert _accuracy(spark, SHARED, {name: real_data / name for name in SHARED}) >= 0.95


def test_tables_no_rule_was_made_for(spark: SparkSession) -> None:
    assert _accuracy(spark, HELD_OUT, {name: _packaged(name) for name in HELD_OUT}) >= 0.9
