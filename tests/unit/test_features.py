"""The default feature plan: every type becomes a feature or has a reason."""

from __future__ import annotations

import pytest

from tiltyard.errors import TiltyardError
from tiltyard.features import Settings, feature_plan, unused_fields
from tiltyard.slots import SEMANTIC_TYPES
from tiltyard.transformers import PhoneParts

TYPES = {kind.lower(): kind for kind in SEMANTIC_TYPES}


def _stages(settings: Settings) -> list[str]:
    plan = feature_plan(TYPES, settings)
    return [type(stage).__name__ for stage in (*plan.parts, *plan.keyed)]


def test_every_type_becomes_a_feature_or_has_a_reason() -> None:
    columns = feature_plan(TYPES, Settings(label="won")).columns
    fields = {name.partition("__")[0] for name in columns}
    reasons = unused_fields(TYPES)
    assert fields | reasons.keys() == set(TYPES)
    assert not fields & reasons.keys()
    assert all(reason.startswith(TYPES[name]) for name, reason in reasons.items())
    assert len(columns) == len(set(columns))


def test_nothing_learns_from_a_label_that_is_not_there() -> None:
    learning = {"TargetEncode", "TextTarget"}
    assert learning <= set(_stages(Settings(label="won")))
    assert not learning & set(_stages(Settings()))


def test_keyed_stages_are_told_the_tenant_and_read_no_others_output() -> None:
    keyed = feature_plan(TYPES, Settings(tenant="organization", label="won", levels=3, support=2)).keyed
    assert {stage.tenant() for stage in keyed} == {"organization"}
    made = {
        name
        for stage in keyed
        if stage.hasParam("outputCols") and stage.isSet("outputCols")
        for name in stage.getOutputCols()
    }
    assert not made & {name for stage in keyed for name in stage.getInputCols()}


def test_numbers_alone_need_no_stage() -> None:
    plan = feature_plan({"miles": "Real", "id": "Id"}, Settings())
    assert (plan.parts, plan.keyed, plan.columns) == ([], [], ["miles"])


def test_unknown_types_are_refused() -> None:
    with pytest.raises(TiltyardError, match=r"type of 'x' must be one of Real, .*, got 'Money'"):
        feature_plan({"x": "Money"}, Settings())


def test_the_first_dates_are_measured_from_each_other() -> None:
    dates = {f"d{n}": ("Date", "Timestamp")[n % 2] for n in range(6)}
    columns = feature_plan(dates, Settings()).columns
    found = {name for name in columns if "__days_since_" in name}
    assert found == {f"d{b}__days_since_d{a}" for a in range(4) for b in range(a + 1, 4)}
    assert not any("__days_since_" in name for name in feature_plan({"d": "Date"}, Settings()).columns)


def test_a_phone_is_read_in_the_only_country_of_its_row() -> None:
    def country(types: dict[str, str]) -> str | None:
        (phones,) = (one for one in feature_plan(types, Settings()).parts if isinstance(one, PhoneParts))
        return phones.getOrDefault(phones.regionCol) if phones.isSet(phones.regionCol) else None

    one = {"phone": "Phone", "land": "Country"}
    assert country(one) == "land"
    assert country({"phone": "Phone"}) is None
    assert country(one | {"ship_to": "Country"}) is None
