"""Spark sessions: a Delta-enabled local one, or the one spark-submit gives."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from pyspark.sql import SparkSession

from tiltyard.delta_jars import DELTA_PACKAGE, PACKAGES, delta_jars, remember_jars, resolving_alone
from tiltyard.errors import ConfigError

DELTA_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension"
DELTA_CATALOG = "org.apache.spark.sql.delta.catalog.DeltaCatalog"

_DELTA_CONF = {
    "spark.sql.extensions": DELTA_EXTENSION,
    "spark.sql.catalog.spark_catalog": DELTA_CATALOG,
}
# Small local tables: few shuffle partitions, Delta's snapshot in 1 task instead of 50, and plans that are made
# once, without adaptive execution: together a small Delta write took 1.8 s instead of 2.6. A command makes more
# different queries than Spark's default of 100 generated classes: kept, a repeated training took 22 s instead of 28.
# Writers for a few partitions at once spare a sort of all rows by their app and day.
# A command is many plans run once: Java's second compiler took 40 % of its processor time for code hardly used again.
# Called for ten times later than by default, a first training and scoring took a sixth less of it, and scoring millions
# of rows no more than before. No collector is named here: beside another one in JDK_JAVA_OPTIONS, Java does not start.
_LOCAL_JAVA = (
    "-XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000"
    " -XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000"
)
_LOCAL_CONF = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "3g",
    "spark.driver.extraJavaOptions": _LOCAL_JAVA,
    "spark.sql.shuffle.partitions": "8",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.cache.maxEntries": "2000",
    "spark.sql.maxConcurrentOutputFileWriters": "4",
}
# What results or speed depend on everywhere: UTC, and one thread per Python worker. Unless the types framework is
# given its own default, Spark reads the environment for every field of a struct inside a function on arrays: 20,000
# rows of 100 structs took 1.6 s to filter instead of 0.8. What a filter says of its columns is rewritten for every
# combination of their aliases, and features are many: after a filter on a hash of 38 columns the driver had no memory.
# Java never compiles a method of more than 8,000 bytes, and a plan of many features becomes one: it ran interpreted,
# and features took twice as long as in the smaller methods Spark makes with this limit. Aggregates of objects (samples,
# sketches) sort all rows from 128 tenants a task on; without the sort a fit took a fifth less.
_COMMON_CONF = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.types.framework.enabled": "false",
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.sql.codegen.hugeMethodLimit": "8000",
    "spark.sql.objectHashAggregate.sortBased.fallbackThreshold": "1024",
    "spark.executorEnv.OMP_NUM_THREADS": "1",
    "spark.executorEnv.OPENBLAS_NUM_THREADS": "1",
}
# For commands only. In a notebook an error names the line that made a column; noting it takes three calls to the JVM
# for each column, 5 s of the demo, and the line would be one of ours.
_JOB_CONF = {"spark.python.sql.dataFrameDebugging.enabled": "false"}


def local_session(*, cores: str = "*", conf: Mapping[str, str] | None = None) -> SparkSession:
    """Start (or return) a Delta-enabled session in this process.

    Parameters
    ----------
    cores : threads of the local master, "*" for all
    conf : further Spark settings; they win over the defaults

    The first call on a machine fetches the Delta jar; later ones need no network.
    """
    os.environ["PYSPARK_PYTHON"] = sys.executable
    own = dict(conf or {})
    if PACKAGES not in delta_jars(own):
        return _started(cores, own)
    with resolving_alone():  # who had to wait may find the jars known now
        return _started(cores, own)


def _started(cores: str, own: Mapping[str, str]) -> SparkSession:
    builder = SparkSession.builder.master(f"local[{cores}]").appName("tiltyard")
    for name, value in {**delta_jars(own), **_DELTA_CONF, **_LOCAL_CONF, **_COMMON_CONF, **own}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    remember_jars(dict(session.sparkContext.getConf().getAll()))
    session.sparkContext.setLogLevel("ERROR")
    return session


def job_session(conf: Mapping[str, str] | None = None) -> SparkSession:
    """Return the session spark-submit prepared, else a local one.

    Raises
    ------
    ConfigError : the submitted application has no Delta extension
    """
    conf = {**_JOB_CONF, **(conf or {})}
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        return local_session(conf=conf)
    builder = SparkSession.builder
    for name, value in {**_COMMON_CONF, **conf}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    if DELTA_EXTENSION not in (session.conf.get("spark.sql.extensions", "") or ""):
        raise ConfigError(
            "This Spark application has no Delta Lake. Submit it with\n"
            f"  --packages {DELTA_PACKAGE}"
            f" --conf spark.sql.extensions={DELTA_EXTENSION}"
            f" --conf spark.sql.catalog.spark_catalog={DELTA_CATALOG}"
        )
    return session
