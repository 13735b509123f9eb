"""Proposing an app: keys of every kind, labels, columns a model must not see, and what has no answer."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from tiltyard.errors import DataContractError
from tiltyard.proposal import Proposal, Wishes, propose, render
from tiltyard.proposal.propose import draft
from tiltyard.proposal.table import as_ingested

# Order lines: the outcome is known of all but a few.
LINES = (
    "concat('O', lpad(id % 150, 3, '0')) AS order_no",
    "id div 150 AS line",
    "id * id AS grams",  # different in every row, but by chance
    "CASE WHEN id % 50 = 1 THEN '?' WHEN id % 3 = 0 THEN 'Yes' ELSE 'No' END AS won",
    "pmod(xxhash64(id, 7), 5) AS noise",
    "IF(id % 3 = 0, 'shipped', 'open') AS phase",
    "IF(id % 3 = 0, id % 40 / 8, NULL) AS receipt",
    "IF(id % 2 = 0, 'x', NULL) AS gift",
    "'EUR' AS money",
    "string(NULL) AS empty",
    "timestamp_seconds(1700000000 + id * 3600) AS created_at",
    "date_add(DATE '2024-01-01', int(id % 30)) AS updated_on",
    "date_add(DATE '1980-01-01', int(id)) AS birth_date",
    "concat(1 + id % 28, '.12.2024') AS due",
)


def _propose(frame: DataFrame, label: str, **more: Any) -> Proposal:
    return propose(frame.persist(), Wishes("app", "app", label, **more))


@pytest.fixture(scope="module")
def lines(spark: SparkSession) -> Proposal:
    return _propose(spark.range(300).selectExpr(*LINES), "Won")


def test_columns_that_are_a_key_together(lines: Proposal) -> None:
    assert (lines.key.columns, lines.key.refused) == (("order_no", "line"), 0)
    assert lines.key.why.startswith("together different in each of 300 rows; none of them can be a feature")


def test_a_label_of_two_texts_and_a_question_mark(lines: Proposal) -> None:
    label = lines.label
    assert label.expression == "IF(won IN ('No', 'Yes'), won = 'Yes', NULL)"
    assert (label.positives, label.negatives, label.unknown) == (98, 196, 6)
    assert label.why == "'Yes' reads as yes"


def test_columns_a_model_must_not_see(lines: Proposal) -> None:
    reasons = {name: why.partition(":")[0] for name, why in lines.exclude.items()}
    assert reasons == {
        "money": "has only one value",
        "empty": "has no values",
        "updated_on": "a date that may be written with the outcome ('updated' in the name)",
        "due": "dates as text that Spark does not read; write them as 2024-12-31",
        "phase": "knows the outcome",
        "receipt": "knows the outcome",  # by being there
    }
    assert [one["field"] for one in lines.fields] == ["grams", "noise", "gift", "created_at", "birth_date"]


def test_the_time_is_the_one_of_the_record(lines: Proposal) -> None:
    assert lines.time.column == "created_at"


def test_the_configuration_is_valid(lines: Proposal) -> None:
    config = lines.config()
    assert (config.folds.by, config.fields["noise"]) == ("time", "Integral")


def test_a_number_that_starts_anew_for_every_tenant(spark: SparkSession) -> None:
    frame = spark.range(240).selectExpr(
        "concat('s', id % 3) AS shop", "id div 3 AS number", "id % 2 AS y", "rand(1) AS x"
    )
    own = _propose(frame, "y", tenant=("SHOP",))
    assert (own.tenants.columns, own.key.columns) == (("shop",), ("number",))
    assert own.key.why == "different in each of 240 rows, within their tenant"
    assert (
        "3 tenants, with 80 rows at the median and 80 at most; 3 of them with fewer than 100"
        in own.tenants.why
    )
    assert set(_propose(frame, "y").key.columns) == {"shop", "number"}


def test_an_id_with_an_error_is_still_the_key(spark: SparkSession) -> None:
    frame = spark.range(2000).selectExpr(
        "concat('C', greatest(id, 1)) AS customer_id", "id % 2 AS y", "id % 9 AS x"
    )
    key = _propose(frame, "y").key
    assert (key.columns, key.refused) == (("customer_id",), 1)
    assert "1 rows share their key with another and would be refused" in key.why


def test_rows_that_nothing_tells_apart(spark: SparkSession) -> None:
    frame = spark.range(300).selectExpr(
        "concat('c', id % 7) AS a", "id % 5 AS b", "id % 2 AS y", "rand(1) AS x"
    )
    with pytest.raises(
        DataContractError, match=r"up to 4 is \(closest: a, b, with 265 rows like .*Give every row an id"
    ):
        _propose(frame, "y")
    assert _propose(frame, "y", key=("A",)).key.refused == 293
    with pytest.raises(DataContractError, match="--key: the frame has no column 'aa', did you mean 'a'"):
        _propose(frame, "y", key=("aa",))


@pytest.mark.parametrize(
    ("label", "tenant", "message"),
    [
        ("wonn", (), "app: --label: the frame has no column 'wonn', did you mean 'won'"),
        ("won", ("lin",), "app: --tenant: the frame has no column 'lin', did you mean 'line'"),
        ("order_no", (), r"more than 100 values \('O000', .*, \.\.\.\).* --label \"order_no = 'O000'\""),
        ("money", (), "'money' has only the value 'EUR'; there is nothing to tell apart"),
        ("empty", (), "'empty' has no values"),
        ("noise > 9", (), "'noise > 9' is true in 0 rows, false in 300, null in 0; there is nothing to tell"),
        ("nois > 9", (), "label 'nois > 9' does not fit the source"),
        ("line + 1", (), "must be 0 or 1|must be a boolean or 0 and 1"),
    ],
)  # fmt: skip
def test_wrong_wishes(spark: SparkSession, label: str, tenant: tuple[str, ...], message: str) -> None:
    frame = spark.range(300).selectExpr(*LINES)
    with pytest.raises(Exception, match=message):
        propose(frame, Wishes("app", "app", label, tenant))


@pytest.mark.parametrize(
    ("label", "wanted", "problem", "expression", "spread"),
    [
        ("noise", None, "regression", "noise", "known of 300 rows, from "),
        ("stars", None, "multiclass", "stars", "known of 300 rows"),
        ("stars", "regression", "regression", "stars", "from 1 to 5, the median is 3"),
        ("kind", None, "multiclass", "IF(kind IN ('n/a'), NULL, kind)", "known of 225 rows"),
        ("stars + noise", "regression", "regression", "stars + noise", "known of 300 rows, from "),
        ("flag", None, "binary", "flag = 'yes'", "so in 100 of 300 rows (33.3%)"),
    ],
)
def test_the_label_s_values_say_what_the_problem_is(
    spark: SparkSession, label: str, wanted: Any, problem: str, expression: str, spread: str
) -> None:
    frame = spark.range(300).selectExpr(
        "concat('k', id) AS id", "id * 0.37 AS noise", "id % 5 + 1 AS stars", "id % 7 AS x",
        "array('a', 'b', 'c', 'n/a')[id % 4] AS kind", "IF(id % 3 = 0, 'yes', 'no') AS flag",
    )  # fmt: skip
    found = propose(frame, Wishes("app", "app", label, key=("id",), problem=wanted))
    assert (found.label.problem, found.label.expression) == (problem, expression)
    assert spread in found.label.spread and found.config().problem == problem
    text = render(found, "rows")
    assert f"problem: {problem}\n" in text and f"#   metric: {found.config().metric}" in text


def test_a_csv_is_seen_as_ingest_would_take_it(spark: SparkSession) -> None:
    raw = spark.createDataFrame(
        [("1", "00501", "2.5", None, None), ("2", "00502", "x", None, "2,00502,x,")],
        "id string, zip string, price string, nothing string, _corrupt_record string",
    )
    frame = as_ingested(raw, draft(Wishes("app", "app", "id"), raw.columns), "file")
    assert frame.dtypes == [("id", "bigint"), ("zip", "string"), ("price", "string")]
    assert [tuple(row) for row in frame.collect()] == [(1, "00501", "2.5")]
    with pytest.raises(DataContractError, match="there is no column 'zipp', did you mean 'zip'"):
        as_ingested(raw, draft(Wishes("app", "app", "id", ("zipp",)), raw.columns), "file")
