"""GeoParts against distances and points computed in Python."""

from __future__ import annotations

import math
import random

import pytest
from pyspark.sql import DataFrame, SparkSession

from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.slots import Slot, slot_of
from tiltyard.transformers import GeoParts

BERLIN = (52.52, 13.405)


def _places(spark: SparkSession, places: list[tuple[float, float]]) -> DataFrame:
    rows = [(n, *place) for n, place in enumerate(places)]
    return spark.createDataFrame(rows, "id int, lat double, lon double")


def _point(lat: float, lon: float) -> tuple[float, float, float]:
    lat, lon = math.radians(lat), math.radians(lon)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


def _km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """By the angle between the points: another way than the stage's."""
    a, b = _point(*one), _point(*other)
    cross = math.hypot(a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    along = sum(x * y for x, y in zip(a, b, strict=True))
    return 6371.0088 * math.atan2(cross, along)


def test_points_distances_and_cells_of_random_places(spark: SparkSession) -> None:
    draw = random.Random(0)
    opposite = (-BERLIN[0], BERLIN[1] - 180)
    places = [BERLIN, opposite, (90.0, 0.0), (-90.0, 180.0), (0.0, -180.0), (0.0, 180.0)]
    places += [(draw.uniform(-90, 90), draw.uniform(-180, 180)) for _ in range(300)]
    stage = GeoParts(latCol="lat", lonCol="lon", cellDegrees=2, reference=list(BERLIN))
    rows = stage.transform(_places(spark, places)).orderBy("id").collect()
    for place, row in zip(places, rows, strict=True):
        assert (row.lat__x, row.lat__y, row.lat__z) == pytest.approx(_point(*place), abs=1e-12)
        assert row.lat__km == pytest.approx(_km(BERLIN, place), abs=1e-3)
        lat, lon = map(float, row.lat__cell.split(","))
        # No place is farther from its cell's centre than half the cell's diagonal, with a nearly square cell.
        assert abs(lat - place[0]) <= 1 + 1e-3
        assert _km((lat, lon), place) <= 111.2 * 2
    assert rows[4].lat__cell == rows[5].lat__cell == "1.0,-179.0"


def test_near_places_are_near_across_the_date_line(spark: SparkSession) -> None:
    frame = _places(spark, [(0.0, 179.9), (0.0, -179.9), (0.0, 170.0)])
    stage = GeoParts(latCol="lat", lonCol="lon")
    points = [tuple(row)[3:6] for row in stage.transform(frame).orderBy("id").collect()]
    assert math.dist(points[0], points[1]) < 0.01 < math.dist(points[0], points[2])


def test_cells_of_any_size_cover_the_earth_once(spark: SparkSession) -> None:
    frame = spark.range(180).selectExpr("id", "id - 89.5 AS lat", "double(0) AS lon")
    cells = {}
    for degrees in (90.0, 50.0, 7.0):
        output = GeoParts(latCol="lat", lonCol="lon", cellDegrees=degrees).transform(frame)
        cells[degrees] = output.select("lat__cell").distinct().count()
    assert cells == {90.0: 2, 50.0: 4, 7.0: 26}


def test_texts_and_numbers_side_by_side_and_lineage(spark: SparkSession) -> None:
    frame = spark.sql("SELECT 0 AS id, 1.5BD AS lat, 2L AS lon, '3,4' AS office, ' ( 5.; -6.25 )' AS home")
    output = GeoParts(inputCols=["office", "home"], latCol="lat", lonCol="lon").transform(frame)
    assert output.columns[5:] == [
        f"{f}__{part}" for f in ("lat", "office", "home") for part in ("x", "y", "z", "cell")
    ]
    row = output.first()
    for name, place in {"lat": (1.5, 2), "office": (3, 4), "home": (5, -6.25)}.items():
        assert [row[f"{name}__{part}"] for part in "xyz"] == pytest.approx(_point(*place), abs=1e-12)
    assert slot_of(output.schema["home__x"]) == Slot("home__x", "home", "Category", "numeric")
    assert slot_of(output.schema["lat__cell"]) == Slot("lat__cell", "lat", "Real", "categorical")


def test_half_a_pair_wrong_types_and_params_are_refused(spark: SparkSession) -> None:
    frame = spark.sql("SELECT 1.0 AS lat, '2' AS lon")
    for params, message in {
        (): "GeoParts: 'inputCols' or 'latCol' and 'lonCol' must be given, got neither",
        (("latCol", "lat"),): "GeoParts: 'lonCol' must be a column name, got nothing",
        (("latCol", "lat"), ("lonCol", "lon")): "GeoParts: column 'lon' must be numeric, got string",
        (
            ("inputCols", ("lat",)),
        ): "GeoParts: column 'lat' must be text or a struct of latitude and longitude, got decimal",
        (
            ("cellDegrees", 0),
        ): "GeoParts: 'cellDegrees' must be a number of at least 0.01 and at most 90, got 0",
        (
            ("reference", (91, 0)),
        ): "GeoParts: 'reference' must be a latitude within ±90 and a longitude within",
    }.items():
        with pytest.raises((DataContractError, TiltyardError), match=message):
            GeoParts(**dict(params)).transform(frame)


def test_a_struct_of_coordinates_is_a_place_in_any_order_of_its_fields(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(11.58, 48.14)], "Lng double, Lat double").selectExpr(
        "struct(*) AS office", "*"
    )
    whole = GeoParts(inputCols=["office"]).transform(frame).first()
    apart = GeoParts(latCol="Lat", lonCol="Lng").transform(frame).first()
    assert whole is not None and apart is not None
    assert [whole[f"office__{part}"] for part in ("x", "y", "z", "cell")] == [
        apart[f"Lat__{part}"] for part in ("x", "y", "z", "cell")
    ]
