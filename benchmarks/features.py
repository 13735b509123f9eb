"""Feature speed: rows per second of each stage and of the whole Featurizer on a CRM table, and what a fit takes.

The table has 20 fields, two of them texts of many words. Rows are read from Parquet; `reading` is that alone, all
columns. A stage's or the Featurizer's `transform` is timed with its output thrown away. Jobs and shuffles of a fit
are counted for two numbers of columns and of tenants: they must be the same.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from bench import Cost, measured, report, workplace
from pyspark.ml import Estimator, Pipeline, Transformer
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tiltyard.featurizer import Featurizer
from tiltyard.synthetic import tenant_frame
from tiltyard.transformers import (
    DateParts,
    EmailParts,
    FrequencyEncode,
    JobTitle,
    NameSimilarity,
    PhoneParts,
    Pivot,
    QuantileBuckets,
    SmartText,
    TargetEncode,
    Terms,
    TextStats,
    TreeBuckets,
    UrlParts,
)

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
_KNOWN = {"tenantCol": "tenant", "labelCol": "label"}


class Step(NamedTuple):
    """A stage to time: its name in the table, and the stage."""

    name: str
    stage: Transformer | Estimator[Any]


def crm(spark: SparkSession, rows: int, tenants: int) -> DataFrame:
    """DataFrame[key, tenant, label, fold, the fields of TYPES]; the same rows for the same arguments."""
    lucky = _drawn("label", 100) < F.when(F.col("source") == "source 0", 60).otherwise(25)
    return (
        spark.range(rows, numPartitions=4)
        .select(
            F.col("id").alias("key"),
            F.format_string("t%05d", F.col("id") % tenants).alias("tenant"),
            *[value.alias(name) for name, value in _fields().items()],
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


def _words_of(name: str, words: Any, many: int) -> Column:
    pool = F.array(*map(F.lit, words))
    drawn = [F.get(pool, _drawn(f"{name} {at}", len(words)).cast("int")) for at in range(many)]
    return F.concat_ws(" ", *drawn)


def steps() -> Iterator[Step]:
    """The stages alone, each on the columns it is for."""
    keyed: dict[str, Any] = {"tenantCol": "tenant"}
    yield Step("DateParts, 2 moments", DateParts(inputCols=["created", "last_seen"]))
    yield Step(
        "Pivot, 5 categories", Pivot(inputCols=["source", "stage", "industry", "country", "city"], **keyed)
    )
    yield Step(
        "TargetEncode, 2 columns", TargetEncode(inputCols=["city", "company"], foldCol="fold", **_KNOWN)
    )
    yield Step("FrequencyEncode, 2 columns", FrequencyEncode(inputCols=["city", "company"], **keyed))
    yield Step(
        "QuantileBuckets, 2 numbers", QuantileBuckets(inputCols=["amount", "score"], keyCol="key", **keyed)
    )
    yield Step("TreeBuckets, 2 numbers", TreeBuckets(inputCols=["amount", "score"], keyCol="key", **_KNOWN))
    yield Step("EmailParts", EmailParts(inputCols=["email"]))
    yield Step("UrlParts", UrlParts(inputCols=["website"]))
    yield Step("PhoneParts", PhoneParts(inputCols=["phone"]))
    yield Step("JobTitle", JobTitle(inputCols=["title"]))
    yield Step("NameSimilarity", NameSimilarity(inputCols=["email", "company"], measures=["token_set"]))
    yield Step(
        "TextStats, words and length", TextStats(inputCols=["subject", "notes"], parts=["words", "length"])
    )
    yield Step("TextStats, language", TextStats(inputCols=["subject", "notes"], parts=["language"]))
    yield Step("TextStats, sentiment", TextStats(inputCols=["subject", "notes"], parts=["sentiment"]))
    yield Step("Terms, 20 of each", Terms(inputCols=["subject", "notes"], keyCol="key", topK=20, **keyed))
    yield Step("SmartText", SmartText(inputCols=["subject", "notes"], keyCol="key", **keyed))


def featurizer(**more: Any) -> Featurizer:
    """The Featurizer over the CRM fields."""
    given = {"inputCols": list(TYPES), "types": TYPES, "keyCol": "key", "foldCol": "fold", **_KNOWN}
    return Featurizer(**{**given, **more})


def timed(frame: DataFrame, stage: Transformer | Estimator[Any]) -> dict[str, Any]:
    """What a stage costs: fit, its jobs and shuffles, and transform, with its output thrown away."""
    with measured() as fit:
        model, jobs, shuffles = counted(frame, stage)
    _thrown_away(model.transform(frame.limit(1000)))  # the workers read their libraries and lexicons
    return {"fit": fit, "jobs": jobs, "shuffles": shuffles, "transform": _thrown_away(model.transform(frame))}


def counted(frame: DataFrame, stage: Transformer | Estimator[Any]) -> tuple[Transformer, int, int]:
    """The fitted stage, and the Spark jobs and shuffles of its fit."""
    if not isinstance(stage, Estimator):
        return stage, 0, 0
    context, group = frame.sparkSession.sparkContext, f"fit-{stage.uid}"
    context.setJobGroup(group, "counted")
    model: Transformer = stage.fit(frame)
    tracker = context.statusTracker()
    jobs = tracker.getJobIdsForGroup(group)
    stages = {at for job in jobs if (known := tracker.getJobInfo(job)) for at in known.stageIds}
    ran = [at for at in stages if (known := tracker.getStageInfo(at)) and known.numCompletedTasks]
    return model, len(jobs), len(ran) - len(jobs)


def _thrown_away(frame: DataFrame) -> Cost:
    with measured() as cost:
        frame.write.format("noop").mode("overwrite").save()
    return cost


def fits(spark: SparkSession, folder: Path, rows: int) -> list[dict[str, Any]]:
    """Jobs and shuffles of the Featurizer's fit, for few and many columns and tenants."""
    found = []
    for columns, tenants in ((8, 20), (40, 20), (8, 500)):
        made = tenant_frame(spark, tenants, rows // tenants, columns)
        frame = _on_disk(made, folder / f"{columns}-{tenants}")
        stage = Featurizer(
            inputCols=[name for name in frame.columns if name not in ("tenant", "key", "label")],
            tenantCol="tenant", labelCol="label", keyCol="key",
        )  # fmt: skip
        _, jobs, shuffles = counted(frame, stage)
        found.append({"columns": columns, "tenants": tenants, "jobs": jobs, "shuffles": shuffles})
    return found


def main() -> None:
    """Parse, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--tenants", type=int, default=200)
    parser.add_argument("--json", action="store_true", help="one JSON line last")
    args = parser.parse_args()
    with workplace() as (spark, folder):
        frame = _on_disk(crm(spark, args.rows, args.tenants), folder / "crm")
        spoken = TextStats(inputCols=["subject", "notes"], parts=["language", "sentiment"])
        timed(frame.limit(1000), Pipeline(stages=[featurizer(), spoken]))  # warms JVM and workers up
        reading = _thrown_away(frame)
        wholes = (
            Step("Featurizer, 20 fields", featurizer()),
            Step("Featurizer, language and sentiment beside it", Pipeline(stages=[featurizer(), spoken])),
            Step("Featurizer, types found by itself", featurizer(types={})),
        )
        every = {}
        for step in (*wholes, *steps()):
            every[step.name] = timed(frame, step.stage)
            # Long work: what is measured is told at once.
            print(f"{step.name}: {every[step.name]}", file=sys.stderr, flush=True)
        grown = fits(spark, folder, min(args.rows, 20_000))
    _report(args, reading, every, grown)


def _on_disk(frame: DataFrame, folder: Path) -> DataFrame:
    frame.write.parquet(str(folder))
    return frame.sparkSession.read.parquet(str(folder))


def _report(
    args: argparse.Namespace, reading: Cost, every: dict[str, dict[str, Any]], grown: list[dict[str, Any]]
) -> None:
    rows = [["reading the rows", "", "", "", *_speed(args.rows, reading, Cost())]]
    for name, one in every.items():
        made = [f"{one['fit'].cpu:.1f}", str(one["jobs"]), str(one["shuffles"])] if one["jobs"] else [""] * 3
        rows.append([name, *made, *_speed(args.rows, one["transform"], reading)])
    for one in grown:
        what = f"a fit of {one['columns']} columns, {one['tenants']} tenants"
        rows.append([what, "", str(one["jobs"]), str(one["shuffles"]), "", "", ""])
    title = f"Features: {args.rows:,} rows of {args.tenants:,} tenants"
    columns = [
        "",
        "fit CPU s",
        "jobs",
        "shuffles",
        "transform wall s",
        "rows/s",
        "CPU s per 1 M rows, without reading",
    ]
    costs = {
        name: {**one, "fit": vars(one["fit"]), "transform": vars(one["transform"])}
        for name, one in every.items()
    }
    report(title, columns, rows, args.json, rows=args.rows, reading=vars(reading), stages=costs, fits=grown)


def _speed(rows: int, cost: Cost, reading: Cost) -> list[str]:
    beyond = (cost.cpu - reading.cpu) / rows * 1e6
    return [f"{cost.wall:.1f}", f"{rows / cost.wall:,.0f}", f"{beyond:.1f}"]


if __name__ == "__main__":
    main()
