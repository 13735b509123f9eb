"""The text of a proposed app: it loads as what was proposed, whatever the names; and the small choices. No session."""

from __future__ import annotations

import doctest
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import types as T

from tiltyard._yaml import read_value
from tiltyard.config import load_config
from tiltyard.proposal import Proposal, file, label, render, table
from tiltyard.proposal.fields import Time, find_time
from tiltyard.proposal.file import scalar
from tiltyard.proposal.key import Key
from tiltyard.proposal.label import Label, positive_of
from tiltyard.proposal.propose import Tenants
from tiltyard.proposal.table import Counted, Table, guess_format

ODD = "no: 'yes' #1\n\u2028[x]\x07 ${}"


def _proposal(*names: str, **changes: Any) -> Proposal:
    field = {"type": "Category", "confidence": 0.6, "evidence": f"most often {ODD!r} {ODD}"}
    values: dict[str, Any] = {
        "app": "churn",
        "source": "churn",
        "rows": 1200,
        "tenants": Tenants((), "none, all rows are one"),
        "key": Key(("id",), "different in each of 1,200 rows"),
        "time": Time(None, "no column is a date"),
        "label": Label(
            "Churn = 'Yes'",
            "'Yes' reads as yes",
            unknown=100,
            spread="so in 300 of 1,100 rows (27.3%)",
        ),
        "exclude": {},
        "fields": [{"field": name, **field} for name in names],
    }
    return Proposal(**{**values, **changes})


def _load(folder: Path, text: str) -> Any:
    for name, content in {"base.yaml": "{}", "env/local.yaml": "{}", "apps/churn.yaml": text}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return load_config(folder, "churn").app


@pytest.mark.parametrize(
    "proposal",
    [
        _proposal(),
        _proposal(ODD, "Lead Source", "on", "1e5", "Straße", "", time=Time("at", "a date")),
        _proposal("x", tenants=Tenants(("a b", ODD), ODD), exclude={ODD + "2": ODD, "y": "Id"}),
        _proposal("x", label=Label(f"`{ODD}` = 'it\\'s'", ODD, 1, 1)),
    ],
    ids=range(4),
)
def test_the_text_loads_as_what_was_proposed(proposal: Proposal, tmp_path: Path) -> None:
    text = render(proposal, f"file {ODD}.csv", [ODD])
    assert _load(tmp_path, text) == proposal.config()
    assert max(map(len, text.split("\n"))) < 200


def test_every_value_has_its_reason() -> None:
    text = render(_proposal("plan", exclude={"number": "Id: because"}), "leads.csv", ["fax"])
    for said in (
        "from 1,200 rows of leads.csv",
        "Left out until a file has values for them: fax.",
        "'Yes' reads as yes: so in 300 of 1,100 rows (27.3%); of 100 more it is not known",
        "different in each of 1,200 rows",
        "  - number  # Id: because",
        "  plan: Category  # 60% (check): most often",
    ):
        assert said in " ".join(line.lstrip("# ") for line in text.split("\n")) or said in text


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=20))
def test_any_text_is_read_back_as_it_was(text: str) -> None:
    assert read_value(f"[{scalar(text)}]") == [text]
    assert read_value(f"{scalar(text)}: 1") == {text: 1}


@pytest.mark.parametrize(
    ("values", "positive", "why"),
    [
        ([("No", 1), ("Yes", 99)], "Yes", "'Yes' reads as yes"),
        ([("kept", 1), ("CHURNED ", 99)], "CHURNED ", "'CHURNED ' reads as yes"),
        ([("No", 1), ("maybe", 99)], "maybe", "the other value reads as no"),
        ([("b", 5), ("a", 5)], "a", "'a' is the rarer value"),
        ([("a", 6), ("b", 5)], "b", "'b' is the rarer value"),
        ([(1, 90), (2, 10)], 1, "1 reads as yes"),
        ([("No", 3), ("no", 2)], "no", "'no' is the rarer value"),
        ([("won", 3), ("yes", 2)], "yes", "'yes' is the rarer value"),
    ],
)
def test_the_class_that_counts_as_yes(values: list[tuple[Any, int]], positive: Any, why: str) -> None:
    assert positive_of(values) == positive_of(values[::-1]) == (positive, why)


def _time(*columns: tuple[str, int], closed: str = "") -> str | None:
    counted = tuple(Counted(name, T.DateType(), present, 50) for name, present in columns)
    return find_time(Table(None, 100, counted), {closed}).column  # type: ignore[arg-type]


def test_the_time_of_a_record() -> None:
    assert _time(("birth_date", 100), ("seen", 100), ("created_on", 100)) == "created_on"
    assert _time(("seen", 99), ("met", 100)) == "met"
    assert _time(("seen", 98)) is None  # too often empty
    assert _time(("dob", 100), ("last_order", 100)) is None
    assert _time(("seen", 100), closed="seen") is None


def test_the_format_of_what_lies_there(tmp_path: Path) -> None:
    for name in ("p/part.parquet", "d/_delta_log/0.json", "d/part.parquet", "leads.txt", "a.CSV.gz"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    found = {name: guess_format(str(tmp_path / name)) for name in ("p", "d", "leads.txt", "a.CSV.gz")}
    assert found == {"p": "parquet", "d": "delta", "leads.txt": "csv", "a.CSV.gz": "csv"}


@pytest.mark.parametrize("module", [file, label, table])
def test_examples(module: Any) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0 and result.failed == 0
