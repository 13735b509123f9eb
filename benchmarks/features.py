"""Feature speed: rows per second of each stage and of the whole Featurizer on a CRM table, and what a fit takes.

Rows are read from Parquet; `reading` is that alone, all columns. A stage's or the Featurizer's `transform` is timed
with its output thrown away, in a warm session. Jobs and shuffles of a fit are counted for two numbers of columns and of
tenants: they must be the same.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench import Cost, measured, report, workplace
from crm import TYPES, crm, events
from pyspark.ml import Estimator, Pipeline, Transformer
from pyspark.sql import DataFrame, SparkSession

from tiltyard import transformers
from tiltyard.featurizer import Featurizer
from tiltyard.synthetic import tenant_frame
from tiltyard.transformers import (
    Calculate,
    CustomFields,
    DateParts,
    DaysBetween,
    Descale,
    DriftFilter,
    EmailParts,
    FeaturePacker,
    FeatureVector,
    FieldTyper,
    FrequencyEncode,
    GeoParts,
    History,
    Holidays,
    Impute,
    JobTitle,
    MagnitudeBuckets,
    MultiPivot,
    NameSimilarity,
    NumericBuckets,
    PhoneParts,
    Pivot,
    QuantileBuckets,
    SanityChecker,
    Scale,
    SmartText,
    TargetEncode,
    Terms,
    TextStats,
    TextTarget,
    TimeSince,
    TreeBuckets,
    UrlParts,
)

_TENANT: dict[str, Any] = {"tenantCol": "tenant"}
NUMBERS = ["amount", "employees", "visits", "score", "discount", "pages"]
TEXTS = ["subject", "notes"]


class Step(NamedTuple):
    """A stage to time: its name in the table, and the stage."""

    name: str
    stage: Transformer | Estimator[Any]


def steps(frame: DataFrame, history: str) -> Iterator[Step]:
    """The stages alone, each on the columns it is for; `history` is a table of events."""
    yield from _row_by_row(frame, history)
    yield from _keyed(frame)


def _row_by_row(frame: DataFrame, history: str) -> Iterator[Step]:
    money, moments = ["amount", "employees"], ["created", "last_seen"]
    packer = FeaturePacker(inputCols=NUMBERS)
    slots = [{"name": name, "kind": "numeric"} for name in NUMBERS]
    once = History(
        eventsTable=history, entityCol="company", timeCol="created", eventAmountCol="paid", **_TENANT
    )
    scaler: Any = Scale(inputCols=["amount", "score"], **_TENANT).fit(frame)
    yield Step(
        "Calculate, a ratio and a log",
        Calculate(expressions={"r": ["ratio", *money], "l": ["log", "amount"]}),
    )
    yield Step("NumericBuckets, 2 numbers", NumericBuckets(inputCols=money))
    yield Step("MagnitudeBuckets, 2 numbers", MagnitudeBuckets(inputCols=money))
    yield Step("Descale, 2 numbers", Pipeline(stages=[scaler, Descale(scaler=scaler)]))
    yield Step("DateParts, 2 moments", DateParts(inputCols=moments))
    yield Step("DaysBetween, 2 moments", DaysBetween(inputCols=moments))
    yield Step("Holidays", Holidays(inputCols=["created"], country="DE"))
    yield Step("GeoParts", GeoParts(latCol="lat", lonCol="lon"))
    yield Step("EmailParts", EmailParts(inputCols=["email"]))
    yield Step("UrlParts", UrlParts(inputCols=["website"]))
    yield Step("PhoneParts", PhoneParts(inputCols=["phone"]))
    yield Step("JobTitle", JobTitle(inputCols=["title"]))
    yield Step("NameSimilarity", NameSimilarity(inputCols=["email", "company"], measures=["token_set"]))
    yield Step("TextStats, words and length", TextStats(inputCols=TEXTS, parts=["words", "length"]))
    yield Step("TextStats, language", TextStats(inputCols=TEXTS, parts=["language"]))
    yield Step("TextStats, sentiment", TextStats(inputCols=TEXTS, parts=["sentiment"]))
    yield Step("History, one event a row", once)
    yield Step("FeaturePacker, 6 numbers", packer)
    yield Step("FeatureVector, 6 numbers", Pipeline(stages=[packer, FeatureVector(slots=slots)]))


def _keyed(frame: DataFrame) -> Iterator[Step]:
    drawn = {**_TENANT, "keyCol": "key"}
    numbers, names, many = (
        ["amount", "score"],
        ["source", "stage", "industry", "country", "city"],
        ["city", "company"],
    )
    packed: list[Any] = [
        FeaturePacker(inputCols=NUMBERS),
        SanityChecker(inputCol="features", labelCol="label", **drawn),
    ]
    drifting = DriftFilter(inputCols=["amount", "source"], recentCol="late", **drawn)
    yield Step("FieldTyper, 20 fields", FieldTyper(inputCols=list(TYPES)))
    yield Step("Impute, 2 numbers", Impute(inputCols=numbers, **_TENANT))
    yield Step("Scale, 2 numbers", Scale(inputCols=numbers, **_TENANT))
    yield Step("QuantileBuckets, 2 numbers", QuantileBuckets(inputCols=numbers, **drawn))
    yield Step("TreeBuckets, 2 numbers", TreeBuckets(inputCols=numbers, labelCol="label", **drawn))
    yield Step("TimeSince, 2 moments", TimeSince(inputCols=["created", "last_seen"], **_TENANT))
    yield Step("Pivot, 5 categories", Pivot(inputCols=names, **_TENANT))
    yield Step("MultiPivot, 3 tags a row", MultiPivot(inputCols=["tags"], **_TENANT))
    yield Step("CustomFields, 5 fields", CustomFields(inputCols=["custom"], **drawn))
    encode = TargetEncode(inputCols=many, labelCol="label", foldCol="fold", **_TENANT)
    yield Step("TargetEncode, 2 columns", encode)
    yield Step("FrequencyEncode, 2 columns", FrequencyEncode(inputCols=many, **_TENANT))
    yield Step("Terms, 20 of each", Terms(inputCols=TEXTS, topK=20, **drawn))
    yield Step("SmartText", SmartText(inputCols=TEXTS, **drawn))
    words = TextTarget(inputCols=TEXTS, labelCol="label", foldCol="fold", **drawn)
    yield Step("TextTarget, 2 texts", words)
    yield Step("SanityChecker, 6 slots", Pipeline(stages=packed))
    yield Step("DriftFilter, 2 fields", drifting)


def featurizer(**more: Any) -> Featurizer:
    """The Featurizer over the CRM fields."""
    given = {
        "inputCols": list(TYPES),
        "types": TYPES,
        "keyCol": "key",
        "foldCol": "fold",
        "labelCol": "label",
        **_TENANT,
    }
    return Featurizer(**{**given, **more})


def timed(frame: DataFrame, stage: Transformer | Estimator[Any]) -> dict[str, Any]:
    """What a stage costs: fit, its jobs and shuffles, and transform, with its output thrown away."""
    with measured() as fit:
        model, jobs, shuffles = counted(frame, stage)
    _thrown_away(model.transform(frame.limit(1000)))  # the workers read their libraries and lexicons
    return {"fit": fit, "jobs": jobs, "shuffles": shuffles, "transform": _thrown_away(model.transform(frame))}


def counted(frame: DataFrame, stage: Transformer | Estimator[Any]) -> tuple[Transformer, int, int]:
    """The fitted stage, and the Spark jobs and shuffles of its fit."""
    if isinstance(stage, Transformer):
        return stage, 0, 0
    context, group = frame.sparkSession.sparkContext, f"fit-{stage.uid}"
    context.setJobGroup(group, "counted")
    model: Transformer = stage.fit(frame)
    tracker = context.statusTracker()
    jobs = tracker.getJobIdsForGroup(group)
    stages = {at for job in jobs if (known := tracker.getJobInfo(job)) for at in known.stageIds}
    ran = [at for at in stages if (info := tracker.getStageInfo(at)) and info.numCompletedTasks]
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


def _refuse_forgotten(every: Sequence[Step]) -> None:
    stages = [part for step in every for part in _parts(step.stage)]
    measured_ones = {type(stage).__name__.removesuffix("Model") for stage in stages}
    public = {name for name in transformers.__all__ if not name.endswith("Model")}
    if forgotten := public - measured_ones:
        raise SystemExit(f"features.py: no step for {', '.join(sorted(forgotten))}.")


def _parts(stage: Any) -> list[Any]:
    return stage.getStages() if isinstance(stage, Pipeline) else [stage]


def main() -> None:
    """Parse, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--tenants", type=int, default=200)
    parser.add_argument("--only", default="", help="names of steps that contain this")
    parser.add_argument("--json", action="store_true", help="one JSON line last")
    args = parser.parse_args()
    with workplace() as (spark, folder):
        frame = _on_disk(crm(spark, args.rows, args.tenants), folder / "crm")
        spoken = TextStats(inputCols=TEXTS, parts=["language", "sentiment"])
        timed(frame.limit(1000), Pipeline(stages=[featurizer(), spoken]))  # warms JVM and workers up
        reading = _thrown_away(frame)
        wholes = (
            Step("Featurizer, 20 fields", featurizer()),
            Step("Featurizer, language and sentiment beside it", Pipeline(stages=[featurizer(), spoken])),
            Step("Featurizer, types found by itself", featurizer(types={})),
        )
        history = events(spark, args.rows, args.tenants, folder / "events")
        every = {}
        alone = list(steps(frame, history))
        _refuse_forgotten(alone)
        for step in (*wholes, *alone):
            if args.only not in step.name:
                continue
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
    report(
        title, columns, rows, args.json, table_rows=args.rows, reading=vars(reading), stages=costs, fits=grown
    )


def _speed(rows: int, cost: Cost, reading: Cost) -> list[str]:
    beyond = (cost.cpu - reading.cpu) / rows * 1e6
    return [f"{cost.wall:.1f}", f"{rows / cost.wall:,.0f}", f"{beyond:.1f}"]


if __name__ == "__main__":
    main()
