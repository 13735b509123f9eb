"""Which types the texts of a CSV file are: a value is never changed by its type, and ids stay what they are."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import column

_INTEGER, _DECIMAL, _BOOLEAN, _DATE, _INSTANT, _WALL_CLOCK, _TEXT = (1 << bit for bit in range(7))

# No leading zero and 18 digits at most: "00501" and long numbers are codes, and would come back different.
_INTEGER_FORM = r"^[+-]?(0|[1-9][0-9]{0,17})$"
# An exponent needs a point or a sign: "12E5" is a code as well.
_DECIMAL_FORM = r"^[+-]?(?=\.?[0-9])(0|[1-9][0-9]*)?(\.[0-9]*([eE][+-]?[0-9]+)?|(?<=[0-9])[eE][+-][0-9]+)$"
_DATE_FORM = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_TIME_FORM = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}"
ZONE_FORM = r"(Z|UTC|[+-][0-9]{2}:?[0-9]{2})$"


def infer_types(
    frame: DataFrame, names: Sequence[str], forgiving: Collection[str] = ()
) -> dict[str, T.DataType | None]:
    """Return the narrowest type every value of a text column has. One aggregation over all columns.

    Parameters
    ----------
    names : text columns
    forgiving : columns whose texts that are neither number nor time do not count: a time column with a few
        bad values is still one

    Returns
    -------
    dict of column to bigint, double, boolean, date, timestamp (all values have a zone), timestamp_ntz (none
    has) or string; None for a column without a value. Nulls and blanks fit every type.

    Examples
    --------
    >>> frame = spark.createDataFrame([("1", "00501", "2013-01-01 05:15"), ("2.5", "1", "2013-01-02")],
    ...                               "price string, zip string, at string")
    >>> {name: kind.simpleString() for name, kind in infer_types(frame, frame.columns).items()}
    {'price': 'double', 'zip': 'string', 'at': 'timestamp_ntz'}
    """
    if not names:
        return {}
    # Positions for names: an aggregate's alias may not hold what a column's name may.
    seen = frame.agg(*(F.bit_or(_form(column(name))).alias(str(i)) for i, name in enumerate(names))).first()
    forms = {name: seen[i] or 0 for i, name in enumerate(names)} if seen else {}
    return {name: _type(form, name in forgiving) for name, form in forms.items()}


def _form(value: Column) -> Column:
    text = F.trim(value)
    zoned = text.rlike(ZONE_FORM)
    return (
        F.when(value.isNull() | (text == ""), 0)
        .when(text.rlike(_INTEGER_FORM), _INTEGER)
        .when(text.rlike(_DECIMAL_FORM), _DECIMAL)
        .when(F.lower(text).isin("true", "false"), _BOOLEAN)
        .when(text.rlike(_DATE_FORM) & text.try_cast("date").isNotNull(), _DATE)
        .when(~text.rlike(_TIME_FORM), _TEXT)
        .when(zoned & text.try_cast("timestamp").isNotNull(), _INSTANT)
        .when(~zoned & text.try_cast("timestamp_ntz").isNotNull(), _WALL_CLOCK)
        .otherwise(_TEXT)
    )


def _type(forms: int, forgiving: bool) -> T.DataType | None:
    if forgiving and forms != _TEXT:
        forms &= ~_TEXT
    if not forms:
        return None
    fitting: tuple[tuple[int, T.DataType], ...] = (
        (_INTEGER, T.LongType()),
        (_INTEGER | _DECIMAL, T.DoubleType()),
        (_BOOLEAN, T.BooleanType()),
        (_DATE, T.DateType()),
        (_DATE | _WALL_CLOCK, T.TimestampNTZType()),
        (_INSTANT, T.TimestampType()),
    )
    return next((kind for allowed, kind in fitting if not forms & ~allowed), T.StringType())
