"""Ingest: every reason a row is refused for, upserts of whole and partial files, new columns, contracts."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.config import AppConfig, Config, PlatformConfig
from tiltyard.csv_types import infer_types
from tiltyard.errors import ConfigError, DataContractError
from tiltyard.inputs import CORRUPT, read_input
from tiltyard.intake import REASON, incoming, judge
from tiltyard.job import Job
from tiltyard.jobs import ingest
from tiltyard.ledger import Run
from tiltyard.progress import Progress
from tiltyard.schemas import TABLES
from tiltyard.tables import Warehouse

APP = AppConfig(app="late", source="rides", tenant=("city",), key=("id",), time="at", label="late")
HEADER = "id,city,at,km,late"
GOOD = ["1,Rome,2013-01-01 08:00,1.5,true", "2,Rome,2013-01-02 09:30,2,false", "3,Oslo,2013-01-03 10:00,,"]


@pytest.fixture
def warehouse(spark: SparkSession, tmp_path: Path) -> Warehouse:
    made = Warehouse(spark, str(tmp_path / "warehouse"))
    made._create(TABLES["rejects"])
    return made


@pytest.fixture
def csv(tmp_path: Path) -> Callable[..., str]:
    def write(*lines: str, name: str = "rides.csv") -> str:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n")
        return str(path)

    return write


def _job(warehouse: Warehouse, **changes: Any) -> Job:
    plain: dict[str, Any] = {"app": APP, "tenants": (), **changes}
    config = Config(platform=PlatformConfig(), app=plain.pop("app"), hash="0")
    told = Progress("ingest late", file=io.StringIO())
    facts = {"as_json": False, "progress": told, "run": Run("ingest-late-2013-02-01", 1)}
    return Job(config, warehouse.spark, warehouse, date(2013, 2, 1), **facts, **plain)


def _ingest(warehouse: Warehouse, path: str, format: str = "csv", **changes: Any) -> dict[str, Any]:
    return ingest.run(_job(warehouse, **changes), path, format)


def _table(warehouse: Warehouse, *columns: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in warehouse.source("rides").select(*columns or ["*"]).collect())


def _rejects(warehouse: Warehouse) -> list[tuple[str, dict[str, Any]]]:
    rows = warehouse.read("rejects").collect()
    return sorted(((row.reason, json.loads(row.row)) for row in rows), key=str)


def _frame(spark: SparkSession, lines: list[str], ddl: str) -> Any:
    return spark.createDataFrame([tuple(part or None for part in line.split(",")) for line in lines], ddl)


def test_the_first_file_makes_the_table_and_again_changes_nothing(
    warehouse: Warehouse, csv: Callable[..., str]
) -> None:
    path = csv(HEADER, *GOOD)
    job = _job(warehouse)
    summary = ingest.run(job, path)
    assert (summary["rows"], summary["inserted"], summary["rejected"]) == (3, 3, 0)
    assert job.ledger.noted == {"rows": 3, "outputs": {"data/rides": 0}}
    kinds = "id bigint, city string, at timestamp_ntz, km double, late boolean"
    assert warehouse.source("rides").schema == T.StructType.fromDDL(kinds)
    before = _table(warehouse)
    assert before[0] == (1, "Rome", datetime(2013, 1, 1, 8, 0), 1.5, True) and before[2][3:] == (None, None)
    again = _ingest(warehouse, path)
    assert [again[name] for name in ("inserted", "updated", "unchanged", "new_columns")] == [0, 0, 3, []]
    assert _table(warehouse) == before


def test_every_reason_is_told_with_the_row_and_a_rerun_does_not_double(
    warehouse: Warehouse, csv: Callable[..., str]
) -> None:
    _ingest(warehouse, csv(HEADER, *GOOD))
    bad = [
        "4,Rome,2013-01-04 08:00,far,true",  # no number
        "five,Rome,2013-01-04 08:00,1,true",  # no number in the key
        "6,,2013-01-04 08:00,1,true",
        ",Rome,2013-01-04 08:00,1,true",
        "7,Rome,2013-01-04 08:00,1",  # too short
        "8,Oslo,2013-01-04 08:00,1,true",
        "8,Oslo,2013-01-04 08:00,1,true",  # identical
        "1,Rome,2013-01-05 08:00,9,true",
        "1,Rome,2013-01-04 08:00,8,true",  # same key, earlier
    ]
    path = csv(HEADER, *bad, name="bad.csv")
    for attempt in range(2):
        summary = _ingest(warehouse, path)
        assert summary["rejected_by_reason"] == {
            "duplicate key": 2, "malformed row": 1, "null key id": 1, "null tenant city": 1,
            "unparsable id": 1, "unparsable km": 1,
        }  # fmt: skip
        assert (summary["inserted"], summary["updated"]) == ((1, 1) if not attempt else (0, 0))
    rows = dict(_rejects(warehouse))
    assert len(_rejects(warehouse)) == 7
    assert rows["unparsable km"] == {
        "id": "4", "city": "Rome", "at": "2013-01-04 08:00", "km": "far", "late": "true",
    }  # fmt: skip
    assert rows["malformed row"][CORRUPT] == "7,Rome,2013-01-04 08:00,1"
    assert _table(warehouse, "id", "km")[0] == (1, 9.0)  # the latest by the app's time
    _ingest(warehouse, csv(HEADER, ",Rome,,1,", *GOOD, name="other.csv"))
    assert len(_rejects(warehouse)) == 8  # another file of the same run keeps its own
    _ingest(warehouse, csv(HEADER, *GOOD, name="other.csv"))
    assert len(_rejects(warehouse)) == 7  # and a corrected one leaves none


def test_which_duplicate_stays_does_not_depend_on_the_order(spark: SparkSession, tmp_path: Path) -> None:
    lines = [f"{i % 5},Rome,2013-01-01,{i}" for i in range(40)]
    kept = []
    for order in (lines, lines[::-1]):
        raw = _frame(spark, order, "id string, city string, at string, km string").repartition(3)
        columns = incoming(raw, None, APP, "x")
        rows = judge(raw, columns, APP).where(F.col(REASON).isNull()).collect()
        kept.append(sorted(row.km for row in rows))
    assert kept[0] == kept[1] and len(kept[0]) == 5


def test_a_partial_file_updates_its_columns_only(
    warehouse: Warehouse, csv: Callable[..., str], spark: SparkSession, tmp_path: Path
) -> None:
    _ingest(warehouse, csv(HEADER, *GOOD))
    outcomes = spark.createDataFrame(
        [(3, "Oslo", True), (2, "Rome", False), (9, "Rome", True)], "ID int, City string, late boolean"
    )
    path = str(tmp_path / "outcomes")
    outcomes.write.parquet(path)
    summary = _ingest(warehouse, path, "parquet")
    assert [summary[name] for name in ("inserted", "updated", "unchanged")] == [1, 1, 1]
    assert _table(warehouse, "id", "city", "at", "km", "late") == [
        (1, "Rome", datetime(2013, 1, 1, 8, 0), 1.5, True),
        (2, "Rome", datetime(2013, 1, 2, 9, 30), 2.0, False),
        (3, "Oslo", datetime(2013, 1, 3, 10, 0), None, True),
        (9, "Rome", None, None, True),
    ]


def test_new_columns_are_added_and_told_and_empty_ones_wait(
    warehouse: Warehouse, csv: Callable[..., str]
) -> None:
    _ingest(warehouse, csv("id,city,at,note", "1,Rome,2013-01-01,", "2,Rome,2013-01-02,"))
    assert warehouse.source("rides").columns == ["id", "city", "at"]
    job = _job(warehouse)
    path = csv("id,city,Lead No.,note", "1,Rome,007,", '2,Rome,12,"a ""b"",\nc"', name="more.csv")
    assert ingest.run(job, path)["new_columns"] == ["Lead No.", "note"]
    assert "new columns: Lead No. string, note string" in job.progress.console.file.getvalue()  # type: ignore
    assert _table(warehouse, "id", "`Lead No.`", "note") == [(1, "007", None), (2, "12", 'a "b",\nc')]


def test_all_problems_of_a_file_are_told_at_once(
    warehouse: Warehouse, csv: Callable[..., str], spark: SparkSession, tmp_path: Path
) -> None:
    with pytest.raises(DataContractError) as first:
        _ingest(warehouse, csv("id,town,cities,_label", "1,Rome,Rome,1"))
    assert str(first.value).splitlines()[1:] == [
        "  '_label' is a name Tiltyard uses itself: rename the column.",
        "  tenant: there is no column 'city', did you mean 'cities'?",
        "  time: there is no column 'at'.",
    ]
    _ingest(warehouse, csv(HEADER, *GOOD))
    path = str(tmp_path / "odd")
    odd = spark.sql("SELECT 1 AS idd, true AS km, 'x' AS city, map('a', 1) AS m, DATE '2013-01-01' AS late")
    odd.write.parquet(path)
    before = _table(warehouse)
    with pytest.raises(DataContractError) as later:
        _ingest(warehouse, path, "parquet")
    assert str(later.value).splitlines()[1:] == [
        "  key: there is no column 'id', did you mean 'idd'?",
        "  'km' is boolean, but double in the table: convert it first.",
        "  'm' is a map, which cannot be compared: take its values as columns.",
        "  'late' is date, but boolean in the table: convert it first.",
    ]
    assert _table(warehouse) == before


def test_a_file_of_refused_rows_only_leaves_the_source_as_it_is(
    warehouse: Warehouse, csv: Callable[..., str]
) -> None:
    path = csv(HEADER, "1,,2013-01-01,1,", "2,,2013-01-01,1,")
    with pytest.raises(DataContractError, match=r"all 2 rows of .* were refused \(null tenant city: 2\)"):
        _ingest(warehouse, path)
    assert not warehouse.source_exists("rides") and len(_rejects(warehouse)) == 2


def test_an_empty_file_is_no_error_and_makes_no_table(warehouse: Warehouse, csv: Callable[..., str]) -> None:
    assert _ingest(warehouse, csv(HEADER))["rows"] == 0
    assert not warehouse.source_exists("rides")


def test_a_number_as_time_is_refused(warehouse: Warehouse, csv: Callable[..., str]) -> None:
    with pytest.raises(DataContractError, match=r"time: 'at' must be a date, .*, got bigint"):
        _ingest(warehouse, csv("id,city,at", "1,Rome,1357000000"))


def test_no_input_and_no_tenants_are_usage_errors(warehouse: Warehouse, tmp_path: Path) -> None:
    for format in ("csv", "parquet", "delta"):
        with pytest.raises(ConfigError, match=f"--input '/no/such' cannot be read as {format}"):
            _ingest(warehouse, "/no/such", format)
    with pytest.raises(ConfigError, match="--tenants"):
        _ingest(warehouse, "/no/such", tenants=("Rome",))


def test_delta_comes_by_path(warehouse: Warehouse, tmp_path: Path) -> None:
    path = str(tmp_path / "delta")
    lines = ["1,Rome,2013-01-01", "2,Oslo,yesterday"]
    frame = _frame(warehouse.spark, lines, "id string, city string, at string")
    frame.write.format("delta").save(path)
    # Text may stand for a time, if it is one.
    assert _ingest(warehouse, path, "delta")["rejected_by_reason"] == {"unparsable at": 1}
    assert _table(warehouse) == [("1", "Rome", "2013-01-01")]


def test_numbers_are_checked_one_by_one(spark: SparkSession) -> None:
    known = T.StructType.fromDDL("id bigint, city string, at date, count bigint, small tinyint, name string")
    raw = spark.sql(
        """SELECT * FROM VALUES (1, 'a', 3.0D, 5L, 7), (2, 'a', 3.5D, 5L, 7), (3, 'a', 3.0D, 500L, 7),
        (4, 'a', double('NaN'), NULL, NULL) AS t (id, city, count, small, name)"""
    )
    columns = incoming(raw, known, APP, "x")
    rows = judge(raw, columns, APP).orderBy("id").collect()
    assert [(row.id, row["count"], row.small, row.name, row[REASON]) for row in rows] == [
        (1, 3, 5, "7", None),
        (2, None, 5, "7", "unparsable count"),
        (3, 3, None, "7", "unparsable small"),
        (4, None, None, None, None),
    ]


def test_a_zone_is_not_forgotten(spark: SparkSession) -> None:
    known = T.StructType.fromDDL("id string, city string, at timestamp_ntz")
    raw = _frame(
        spark, ["1,a,2013-01-01 05:00:00+02:00", "2,a,2013-01-01"], "id string, city string, at string"
    )
    rows = judge(raw, incoming(raw, known, APP, "x"), APP).orderBy("id").collect()
    assert [row[REASON] for row in rows] == ["unparsable at", None]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "-20", " 3 ", None, ""], "bigint"),
        (["1", "2.5", "-.5", "3.", "1e-05", "1.5E10"], "double"),
        (["true", "FALSE"], "boolean"),
        (["2013-01-31"], "date"),
        (["2013-01-31", "2013-01-31 05:15", "2013-01-31T05:15:07.5"], "timestamp_ntz"),
        (["2013-01-31 05:15:00+00:00", "2013-01-31T05:15:07Z"], "timestamp"),
        (["2013-01-31 05:15Z", "2013-01-31 05:15"], "string"),
        (["00501", "1"], "string"),
        (["12E5"], "string"),
        (["1234567890123456789012"], "string"),
        (["2013-02-30"], "string"),
        (["1", "true"], "string"),
        (["1", "x"], "string"),
    ],
)
def test_a_type_fits_every_value(spark: SparkSession, values: list[str | None], kind: str) -> None:
    frame = spark.createDataFrame([(value,) for value in values], "v string")
    found = infer_types(frame, ["v"])["v"]
    assert found is not None and found.simpleString() == kind


def test_a_time_column_is_one_despite_some_bad_values(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("2013-01-01", None), ("soon", None)], "at string, none string")
    assert infer_types(frame, ["at", "none"], forgiving=["at"]) == {"at": T.DateType(), "none": None}
    assert infer_types(frame, []) == {}


def test_a_folder_of_files_with_other_headers_is_not_misread(
    spark: SparkSession, csv: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    csv("id,city", "1,Rome", name="in/a.csv")
    csv("city,id", "Rome,2", name="in/b.csv")
    with pytest.raises(Exception, match="CSV header does not conform"):
        read_input(spark, str(tmp_path / "in"), "csv").collect()
    index = csv(",id", "0,7", name="index.csv")  # pandas' index has no name
    assert read_input(spark, index, "csv").first() == ("0", "7", None)
