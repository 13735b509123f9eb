"""Places as pairs of coordinates: which structs hold one."""

from __future__ import annotations

from pyspark.sql import types as T

_LATITUDES, _LONGITUDES = ("lat", "latitude"), ("lon", "lng", "long", "longitude")


def coordinates(kind: T.DataType) -> tuple[str, str] | None:
    """The fields of latitude and longitude of a struct that holds these two numbers and nothing else, else None.

    Examples
    --------
    >>> coordinates(T.StructType.fromDDL("lng double, lat double"))
    ('lat', 'lng')
    """
    if not isinstance(kind, T.StructType) or not all(isinstance(one.dataType, T.NumericType) for one in kind):
        return None
    lat = [name for name in kind.names if name.lower() in _LATITUDES]
    lon = [name for name in kind.names if name.lower() in _LONGITUDES]
    return (lat[0], lon[0]) if len(lat) == len(lon) == 1 and len(kind) == 2 else None
