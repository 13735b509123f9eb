"""PhoneParts: whether a phone number can exist, where it belongs and what kind it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberType,
    is_possible_number,
    is_valid_number,
    number_type,
    parse,
    region_code_for_number,
)
from pyspark import keyword_only
from pyspark.ml.param import Param, Params
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import field_of
from tiltyard.params import Range, some_of, text
from tiltyard.slots import CATEGORICAL, NUMERIC
from tiltyard.transformers._countries import iso_code
from tiltyard.transformers._texts import Compute, Part, TextParts, text_column

PARTS = {
    "valid": Part(T.BooleanType(), NUMERIC),
    "possible": Part(T.BooleanType(), NUMERIC),
    "country_code": Part(T.StringType(), CATEGORICAL),
    "region": Part(T.StringType(), CATEGORICAL),
    "type": Part(T.StringType(), CATEGORICAL),
    "international": Part(T.BooleanType(), NUMERIC),
}

# A plus (its wide form too) or two zeros before all other digits.
_ABROAD = re.compile(r"[^\d+＋]*([+＋]|00)(?=\D*\d)")  # noqa: RUF001


def _region(value: Any) -> str:
    code = iso_code(value) if isinstance(value, str) else None
    if code is None:
        raise ValueError(value)
    return code


class PhoneParts(TextParts):
    """Say of phone numbers whether they can exist, in which country, and of what kind they are.

    A number without "+" or "00" is read as one dialled in its row's country. Null stays null in all parts; a
    text that is no number, an empty one included, has `valid` and `possible` false and no country, region and
    type. No job, no shuffle; a call of Python for each batch of rows, with its distinct pairs of number and
    country.

    Parameters
    ----------
    inputCols : columns of single numbers, texts however they are punctuated, or whole numbers
    regionCol : text column with the row's country: an ISO 3166-1 code of two or three letters, or an English
        name; case does not matter
    region : the country of rows where `regionCol` is unset, null or names no country; unset: none, so that only
        numbers with "+" or "00" can be valid there
    parts : some of "valid", "possible", "country_code", "region", "type", "international"; default all

    Notes
    -----
    Output columns are called `<input>__<part>`:

    - valid, boolean: the number is in a range its country gives out; whether somebody answers is not known.
    - possible, boolean: its length is right for its country.
    - country_code, text: the digits after the plus, such as "49", of a possible number.
    - region, text: the ISO 3166-1 code of a valid number's country; "001" for numbers of no country, such as
      +800.
    - type, text: "mobile", "fixed_line", "fixed_line_or_mobile" (the USA and others do not tell them apart),
      "toll_free", "premium_rate", "shared_cost", "voip", "personal_number", "pager", "uan" (a company's number
      for all its places) or "voicemail"; null for numbers that are not valid.
    - international, boolean: written with "+" or "00" before the other digits.

    Ranges and lengths come with the package phonenumberslite (Google's libphonenumber): the same version gives
    the same answers. Short numbers such as 112 are not valid. The word "NA" in `regionCol` is Namibia's code.

    Examples
    --------
    >>> rows = [("(650) 253-0000", "United States"), ("0049 1512 3456789", None), ("030 123456", None)]
    >>> frame = spark.createDataFrame(rows, "phone string, country string")
    >>> made = PhoneParts(inputCols=["phone"], regionCol="country").transform(frame).drop("phone", "country")
    >>> made.toDF(*[name.removeprefix("phone__") for name in made.columns]).show()
    +-----+--------+------------+------+--------------------+-------------+
    |valid|possible|country_code|region|                type|international|
    +-----+--------+------------+------+--------------------+-------------+
    | true|    true|           1|    US|fixed_line_or_mobile|        false|
    | true|    true|          49|    DE|              mobile|         true|
    |false|   false|        NULL|  NULL|                NULL|        false|
    +-----+--------+------------+------+--------------------+-------------+
    """

    regionCol: Param[str] = Param(Params._dummy(), "regionCol", "column of the row's country", text())
    region: Param[str] = Param(
        Params._dummy(),
        "region",
        "country of rows for which the column has none; kept as its ISO code",
        Range("a country's ISO code or English name, such as 'US'", _region),
    )
    parts: Param[list[str]] = Param(Params._dummy(), "parts", "which parts to give", some_of(*PARTS))

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        regionCol: str | None = None,
        region: str | None = None,
        parts: list[str] | None = None,
    ) -> None:
        super().__init__()
        self._setDefault(parts=list(PARTS))
        self._set(**self._input_kwargs)

    def _field(self, schema: T.StructType, name: str) -> T.StructField:
        # A file's column of plain digits is read as whole numbers.
        field = field_of(schema, name, "PhoneParts")
        return field if isinstance(field.dataType, T.IntegralType) else super()._field(schema, name)

    def _parts(self) -> dict[str, Part]:
        return {name: PARTS[name] for name in self.getOrDefault(self.parts)}

    def _arguments(self, schema: T.StructType, text: Column) -> list[Column]:
        if not self.isSet(self.regionCol):
            return [text, F.lit(None).cast("string")]
        return [text, text_column(schema, self.getOrDefault(self.regionCol), "PhoneParts")]

    def _compute(self) -> Compute:
        region = self.getOrDefault(self.region) if self.isSet(self.region) else None
        return partial(_of_numbers, region=region)


def phone_parts(written: str, region: str | None) -> dict[str, Any]:
    """All parts of a number, as somebody in `region` writes it; those that are not known are left out.

    Examples
    --------
    >>> phone_parts("(123) 456-7890", "US")
    {'valid': False, 'possible': True, 'international': False, 'country_code': '1'}
    """
    found: dict[str, Any] = {"valid": False, "possible": False}
    found["international"] = _ABROAD.match(written) is not None
    number = _number(written, region)
    if number is None:
        return found
    if is_possible_number(number):
        found |= {"possible": True, "country_code": str(number.country_code)}
    kind = number_type(number)
    if kind != PhoneNumberType.UNKNOWN:
        word = PhoneNumberType.to_string(kind).lower()
        found |= {"valid": True, "region": region_code_for_number(number), "type": word}
    return found


def _of_numbers(
    texts: Sequence[str | None], countries: Sequence[str | None], region: str | None
) -> list[dict[str, Any] | None]:
    return [
        None if written is None else phone_parts(written, iso_code(country or "") or region)
        for written, country in zip(texts, countries, strict=True)
    ]


def _number(written: str, region: str | None) -> PhoneNumber | None:
    """The number that a text is read as.

    Two zeros are dialled for "+" in most countries, but not in all: they are a plus where the region's own
    rules make no valid number of them.
    """
    number = _parsed(written, region)
    abroad = _ABROAD.match(written)
    if abroad and abroad[1] == "00" and not (number and is_valid_number(number)):
        return _parsed("+" + written[abroad.end() :], None) or number
    return number


def _parsed(written: str, region: str | None) -> PhoneNumber | None:
    try:
        return parse(written, region)
    except NumberParseException:
        return None
