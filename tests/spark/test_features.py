"""The default feature plan on a frame with every kind of field."""

from __future__ import annotations

import pytest
from pyspark.ml import Pipeline
from pyspark.sql import SparkSession

from tiltyard.errors import TiltyardError
from tiltyard.features import feature_stages, unused_fields
from tiltyard.slots import SEMANTIC_TYPES, slots_of
from tiltyard.transformers import FieldTyper


def test_every_type_becomes_a_feature_or_has_a_reason() -> None:
    types = {kind.lower(): kind for kind in SEMANTIC_TYPES}
    used = feature_stages(types, tenantCol=None)[-1].getInputCols()
    fields = {name.partition("__")[0] for name in used}
    reasons = unused_fields(types)
    assert fields | reasons.keys() == set(types)
    assert not fields & reasons.keys()
    assert all(reason.startswith(types[name]) for name, reason in reasons.items())


def test_unknown_types_are_refused() -> None:
    with pytest.raises(TiltyardError, match=r"type of 'x' must be one of Real, .*, got 'Money'"):
        feature_stages({"x": "Money"}, tenantCol=None)


def test_typed_fields_become_one_packed_row(spark: SparkSession) -> None:
    frame = spark.range(100).selectExpr(
        "'t' AS _tenant",
        "concat('$', id) AS deal",
        "element_at(array('north', 'south', 'east'), int(id % 3) + 1) AS region",
        "timestamp_seconds(id * 86400) AS seen",
        "date_add(DATE '2024-01-01', int(id)) AS due",
        "uuid(1) AS record",
    )
    names = frame.columns[1:]
    typer = FieldTyper(inputCols=names).fit(frame)
    assert typer.types == {
        "deal": "Currency", "region": "Category", "seen": "Timestamp", "due": "Date", "record": "Id"
    }  # fmt: skip
    stages = [typer, *feature_stages(typer.types, tenantCol="_tenant", timeZone="Asia/Tokyo")]
    model = Pipeline(stages=stages).fit(frame)
    packed = model.transform(frame)
    slots = slots_of(packed.schema, "_features")
    assert [slot.field for slot in slots] == ["deal", *["seen"] * 8, *["due"] * 6, "region"]
    assert slots[0].type == "Currency"
    assert packed.where("size(_features) <> 16 OR isnan(_features[0])").count() == 0
    assert set(unused_fields(typer.types)) == {"record"}
