"""NameSimilarity on columns: names of outputs, measures, lineage, errors."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.slots import Slot, slot_of
from tiltyard.transformers import NameSimilarity


def test_chosen_measures_under_a_chosen_name_with_the_first_columns_lineage(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("Paris", "paris"), ("Lyon", None)], "town string, billing string")
    stage = NameSimilarity(inputCols=["town", "billing"], outputCol="towns", measures=["token_set"])
    compared = stage.transform(frame)
    assert compared.columns == ["town", "billing", "towns_token_set"]
    assert {(row.town, row.towns_token_set) for row in compared.collect()} == {("Paris", 1.0), ("Lyon", None)}
    assert slot_of(compared.schema["towns_token_set"]) == Slot(
        "towns_token_set", "town", "Category", "numeric"
    )


def test_wrong_columns_and_params_are_refused(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1, "a")], "number int, name string")
    with pytest.raises(DataContractError, match="NameSimilarity: column 'number' must be text, got int"):
        NameSimilarity(inputCols=["name", "number"]).transform(frame)
    with pytest.raises(TiltyardError, match="'inputCols' must be a list of 2 column names, got nothing"):
        NameSimilarity().transform(frame)
    for wrong in (["name"], ["a", "b", "c"], "ab", [1, 2], ["a", ""]):
        with pytest.raises(TiltyardError, match="'inputCols' must be a list of 2 column names, got"):
            NameSimilarity(inputCols=wrong)
    with pytest.raises(
        TiltyardError, match="'measures' must be a list of some of 'jaro_winkler', 'token_set'"
    ):
        NameSimilarity(measures=["levenshtein"])
