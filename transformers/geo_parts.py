"""GeoParts: a place on earth as a point on the unit sphere, a grid cell, and a distance."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyspark import keyword_only
from pyspark.ml import Transformer
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import column, field_of
from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.params import Range, Ranged, number, text
from tiltyard.slots import CATEGORICAL, NUMERIC, derived, lineage
from tiltyard.transformers._numbers import numeric_field
from tiltyard.transformers._places import coordinates

# Mean radius of the earth in km, after the IUGG.
_RADIUS = 6371.0088

_NUMBER = r"([-+]?\d+(?:\.\d*)?)"
_PAIR = rf"^\s*\(?\s*{_NUMBER}\s*[,;]\s*{_NUMBER}\s*\)?\s*$"


def _point(value: Any) -> list[float]:
    lat, lon = (float(degrees) for degrees in value)
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        raise ValueError(value)
    return [lat, lon]


@dataclass(frozen=True)
class _Place:
    """Latitude and longitude in degrees, both null or both in range, and the column they come from."""

    field: T.StructField
    lat: Column
    lon: Column


class GeoParts(Ranged, Transformer, HasInputCols, DefaultParamsReadable[Any], DefaultParamsWritable):
    """Take a place's point on the unit sphere, its cell of a coarse grid, and its distance from a reference.

    `<f>__x`, `<f>__y` and `<f>__z` are the point, each in [-1, 1]: near places have near numbers, across the
    date line and at the poles too, which latitude and longitude have not. x points to 0° N 0° E, y to 0° N
    90° E, z to the north pole. `<f>__cell` names a cell of about `cellDegrees` degrees each way by its centre
    ("48.5,12.05"): a category, to be ranked with `Pivot`. With a `reference`, `<f>__km` is the distance to it
    along the great circle, by the haversine formula.

    All are null where a coordinate is null, NaN or out of range (latitudes beyond ±90, longitudes beyond
    ±180), and where a text is no pair of numbers. No job, no shuffle.

    Parameters
    ----------
    inputCols : text columns "latitude, longitude" in degrees with decimal points, where a semicolon and
        parentheses are allowed, or structs of two numbers called so (lat, lon and lng will do)
    latCol : numeric column of the latitude in degrees, north positive; it gives its name to the outputs
    lonCol : numeric column of the longitude in degrees, east positive
    cellDegrees : height of a cell in degrees, at least 0.01; one degree is 111 km
    reference : latitude and longitude to measure the distance from; unset: no distance

    Notes
    -----
    Cells have the same height, the divisor of 180° that is nearest to `cellDegrees`, and at most about the
    same width in km: rows nearer to the poles have fewer of them. Distances on a sphere are up to 0.5 % off
    those on the earth. 0° N 0° E is a place like any other, though many sources write it for an unknown one.

    Examples
    --------
    >>> rows = [("48.14, 11.58",), ("(-33.86, 151.21)",), ("95.0, 11.0",)]
    >>> frame = spark.createDataFrame(rows, "office string")
    >>> places = GeoParts(inputCols=["office"], reference=[52.52, 13.41]).transform(frame)
    >>> places.select("office", F.round("office__z", 3).alias("z"), "office__cell", F.round("office__km")).show()
    +----------------+------+------------+--------------------+
    |          office|     z|office__cell|round(office__km, 0)|
    +----------------+------+------------+--------------------+
    |    48.14, 11.58| 0.745|  48.5,12.05|               504.0|
    |(-33.86, 151.21)|-0.557| -33.5,151.8|             16094.0|
    |      95.0, 11.0|  NULL|        NULL|                NULL|
    +----------------+------+------------+--------------------+
    """

    latCol: Param[str] = Param(Params._dummy(), "latCol", "numeric column of the latitude", text())
    lonCol: Param[str] = Param(Params._dummy(), "lonCol", "numeric column of the longitude", text())
    # Below a hundredth of a degree, a kilometre, the rounded centres would name several cells alike.
    cellDegrees: Param[float] = Param(
        Params._dummy(), "cellDegrees", "height of a cell in degrees", number(0.01, 90)
    )
    reference: Param[list[float]] = Param(
        Params._dummy(),
        "reference",
        "latitude and longitude to measure the distance from",
        Range("a latitude within ±90 and a longitude within ±180", _point),
    )

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        latCol: str | None = None,
        lonCol: str | None = None,
        cellDegrees: float = 1.0,
        reference: list[float] | None = None,
    ) -> None:
        super().__init__()
        self._setDefault(cellDegrees=1.0)
        self._set(**self._input_kwargs)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        places = list(self._places(dataset.schema))
        if not places:
            raise TiltyardError("GeoParts: 'inputCols' or 'latCol' and 'lonCol' must be given, got neither.")
        return dataset.select("*", *[made for place in places for made in self._parts(place)])

    def _places(self, schema: T.StructType) -> Iterator[_Place]:
        if self.isSet(self.latCol) or self.isSet(self.lonCol):
            lat, lon = (numeric_field(schema, self._given(name), "GeoParts") for name in ("latCol", "lonCol"))
            yield _place(lat, column(lat.name), column(lon.name))
        for name in self.getInputCols() if self.isSet(self.inputCols) else ():
            yield _pair(schema, name)

    def _parts(self, place: _Place) -> Iterator[Column]:
        for part, value in self._values(place).items():
            output = f"{place.field.name}__{part}"
            yield derived(value, output, lineage(place.field), CATEGORICAL if part == "cell" else NUMERIC)

    def _values(self, place: _Place) -> dict[str, Column]:
        lat, lon = F.radians(place.lat), F.radians(place.lon)
        values = {
            "x": F.cos(lat) * F.cos(lon),
            "y": F.cos(lat) * F.sin(lon),
            "z": F.sin(lat),
            "cell": _cell(place, self.getOrDefault(self.cellDegrees)),
        }
        if self.isSet(self.reference):
            north, east = self.getOrDefault(self.reference)
            values["km"] = _km(lat, lon, math.radians(north), math.radians(east))
        return values


def _pair(schema: T.StructType, name: str) -> _Place:
    """The place in a struct of two coordinates, or in a text."""
    field = field_of(schema, name, "GeoParts")
    value = column(field.name)
    if parts := coordinates(field.dataType):
        return _place(field, *[value.getField(part) for part in parts])
    if not isinstance(field.dataType, T.StringType):
        raise DataContractError(
            f"GeoParts: column '{name}' must be text or a struct of latitude and longitude,"
            f" got {field.dataType.simpleString()}."
        )
    return _place(field, *[F.regexp_extract(value, _PAIR, group) for group in (1, 2)])


def _place(field: T.StructField, lat: Column, lon: Column) -> _Place:
    lat, lon = lat.try_cast("double"), lon.try_cast("double")
    known = lat.between(-90, 90) & lon.between(-180, 180)
    return _Place(field, F.when(known, lat), F.when(known, lon))


def _cell(place: _Place, degrees: float) -> Column:
    rows = round(180 / degrees)
    height = 180 / rows
    row = F.least(F.floor((place.lat + 90) / height), F.lit(rows - 1))
    lat = (row + 0.5) * height - 90
    cells = F.greatest(F.round(360 / height * F.cos(F.radians(lat))), F.lit(1.0))
    # 180° east is 180° west.
    lon = (F.pmod(F.floor((place.lon + 180) / 360 * cells), cells) + 0.5) * 360 / cells - 180
    return F.concat(_rounded(lat), F.lit(","), _rounded(lon))


def _rounded(degrees: Column) -> Column:
    # Plus 0: a cell's centre is never "-0.0".
    return (F.round(degrees, 3) + 0.0).cast("string")


def _km(lat: Column, lon: Column, other_lat: float, other_lon: float) -> Column:
    """Kilometres between two points given in radians."""
    half = F.pow(F.sin((lat - other_lat) / 2), 2)
    half += F.cos(lat) * math.cos(other_lat) * F.pow(F.sin((lon - other_lon) / 2), 2)
    # Opposite points: rounding may lead above 1, where there is no angle.
    return F.asin(F.sqrt(F.when(half > 1, 1.0).otherwise(half))) * 2 * _RADIUS
