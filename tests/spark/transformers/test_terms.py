"""Terms: words as Spark cuts them, against Python's own, and the sample they are chosen from."""

from __future__ import annotations

import random
import re

import pytest
from pyspark.sql import SparkSession

from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.testing import counted_jobs
from tiltyard.transformers import Pivot, Terms
from tiltyard.transformers._term_choice import Rules, chosen

WORDS = ["Zürich", "ÉCOLE", "can't", "Москва", "A1", "don", "t", "東京", "art", "party"]
MARKS = [" ", ", ", "... ", "\n", "_", " - ", "/"]


def test_terms_and_flags_are_those_of_plain_python(spark: SparkSession) -> None:
    draw = random.Random(0)
    rows = [
        (n, draw.choice("st"), None if n % 9 == 0 else "".join(_pieces(draw)), float(n % 2))
        for n in range(120)
    ]
    frame = spark.createDataFrame(rows, "id int, tenant string, note string, label double")
    terms = Terms(inputCols=["note"], tenantCol="tenant", topK=8, minSupport=5, maxShare=0.6)
    model = terms.fit(frame)
    levels = {(row.tenant, row.column): row.levels for row in model.levels().collect()}
    output = model.transform(frame).where("note is not null").collect()
    for tenant in (None, "s", "t"):
        texts = [_plain(note) for _, one, note, _ in rows if note is not None and tenant in (None, one)]
        wanted = chosen(texts, [None] * len(texts), Rules(8, 5, 0.6, 2))
        assert len(wanted) == 8
        assert [levels[(tenant, f"note__term_{rank}")] for rank in range(1, 9)] == [[one] for one in wanted]
        for row in output:
            if row.tenant == tenant:
                flags = [row[f"note__term_{rank}"] for rank in range(1, 9)]
                assert flags == [float(f" {term} " in f" {_plain(row.note)} ") for term in wanted]


def test_the_label_chooses_and_a_fit_costs_the_jobs_of_one_aggregation(spark: SparkSession) -> None:
    rows = [(n, f"w{n % 2} v{n % 3} " + ("won" if n % 8 == 0 else ""), n % 8 == 0) for n in range(80)]
    frame = spark.createDataFrame(rows, "id int, note string, won boolean")
    noted = frame.selectExpr("*", *[f"note as note{n}" for n in range(3)])
    inputs = [f"note{n}" for n in range(3)]
    with counted_jobs(spark) as one:
        Pivot(inputCols=["note"]).fit(frame)
    with counted_jobs(spark) as three:
        model = Terms(inputCols=inputs, labelCol="won", keyCol="id").fit(noted)
    assert three() == one()
    first = model.levels().where("column like '%term_1'").collect()
    assert [(row.field, row.levels) for row in first] == [(name, ["won"]) for name in inputs]


def test_only_so_many_rows_with_a_text_are_looked_at(spark: SparkSession) -> None:
    rows = [(n, f"w{n}" if n < 50 else None) for n in range(500)]
    frame = spark.createDataFrame(rows, "id int, note string")
    terms = Terms(inputCols=["note"], topK=100, minSupport=1, maxShare=1.0, sampleRows=20, keyCol="id")
    found = [
        sorted(row.levels[0] for row in terms.fit(one).levels().collect() if row.levels)
        for one in (frame, frame.repartition(7).orderBy("note"))
    ]
    assert len(found[0]) == 20
    assert found[0] == found[1]


def test_wrong_columns_and_params_are_refused(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("a", 1, "yes")], "note string, number int, label string")
    with pytest.raises(DataContractError, match="Terms: column 'number' must be text, got int"):
        Terms(inputCols=["number"]).fit(frame)
    with pytest.raises(
        DataContractError, match="Terms: label 'label' must be numeric or boolean, got string"
    ):
        Terms(inputCols=["note"], labelCol="label").fit(frame)
    with pytest.raises(DataContractError, match="Terms: the frame has no column 'numbr', did you mean"):
        Terms(inputCols=["note"], keyCol="numbr").fit(frame)
    with pytest.raises(TiltyardError, match="'maxWords' must be an integer of at least 1 and at most 2, got"):
        Terms(maxWords=3)


def _pieces(draw: random.Random) -> list[str]:
    return [piece for _ in range(draw.randint(0, 6)) for piece in (draw.choice(WORDS), draw.choice(MARKS))]


def _plain(note: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", note.lower()))
