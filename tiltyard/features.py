"""The default feature plan: from semantic types to stages, and the reasons for what is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pyspark.ml.base import Estimator, Transformer

from tiltyard.errors import TiltyardError
from tiltyard.slots import SEMANTIC_TYPES
from tiltyard.transformers.date_parts import PARTS, DateParts, part_columns
from tiltyard.transformers.feature_packer import FeaturePacker
from tiltyard.transformers.pivot import Pivot

PipelineStage = Transformer | Estimator[Any]

NUMBERS = ("Real", "Integral", "Percent", "Currency")
CATEGORIES = ("Binary", "Category", "Company", "JobTitle", "Country", "State", "City", "PostalCode")
DATES = {"Timestamp": PARTS, "Date": PARTS[1:]}

# Why a field of these types has no slot.
_UNUSED = {
    "Id": "names a single record, so it says nothing about others",
    "Text": "free text: no stage reads it yet",
    "Email": "names a single person: no stage reads it yet",
    "Phone": "names a single person: no stage reads it yet",
    "URL": "no stage reads addresses yet",
    "MultiCategory": "several values in one: no stage reads them yet",
    "Geolocation": "a place as text: no stage reads it yet",
}


def feature_stages(
    types: Mapping[str, str],
    *,
    tenantCol: str | None,
    topK: int = 20,
    minSupport: int = 10,
    timeZone: str = "UTC",
    outputCol: str = "_features",
) -> list[PipelineStage]:
    """The stages that turn typed fields into one packed row: DateParts, Pivot, FeaturePacker.

    Pure: no session, no frame. Numbers are packed as they are, dates as cyclic parts, categories as codes of
    each tenant. Fields of other types are left out, see `unused_fields`. Number types of text columns are
    read as numbers only if FieldTyper's model stands before these stages.

    Parameters
    ----------
    types : semantic type by field, in the order of the slots
    tenantCol, topK, minSupport : as for Pivot
    timeZone : as for DateParts

    Returns
    -------
    list of stages, the last one FeaturePacker; only those that have something to do

    Raises
    ------
    TiltyardError : a type that does not exist

    Examples
    --------
    >>> stages = feature_stages({"miles": "Real", "origin": "Category", "note": "Text"}, tenantCol="carrier")
    >>> [type(stage).__name__ for stage in stages]
    ['Pivot', 'FeaturePacker']
    >>> stages[-1].getInputCols()
    ['miles', 'origin__pivot']
    """
    _check(types)
    categories = _of(types, CATEGORIES)
    columns = _of(types, NUMBERS)
    stages: list[PipelineStage] = []
    for kind, parts in DATES.items():
        if dates := _of(types, (kind,)):
            stages.append(DateParts(inputCols=dates, timeZone=timeZone, parts=list(parts)))
            columns += [name for date in dates for name in part_columns(date, parts)]
    if categories:
        pivot = Pivot(inputCols=categories, topK=topK, minSupport=minSupport, tenantCol=tenantCol)
        stages.append(pivot)
        columns += [f"{name}__pivot" for name in categories]
    return [*stages, FeaturePacker(inputCols=columns, outputCol=outputCol)]


def unused_fields(types: Mapping[str, str]) -> dict[str, str]:
    """The reason for every field that does not become a feature.

    Examples
    --------
    >>> unused_fields({"customer": "Id", "distance": "Real"})
    {'customer': 'Id: names a single record, so it says nothing about others'}
    """
    _check(types)
    return {name: f"{kind}: {_UNUSED[kind]}" for name, kind in types.items() if kind in _UNUSED}


def _of(types: Mapping[str, str], kinds: Iterable[str]) -> list[str]:
    return [name for name, kind in types.items() if kind in set(kinds)]


def _check(types: Mapping[str, str]) -> None:
    for name, kind in types.items():
        if kind not in SEMANTIC_TYPES:
            raise TiltyardError(
                f"feature_stages: type of '{name}' must be one of {', '.join(SEMANTIC_TYPES)}, got {kind!r}."
            )
