"""The default feature plan: from semantic types to stages, and the reasons for what is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from pyspark.ml import Transformer

from tiltyard.errors import TiltyardError
from tiltyard.keyed import KeyedEstimator
from tiltyard.slots import SEMANTIC_TYPES
from tiltyard.transformers import (
    CustomFields,
    DateParts,
    DaysBetween,
    EmailParts,
    GeoParts,
    JobTitle,
    MultiPivot,
    NameSimilarity,
    PhoneParts,
    Pivot,
    SmartText,
    TargetEncode,
    TextStats,
    TextTarget,
    UrlParts,
)
from tiltyard.transformers._custom_kinds import SLOTTED
from tiltyard.transformers._term_columns import term_outputs
from tiltyard.transformers.date_parts import PARTS, part_columns

NUMBERS = ("Real", "Integral", "Percent", "Currency")
CATEGORIES = ("Binary", "Category", "Company", "JobTitle", "Country", "State", "City", "PostalCode")
# Categories that may have more values than a pivot keeps: each value's mean label stands beside its rank.
MANY_VALUED = ("Category", "Company", "JobTitle", "City", "PostalCode")
DATES = {"Timestamp": PARTS, "Date": PARTS[1:]}
# Dates of a table that are measured from each other, the first ones: their pairs grow with the square.
PAIRED_DATES = 4

# Why a field of these types has no slot.
_UNUSED = {
    "Id": "names a single record, so it says nothing about others",
    "Other": "its own type is none that a stage reads",
}


@dataclass(frozen=True)
class Settings:
    """What the stages of a plan are told.

    Attributes
    ----------
    tenant, label, fold, key : columns, None for none; without a label no stage learns from it, as where it is one of
        several classes, whose numbers have no mean
    expanding : folds are blocks in time
    levels, support : of Pivot; levels are also the terms kept of a text
    time_zone : in which dates are read
    """

    tenant: str | None = None
    label: str | None = None
    fold: str | None = None
    key: str | None = None
    expanding: bool = False
    levels: int = 20
    support: int = 10
    time_zone: str = "UTC"


@dataclass
class Plan:
    """Stages that turn typed fields into columns to pack.

    Attributes
    ----------
    parts : stages that read fields row by row
    keyed : stages that learn a state for each tenant, from fields and parts; none reads another's output
    columns : what is packed, in the order of the slots
    """

    parts: list[Transformer] = field(default_factory=list)
    keyed: list[KeyedEstimator] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)


def feature_plan(types: Mapping[str, str], settings: Settings) -> Plan:
    """The stages for typed fields. Pure: no session, no frame.

    Numbers are packed as they are, dates as cyclic parts and as days between the first few, categories as codes
    of each tenant and, where there may be many values, as mean labels too. Texts become sizes, the mean labels of
    their words and, as each tenant uses them, codes or terms; titles, places, e-mail, web and phone addresses what
    they tell. Fields of other types are left out, see `unused_fields`. Number types of text columns are read as
    numbers only if FieldTyper's model stands before these stages. How long ago a date is (TimeSince) is left out:
    rows to score lie beyond all values a model has seen.

    Raises
    ------
    TiltyardError : a type that does not exist

    Examples
    --------
    >>> plan = feature_plan({"miles": "Real", "origin": "State", "note": "Text"}, Settings(tenant="carrier", levels=1))
    >>> plan.columns
    ['miles', 'note__words', 'note__length', 'origin__pivot', 'note__pivot', 'note__term_1']
    >>> [type(stage).__name__ for stage in plan.keyed]
    ['Pivot', 'SmartText']
    """
    for name, kind in types.items():
        if kind not in SEMANTIC_TYPES:
            raise TiltyardError(
                f"feature_plan: type of '{name}' must be one of {', '.join(SEMANTIC_TYPES)}, got {kind!r}."
            )
    plan = Plan(columns=_of(types, NUMBERS))
    _add_dates(plan, types, settings)
    categories = _of(types, CATEGORIES) + _add_parts(plan, types)
    _add_keyed(plan, types, categories, settings)
    return plan


def unused_fields(types: Mapping[str, str]) -> dict[str, str]:
    """The reason for every field that does not become a feature.

    Examples
    --------
    >>> unused_fields({"customer": "Id", "distance": "Real"})
    {'customer': 'Id: names a single record, so it says nothing about others'}
    """
    return {name: f"{kind}: {_UNUSED[kind]}" for name, kind in types.items() if kind in _UNUSED}


def _add_dates(plan: Plan, types: Mapping[str, str], settings: Settings) -> None:
    for kind, parts in DATES.items():
        if dates := _of(types, (kind,)):
            plan.parts.append(DateParts(inputCols=dates, timeZone=settings.time_zone, parts=list(parts)))
            plan.columns += [name for date in dates for name in part_columns(date, parts)]
    paired = _of(types, DATES)[:PAIRED_DATES]
    if len(paired) > 1:
        plan.parts.append(DaysBetween(inputCols=paired, timeZone=settings.time_zone))
        plan.columns += [f"{later}__days_since_{earlier}" for earlier, later in combinations(paired, 2)]


def _add_parts(plan: Plan, types: Mapping[str, str]) -> list[str]:
    """Add the parts of texts; the parts that are categories are returned."""
    categories: list[str] = []
    for kind, stage, numbers, named in _PARTS:
        if fields := _of(types, (kind,)):
            plan.parts.append(stage(inputCols=fields, parts=[*numbers, *named], **_country(kind, types)))
            plan.columns += [f"{name}__{part}" for name in fields for part in numbers]
            categories += [f"{name}__{part}" for name in fields for part in named]
    if places := _of(types, ("Geolocation",)):
        plan.parts.append(GeoParts(inputCols=places))
        plan.columns += [f"{name}__{part}" for name in places for part in ("x", "y", "z")]
        categories += [f"{name}__cell" for name in places]
    for address in _of(types, ("Email",)):
        for company in _of(types, ("Company",)):
            plan.parts.append(NameSimilarity(inputCols=[address, company], measures=["token_set"]))
            plan.columns.append(f"{address}__{company}_token_set")
    return categories


def _country(kind: str, types: Mapping[str, str]) -> dict[str, str]:
    """A phone number without its country's code belongs to the country of its row, if the row has only one."""
    countries = _of(types, ("Country",)) if kind == "Phone" else []
    return {"regionCol": countries[0]} if len(countries) == 1 else {}


# Type -> stage, its parts that are numbers, and those that are categories. Language and sentiment cost a thousand
# times what words and length do, and are left to who wants them.
_PARTS = (
    ("Text", TextStats, ("words", "length"), ()),
    ("Email", EmailParts, ("valid", "free_mail"), ("registered_domain",)),
    ("URL", UrlParts, ("secure", "path_depth"), ("suffix",)),
    ("Phone", PhoneParts, ("valid", "international"), ("region",)),
    ("JobTitle", JobTitle, ("rank",), ("function",)),
)


def _add_keyed(plan: Plan, types: Mapping[str, str], categories: list[str], settings: Settings) -> None:
    shared: dict[str, Any] = {"tenantCol": settings.tenant, "minSupport": settings.support}
    if categories:
        plan.keyed.append(Pivot(inputCols=categories, topK=settings.levels, **shared))
        plan.columns += [f"{name}__pivot" for name in categories]
    if lists := _of(types, ("MultiCategory",)):
        multi = MultiPivot(inputCols=lists, topK=settings.levels, **shared)
        plan.keyed.append(multi)
        plan.columns += [column for name in lists for column in multi.outputs(name)]
    if maps := _of(types, ("Custom",)):
        custom = CustomFields(inputCols=maps, topK=settings.levels, keyCol=settings.key, **shared)
        plan.keyed.append(custom)
        plan.columns += [column for name in maps for kind in SLOTTED for column in custom.outputs(name, kind)]
    if texts := _of(types, ("Text",)):
        # Without the label: terms chosen by it would make what is measured on the same rows too good.
        levels = settings.levels
        plan.keyed.append(
            SmartText(inputCols=texts, keyCol=settings.key, topK=levels, topTerms=levels, **shared)
        )
        plan.columns += [
            column for name in texts for column in (f"{name}__pivot", *term_outputs(name, settings.levels))
        ]
    if settings.label:
        _add_targets(plan, _of(types, MANY_VALUED), texts, settings)


def _add_targets(plan: Plan, many: list[str], texts: list[str], settings: Settings) -> None:
    """Add what became of rows with a value, and of texts with a word."""
    learnt: dict[str, Any] = {
        "labelCol": settings.label,
        "foldCol": settings.fold,
        "expanding": settings.expanding,
        "tenantCol": settings.tenant,
    }
    if many:
        plan.keyed.append(TargetEncode(inputCols=many, **learnt))
    if texts:
        plan.keyed.append(TextTarget(inputCols=texts, keyCol=settings.key, **learnt))
    plan.columns += [f"{name}__target" for name in (*many, *texts)]


def _of(types: Mapping[str, str], kinds: Iterable[str]) -> list[str]:
    return [name for name, kind in types.items() if kind in set(kinds)]
