"""FieldTyper: one generated column of every type, sampling, overrides and cost."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tests.field_facts import facts_of
from tiltyard.errors import DataContractError
from tiltyard.slots import SEMANTIC_TYPES
from tiltyard.testing import counted_jobs
from tiltyard.transformers import FieldTyper, Pivot
from tiltyard.transformers._field_facts import facts

# Column name, SQL over id (0 to 299), type.
COLUMNS = [
    ("weight", "id / 7", "Real"),
    ("visits", "id % 50", "Integral"),
    ("win_rate", "(id % 100) / 100.0", "Percent"),
    ("growth", "concat(id % 90, ' %')", "Percent"),
    ("dealValue", "concat('€', id, ',000.00')", "Currency"),
    ("annualRevenue", "id * 1000", "Currency"),
    ("active", "id % 2 = 0", "Binary"),
    ("won", "IF(id % 2 = 0, 'Y', 'N')", "Binary"),
    ("sex", "IF(id % 2 = 0, 'male', 'female')", "Binary"),
    ("flag", "id % 2", "Binary"),
    ("born", "date_add(DATE '1980-01-01', int(id))", "Date"),
    ("closed", "concat(1 + id % 28, '/03/2024')", "Date"),
    ("seen", "timestamp_seconds(id)", "Timestamp"),
    ("logged", "concat('2024-01-', lpad(1 + id % 28, 2, '0'), 'T10:00:00Z')", "Timestamp"),
    ("colour", "element_at(array('red', 'green', 'blue'), int(id % 3) + 1)", "Category"),
    ("product_code", "id % 12", "Category"),
    ("paid", "id % 12", "Integral"),
    ("tags", "concat('a', id % 3, ';b', id % 5)", "MultiCategory"),
    ("labels", "array(string(id % 3))", "MultiCategory"),
    ("description", "concat('We met number ', id, ' at the fair and he liked it')", "Text"),
    ("name", "concat('Person', id, ' Family', id * 7)", "Text"),
    ("contact", "concat('p', id, '@example.org')", "Email"),
    ("mobile", "concat('+49 170 ', 1000000 + id)", "Phone"),
    ("website", "concat('https://example', id, '.org')", "URL"),
    ("company", "concat('Firm ', id % 40)", "Company"),
    ("supplier", "concat('Firm ', id % 40, ' GmbH')", "Company"),
    (
        "title",
        "element_at(array('VP of Sales', 'Head of HR', 'Software Engineer'), int(id % 3) + 1)",
        "JobTitle",
    ),
    ("billing_country", "element_at(array('DE', 'FR', 'IT'), int(id % 3) + 1)", "Country"),
    ("state", "element_at(array('CA', 'NY', 'TX'), int(id % 3) + 1)", "State"),
    ("order_state", "element_at(array('open', 'sent', 'paid'), int(id % 3) + 1)", "Category"),
    ("city", "element_at(array('Berlin', 'Paris', 'Rome'), int(id % 3) + 1)", "City"),
    ("zip", "10000 + id % 90", "PostalCode"),
    ("place", "concat('52.', id, ', 13.', id)", "Geolocation"),
    ("point", "named_struct('lat', id / 10, 'lon', id / 5)", "Geolocation"),
    ("extras", "map('colour', string(id))", "Custom"),
    ("embedding", "array(id / 7)", "Other"),
    ("customerID", "concat('C-', id)", "Id"),
    ("row", "id", "Id"),
    ("nothing", "string(null)", "Category"),
]


def _frame(spark: SparkSession):  # type: ignore[no-untyped-def]
    return spark.range(300).selectExpr(*[f"{sql} AS {name}" for name, sql, _ in COLUMNS])


def test_a_column_of_every_type_is_found(spark: SparkSession) -> None:
    frame = _frame(spark)
    expected = {name: kind for name, _, kind in COLUMNS}
    assert set(expected.values()) == set(SEMANTIC_TYPES)
    model = FieldTyper().fit(frame)
    assert model.types == expected
    assert all(one["evidence"] and 0 <= one["confidence"] <= 1 for one in model.evidence)
    assert model.evidence[-1]["confidence"] == 0


def test_missing_values_in_words_do_not_count(spark: SparkSession) -> None:
    texts = ["1.5", "2.5", " ", "NA", "null", None, "n/a", "-", "3.5"]
    frame = spark.createDataFrame([(text,) for text in texts], "x string")
    assert FieldTyper().fit(frame).types == {"x": "Real"}


def test_given_types_win_and_must_exist(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("N725MQ", 1)], "tailnum string, n int")
    model = FieldTyper(types={"tailnum": "Id"}).fit(frame)
    assert model.types["tailnum"] == "Id"
    with pytest.raises(DataContractError, match="no column 'tailnumber', did you mean 'tailnum'"):
        FieldTyper(types={"tailnumber": "Id"}).fit(frame)


def test_the_sample_is_the_same_in_any_order(spark: SparkSession) -> None:
    frame = spark.range(5000).selectExpr("id % 700 AS n", "concat('v', id % 900) AS v", "id / 3 AS x")
    shuffled = frame.orderBy(F.hash("x")).repartition(5)
    typer = FieldTyper(sampleRows=400)
    assert typer.fit(frame).evidence == typer.fit(shuffled).evidence
    assert typer.fit(frame).evidence != FieldTyper().fit(frame).evidence


def test_metadata_is_added_and_nothing_cast(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("1.5", 2)], "Price string, other int")
    typed = FieldTyper(inputCols=["price"], types={"Price": "Currency"}).fit(frame).transform(frame)
    assert typed.dtypes == frame.dtypes
    assert typed.schema["Price"].metadata == {"tiltyard": {"field": "Price", "type": "Currency"}}
    assert typed.schema["other"].metadata == {}


def test_jobs_do_not_grow_with_columns(spark: SparkSession) -> None:
    frame = _frame(spark)
    with counted_jobs(spark) as few:
        FieldTyper(inputCols=["weight"]).fit(frame)
    with counted_jobs(spark) as many:
        FieldTyper().fit(frame)
    assert many() == few() == 2  # one aggregation: adaptive execution makes a job of each of its two stages


def test_facts_are_those_of_plain_python(spark: SparkSession) -> None:
    columns = {
        "x": ["1.5", " 2", "NA", None, "$1,200", "45 %", "", "-3", "2"],
        "when": ["2024-01-02", "2024-01-02T10:00", "1/2/2024", "?", "soon", "soon", "b", "a", "a"],
        "who": [
            "a@x.org",
            "+49 30 1234567",
            "ACME Inc.",
            "VP of Sales",
            "x;y",
            "www.x.org",
            "on hold",
            "Y",
            "Y",
        ],
    }
    frame = spark.createDataFrame(
        list(zip(*columns.values(), strict=True)), "x string, when string, who string"
    )
    for found, (name, values) in zip(facts(frame, list(columns), 100), columns.items(), strict=True):
        wanted = facts_of(name, values)
        for key, value in vars(found).items():
            assert value == pytest.approx(getattr(wanted, key)) if key != "data_type" else True, (name, key)


def test_comments_and_types_of_earlier_stages_are_read_from_the_metadata(spark: SparkSession) -> None:
    frame = spark.range(100).selectExpr(
        "id % 7 AS x1", "id % 7 AS x2", "id % 7 AS n", "concat('v', id % 3) AS c"
    )
    frame = frame.withMetadata("x1", {"comment": "Price in euros"})
    typed = FieldTyper(inputCols=["x2"], types={"x2": "Percent"}).fit(frame).transform(frame)
    pivoted = Pivot(inputCols=["c"]).fit(typed).transform(typed)
    model = FieldTyper(types={"N": "Real"}).fit(pivoted)
    assert model.types == {
        "x1": "Currency", "x2": "Percent", "n": "Real", "c": "Category", "c__pivot": "Category"
    }  # fmt: skip
    assert [one["evidence"] for one in model.evidence][1:3] == ["given by an earlier stage", "given"]
    # What is there already stays: the comment, and the lineage of a derived column.
    schema = model.transform(pivoted).schema
    assert schema["x1"].metadata["comment"] == "Price in euros"
    assert schema["c__pivot"].metadata == pivoted.schema["c__pivot"].metadata
    assert FieldTyper(types={"x2": "Currency"}).fit(typed).types["x2"] == "Currency"
