"""Places of the rides app that tests read, or copy and go on with: to train again takes longer than to copy."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.rides import Place, frame


@pytest.fixture(scope="session")
def ingested(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """With its rows, not trained."""
    place = Place(tmp_path_factory.mktemp("ingested"))
    place.ingest(frame())
    return place


@pytest.fixture(scope="session")
def training(ingested: Place, tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, dict[str, Any]]:
    """Trained once, and the summary of that."""
    place = ingested.copy(tmp_path_factory.mktemp("trained"))
    return place, place.train()


@pytest.fixture(scope="session")
def trained(training: tuple[Place, dict[str, Any]]) -> Place:
    return training[0]


@pytest.fixture(scope="session")
def scored(trained: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Trained and scored once."""
    place = trained.copy(tmp_path_factory.mktemp("scored"))
    place.score()
    return place
