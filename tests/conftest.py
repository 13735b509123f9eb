"""Shared fixtures: one Spark session for the whole run, with a temporary warehouse."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tiltyard.session import local_session

pytest_plugins = ["tests.places"]

# Few rows and many plans: compiling well costs more than it gains (a third of the processor time). With one
# compiler Java keeps little room for its code, and sweeping that took a fifth.
QUICK_JAVA = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m"


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    session = local_session(
        cores="2",
        conf={
            "spark.driver.memory": "2g",
            "spark.driver.extraJavaOptions": QUICK_JAVA,
            "spark.sql.shuffle.partitions": "2",
            # Many plans over few rows: what is interpreted need not be generated. Started processes generate code.
            "spark.sql.codegen.factoryMode": "NO_CODEGEN",
            "spark.sql.codegen.wholeStage": "false",
            # An error need not name the line that made a column: noting it takes three calls for each.
            "spark.python.sql.dataFrameDebugging.enabled": "false",
            "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("spark-warehouse")),
        },
    )
    # So do the processes that tests start.
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("JDK_JAVA_OPTIONS", QUICK_JAVA)
        yield session
    session.stop()


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = Path(os.environ.get("TILTYARD_DATA", "../shared/data"))
    if not folder.is_dir():
        pytest.skip(f"no real tables at {folder}: set TILTYARD_DATA")
    return folder
