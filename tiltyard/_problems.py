"""What pydantic found, said in Tiltyard's words: the path, the constraint, the value, the nearest match."""

from __future__ import annotations

import difflib
import itertools
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from tiltyard._layers import value_at
from tiltyard._yaml import Path

Finding = tuple[Path, str, tuple[Path, ...]]  # what, why, and what else it is about
Conflict = tuple[tuple[str, ...], str]
Loc = tuple[int | str, ...]

CONFLICT = "tiltyard_conflict"
_MAX_SHOWN = 60  # characters of a wrong value in a message

_WORDS: Mapping[str, str] = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
}


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint for a misspelt word, or nothing.

    Examples
    --------
    >>> nearest("auroc_", ["auroc", "aupr"])
    ", did you mean 'auroc'?"
    """
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return f", did you mean '{by_lower[near[0]]}'?" if near else ""


def conflict(findings: Iterable[Conflict]) -> None:
    """Raise the values that exclude each other, from inside a model's validator; nothing when there are none.

    A finding is the dotted paths it is about, the one to blame first, and a sentence.
    """
    found = list(findings)
    if found:
        text = "; ".join(f"{paths[0]}: {sentence}" for paths, sentence in found)
        raise PydanticCustomError(CONFLICT, "{text}", {"text": text, "findings": found})


def findings(
    model: type[BaseModel], values: dict[str, Any], shown: Any, known: Iterable[str], complete: bool
) -> list[Finding]:
    """Return everything wrong with the values of a model, conflicts between right values included.

    Parameters
    ----------
    shown : the values as written, for messages; secrets are not filled in there
    known : the keys allowed at the top, for near misses
    complete : False when a layer could not be read, or no app is asked for: what is missing is not told then
    """
    fields, conflicts = _validate(model, values)
    if fields:
        broken = [error["loc"] for error in fields]
        conflicts = _validate(model, _without(values, broken, model))[1]
        conflicts = [one for one in conflicts if not _about(one[0], broken)]
    told = [error for error in fields if complete or error["type"] != "missing"]
    wrong: list[Finding] = [(_path(error), _sentence(error, model, shown, known), ()) for error in told]
    return wrong + [_finding(*one) for one in conflicts if complete]


def _finding(paths: tuple[str, ...], sentence: str) -> Finding:
    first, *rest = (tuple(path.split(".")) for path in paths)
    return first, sentence, tuple(rest)


def _validate(model: type[BaseModel], values: dict[str, Any]) -> tuple[list[ErrorDetails], list[Conflict]]:
    try:
        # JSON keeps types strict ("3" is no number) and still reads a list into a tuple.
        model.model_validate_json(json.dumps(values, default=str), strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False)
        fields = [one for one in found if one["type"] != CONFLICT]
        return fields, [pair for one in found if one["type"] == CONFLICT for pair in one["ctx"]["findings"]]
    return [], []


def _without(values: dict[str, Any], broken: list[Loc], model: type[BaseModel]) -> dict[str, Any]:
    """Drop the broken values, or put a stand-in where there is no default: the rest can be checked."""
    usable: dict[str, Any] = json.loads(json.dumps(values, default=str))
    for loc in broken:
        # A list goes as a whole: its other items alone would mean something else.
        names = list(itertools.takewhile(lambda part: isinstance(part, str) and part != "[key]", loc))
        parent = value_at(usable, names[:-1])
        if names and isinstance(parent, dict):
            parent.pop(names[-1], None)
    for name, field in model.model_fields.items():
        if field.is_required():
            usable.setdefault(name, ["_"] if "tuple" in str(field.annotation) else "_")
    return usable


def _about(paths: tuple[str, ...], broken: list[Loc]) -> bool:
    """Whether a conflict is about a value that was dropped."""
    gone = [tuple(map(str, loc)) for loc in broken]
    mine = [tuple(path.split(".")) for path in paths]
    return any(one[: len(two)] == two or two[: len(one)] == one for one in gone for two in mine)


def _path(error: ErrorDetails) -> Path:
    return tuple(str(part) for part in error["loc"] if part != "[key]")


def _sentence(error: ErrorDetails, model: type[BaseModel], shown: Any, known: Iterable[str]) -> str:
    kind, loc, context = error["type"], error["loc"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return f"unknown key{nearest(str(loc[-1]), _keys(model, loc[:-1], known))}"
    if kind == "missing":
        return "is required"
    value = loc[-2] if loc[-1] == "[key]" else value_at(shown, loc)
    got = "" if kind in ("too_short", "string_too_short") else f", got {_show(value)}"
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", context["expected"])
        return f"must be one of {', '.join(choices)}{got}{nearest(str(value), choices)}"
    return _WORDS.get(kind, error["msg"]).format(**context) + got


def _keys(model: type[BaseModel], loc: Loc, known: Iterable[str]) -> Iterable[str]:
    if not loc:
        return known
    inner: Any = model
    for part in loc:
        field = getattr(inner, "model_fields", {}).get(str(part))
        inner = field.annotation if field else None
    return list(getattr(inner, "model_fields", {}))


def _show(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."
