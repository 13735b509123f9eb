"""The CRM table of the benchmarks: 20 fields, two of them texts of many words, and what only single stages read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

# What an administrator of the CRM would say of the table; the typer finds it by itself, at the cost of a sample.
TYPES = {
    "amount": "Currency", "employees": "Integral", "visits": "Integral", "score": "Real", "discount": "Percent",
    "pages": "Real", "created": "Timestamp", "last_seen": "Timestamp", "source": "Category", "stage": "Category",
    "industry": "Category", "country": "Country", "city": "City", "company": "Company", "title": "JobTitle",
    "email": "Email", "website": "URL", "phone": "Phone", "subject": "Text", "notes": "Text",
}  # fmt: skip
_WORDS = (
    "asked", "for", "a", "quote", "about", "the", "new", "contract", "and", "wants", "a", "call", "next",
    "week", "with", "somebody", "who", "knows", "the", "product", "price", "support", "delivery", "budget",
    "renewal", "trial", "license", "invoice", "training", "meeting", "partner", "integration", "report",
)  # fmt: skip
_TITLES = (
    "Sales Manager",
    "CEO",
    "Senior Engineer",
    "VP of Finance",
    "Buyer",
    "Head of Marketing",
    "Assistant",
)


def crm(spark: SparkSession, rows: int, tenants: int) -> DataFrame:
    """DataFrame[key, tenant, label, fold, the fields of TYPES, those of `_beside`]; the same for the same arguments."""
    lucky = _drawn("label", 100) < F.when(F.col("source") == "source 0", 60).otherwise(25)
    return (
        spark.range(rows, numPartitions=4)
        .select(
            F.col("id").alias("key"),
            F.format_string("t%05d", F.col("id") % tenants).alias("tenant"),
            *[value.alias(name) for name, value in (_fields() | _beside()).items()],
        )
        .withColumn("label", lucky.cast("double"))
        .withColumn("fold", F.pmod(F.xxhash64("key"), F.lit(3)).cast("int"))
    )


def _drawn(name: str, many: int) -> Column:
    """A whole number below `many`, drawn for each row."""
    return F.pmod(F.xxhash64("id" if name != "label" else "key", F.lit(name)), F.lit(many))


def _fields() -> dict[str, Column]:
    company = F.concat(F.lit("Mill "), _drawn("company", 20_000).cast("string"))
    domain = F.concat(F.lower(F.replace(company, F.lit(" "), F.lit("-"))), F.lit(".example.com"))
    moment = F.timestamp_seconds(F.lit(1_700_000_000) + _drawn("created", 30_000_000))
    numbers = {
        name: _drawn(name, many) / div
        for name, many, div in (
            ("amount", 1_000_000, 100), ("employees", 5_000, 1), ("visits", 40, 1), ("score", 10_000, 100),
            ("discount", 50, 1), ("pages", 300, 10),
        )
    }  # fmt: skip
    categories = {
        name: F.concat(F.lit(f"{name} "), _drawn(name, many).cast("string"))
        for name, many in (("source", 8), ("stage", 6), ("industry", 30), ("country", 40), ("city", 2_000))
    }
    return {
        **numbers,
        "created": moment,
        "last_seen": moment + F.make_dt_interval(_drawn("last_seen", 200).cast("int")),
        **categories,
        "company": F.concat(company, F.lit(" Ltd")),
        "title": _words_of("title", _TITLES, 1),
        "email": F.concat(F.lit("ann"), _drawn("email", 50).cast("string"), F.lit("@"), domain),
        "website": F.concat(F.lit("https://www."), domain, F.lit("/about")),
        "phone": F.concat(F.lit("+1650253"), F.lpad(_drawn("phone", 10_000).cast("string"), 4, "0")),
        "subject": _words_of("subject", _WORDS, 4),
        "notes": _words_of("notes", _WORDS, 25),
    }


def _beside() -> dict[str, Column]:
    """Columns the Featurizer is not told of: lists, custom fields, places, and rows that came late."""
    own = {f"own {at}": _drawn(f"own {at}", 9).cast("string") for at in range(5)}
    return {
        "tags": F.array(
            *[F.concat(F.lit("tag "), _drawn(f"tag {at}", 30).cast("string")) for at in range(3)]
        ),
        "custom": F.create_map(*[part for name, value in own.items() for part in (F.lit(name), value)]),
        "lat": _drawn("lat", 180) - 90.0,
        "lon": _drawn("lon", 360) - 180.0,
        "late": _drawn("late", 10) < 3,
    }


def events(spark: SparkSession, rows: int, tenants: int, folder: Path) -> str:
    """A table on disk with as many events as rows, of the table's companies; its name for Spark."""
    made = spark.range(rows).select(
        F.format_string("t%05d", F.col("id") % tenants).alias("tenant"),
        F.concat(F.lit("Mill "), _drawn("company", 20_000).cast("string"), F.lit(" Ltd")).alias("company"),
        F.timestamp_seconds(F.lit(1_690_000_000) + _drawn("event", 40_000_000)).alias("created"),
        (_drawn("paid", 100_000) / 100).alias("paid"),
    )
    made.write.parquet(str(folder))
    return f"parquet.`{folder}`"


def _words_of(name: str, words: Any, many: int) -> Column:
    pool = F.array(*map(F.lit, words))
    drawn = [F.get(pool, _drawn(f"{name} {at}", len(words)).cast("int")) for at in range(many)]
    return F.concat_ws(" ", *drawn)
