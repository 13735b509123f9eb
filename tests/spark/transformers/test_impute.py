"""Impute: every strategy against plain Python, and what is refused."""

from __future__ import annotations

import random
import statistics

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.slots import Slot, slot_of
from tiltyard.transformers import Impute

STRATEGIES = {
    "mean": statistics.fmean,
    "median": statistics.median,
    "mostFrequent": lambda values: min(statistics.multimode(values)),
}


def test_fills_are_those_of_plain_python(spark: SparkSession) -> None:
    draw = random.Random(0)
    rows = [(draw.choice("abc"), draw.choice([None, *(n / 10 for n in range(-5, 5))])) for _ in range(300)]
    frame = spark.createDataFrame(rows, "tenant string, n double").repartition(5)
    known = [(tenant, number) for tenant, number in rows if number is not None]
    for strategy, learnt in STRATEGIES.items():
        model = Impute(inputCols=["n"], tenantCol="tenant", strategy=strategy).fit(frame)
        fills = {row.tenant: row.state.n for row in model.state.collect()}
        expected = {name: learnt([n for tenant, n in known if tenant == name]) for name in "abc"}
        assert fills == pytest.approx({**expected, None: learnt([n for _, n in known])})
        output = model.transform(frame).select("tenant", "n", "n__filled").collect()
        assert all(row.n__filled == (fills[row.tenant] if row.n is None else row.n) for row in output)


def test_the_mean_does_not_depend_on_the_order_of_adding(spark: SparkSession) -> None:
    # Sums of these numbers differ in their last digits from order to order.
    ids = spark.range(3000)
    number = (F.pmod(F.hash("id"), F.lit(10_007)) / 7 + 1.7e9) * F.when(F.col("id") % 3 == 0, -1).otherwise(1)
    frame = ids.select("id", number.alias("n")).localCheckpoint()
    orders = [frame.coalesce(1), frame.orderBy("n").repartition(3), frame.orderBy(F.desc("n")).repartition(7)]
    plain = {one.agg(F.avg("n")).first()[0] for one in orders}
    steady = {Impute(inputCols=["n"]).fit(one).state.first().state.n for one in orders}
    assert len(plain) > 1
    assert len(steady) == 1
    assert steady.pop() == pytest.approx(statistics.fmean(row.n for row in frame.collect()), abs=40)


def test_constants_stay_what_they_are(spark: SparkSession) -> None:
    for number in (0.1, 123456789.123456, -1e300, 5e-324):
        frame = spark.createDataFrame([(number,)] * 7 + [(None,)], "n double")
        assert Impute(inputCols=["n"]).fit(frame).state.first().state.n == number


def test_texts_and_numbers_with_their_lineage(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(None, 1)], "letter string, n int")
    stage = Impute(inputCols=["letter", "n"], strategy="mostFrequent", flags=True)
    output = stage.fit(frame).transform(frame)
    assert output.drop("letter", "n").first() == ("missing", True, 1.0, False)
    assert slot_of(output.schema["letter__filled"]) == Slot(
        "letter__filled", "letter", "Category", "categorical"
    )
    assert slot_of(output.schema["n__was_null"]) == Slot("n__was_null", "n", "Integral", "numeric")


def test_wrong_columns_and_params_are_refused(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("x", 1, ["x"])], "letter string, n int, tags array<string>")
    refused = {
        "column 'letter' must be numeric for the strategy 'mean', got string": {"inputCols": ["letter"]},
        r"column 'tags' must be numeric or text, got array<string>": {"inputCols": ["tags"]},
        "'fillValue' must be a number for column 'n', got 'x'": {"inputCols": ["n"], "fillValue": "x"},
        "'fillValue' must be a text for column 'letter', got 1.0": {
            "inputCols": ["letter"],
            "strategy": "constant",
            "fillValue": 1,
        },
    }
    for message, params in refused.items():
        with pytest.raises(DataContractError, match=f"Impute: {message}"):
            Impute(**params).fit(frame)
    with pytest.raises(TiltyardError, match="Impute: 'fillValue' must be a finite number or a text, got inf"):
        Impute(fillValue=float("inf"))
    with pytest.raises(TiltyardError, match="Impute: 'flags' must be True or False, got 1"):
        Impute(flags=1)
