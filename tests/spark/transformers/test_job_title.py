"""JobTitle on columns: chosen parts, several inputs, lineage, errors."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.slots import Slot, slot_of
from tiltyard.transformers import JobTitle


def test_chosen_parts_of_two_columns_in_their_order_with_lineage(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("Buyer", None), ("x", "VP Sales")], "now string, `job before` string")
    read = JobTitle(inputCols=["now", "job before"], parts=["function", "rank"]).transform(frame)
    outputs = ["now__function", "now__rank", "job before__function", "job before__rank"]
    assert read.columns == [*frame.columns, *outputs]
    found = {tuple(row)[2:] for row in read.collect()}
    assert found == {("procurement", 3, None, None), (None, None, "sales", 7)}
    assert [slot_of(read.schema[name]) for name in outputs[2:]] == [
        Slot("job before__function", "job before", "Category", "categorical"),
        Slot("job before__rank", "job before", "Category", "numeric"),
    ]


def test_wrong_columns_and_params_are_refused(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1,)], "title int")
    with pytest.raises(DataContractError, match="JobTitle: column 'title' must be text, got int"):
        JobTitle(inputCols=["title"]).transform(frame)
    with pytest.raises(
        TiltyardError, match="JobTitle: 'parts' must be a list of some of 'seniority', 'rank'"
    ):
        JobTitle(parts=["level"])
