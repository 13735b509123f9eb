"""Files and tables from elsewhere as frames: CSV as text, Parquet and Delta with their own types."""

from __future__ import annotations

import re
from pathlib import Path

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tiltyard.errors import ConfigError

CORRUPT = "_corrupt_record"
"""Holds the whole record where a CSV line has too many or too few values; null elsewhere."""

# RFC 4180: a quote in a quoted value is doubled, and line breaks may stand there. A file is one task then.
_CSV = {"header": "true", "multiLine": "true", "escape": '"'}


def read_input(spark: SparkSession, path: str, format: str, option: str = "--input") -> DataFrame:
    """Return what is stored at a path. Spark reads no more than a header or a schema here.

    Parameters
    ----------
    path : file, folder or URL; for delta also the name of a table
    format : csv (with a header; all columns are strings, and `CORRUPT` is added), parquet or delta
    option : what the path was given with, for messages

    Raises
    ------
    ConfigError : there is nothing that can be read so
    """
    readers = {"csv": _csv, "parquet": _parquet, "delta": _delta}
    try:
        return readers[format](spark, path)
    except AnalysisException as error:
        reason = str(error).strip().partition("\n")[0].partition(" SQLSTATE")[0]
        raise ConfigError(f"{option} '{path}' cannot be read as {format}: {reason}") from error


def _csv(spark: SparkSession, path: str) -> DataFrame:
    names = spark.read.options(**_CSV).csv(path).columns
    schema = T.StructType([T.StructField(name, T.StringType()) for name in [*names, CORRUPT]])
    # A folder's files are compared by header; Spark cannot where it had to make up a name itself.
    unnamed = any(re.fullmatch(r"_c\d+", name) for name in names)
    reader = spark.read.options(**_CSV, columnNameOfCorruptRecord=CORRUPT, enforceSchema=unnamed)
    return reader.schema(schema).csv(path)


def _parquet(spark: SparkSession, path: str) -> DataFrame:
    return spark.read.parquet(path)


def _delta(spark: SparkSession, path: str) -> DataFrame:
    if "/" in path or Path(path).exists():
        return spark.read.format("delta").load(path)
    return spark.read.table(path)
