"""Reasons: the fields that moved a record's score most, with their values and what each added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tiltyard.learners.explanation import Explanation
from tiltyard.slots import Slot

OTHER_FIELDS, BASE = "(other fields)", "(base)"
REASONS = "array<struct<field:string,value:string,contribution:double>>"
_TYPE = pa.list_(pa.struct([("field", pa.string()), ("value", pa.string()), ("contribution", pa.float64())]))


@dataclass(frozen=True)
class Lineage:
    """The fields that slots and rates come from.

    Attributes
    ----------
    fields : their names, each once
    slots, rates : place in `fields` of each slot, and of each number that only a model of all tenants reads
    """

    fields: tuple[str, ...]
    slots: tuple[int, ...]
    rates: tuple[int, ...] = ()

    @classmethod
    def of(cls, slots: Sequence[Slot], rates: Sequence[Slot] = ()) -> Lineage:
        """The lineage of packed columns.

        Examples
        --------
        >>> month = Slot("at__month", "at", "Date", "numeric")
        >>> Lineage.of([month, Slot("km", "km", "Real", "numeric"), month])
        Lineage(fields=('at', 'km'), slots=(0, 1, 0), rates=())
        """
        fields = tuple(dict.fromkeys(slot.field for slot in (*slots, *rates)))
        places = {name: place for place, name in enumerate(fields)}
        return cls(fields, *(tuple(places[slot.field] for slot in group) for group in (slots, rates)))


def by_field(found: Explanation, pool: Explanation | None, lineage: Lineage) -> tuple[np.ndarray, np.ndarray]:
    """What each field adds to each row's margin (rows x fields), and the base; what the pool adds is its fields'."""
    parts = np.zeros((len(found.base), len(lineage.fields)))
    np.add.at(parts.T, np.array(lineage.slots, dtype=int), found.slots.T)
    if pool is None:
        return parts, found.base
    often = found.pool[:, None]
    np.add.at(parts.T, np.array(lineage.slots, dtype=int), (often * pool.slots).T)
    if pool.rates is not None:
        np.add.at(parts.T, np.array(lineage.rates, dtype=int), (often * pool.rates).T)
    return parts, found.base + found.pool * pool.base


def strongest(
    parts: np.ndarray, base: np.ndarray, values: np.ndarray, fields: Sequence[str], top: int
) -> pa.Array:
    """Each row's reasons as a list of REASONS: the strongest fields first, then what is left, then the base.

    All contributions of a row sum to its margin: log odds of a binary score, a predicted number, or the log
    probability of the predicted class.

    Parameters
    ----------
    parts : rows x fields
    values : rows x fields, texts or None
    top : fields a row names, at most; a field that adds nothing is none

    Examples
    --------
    >>> found = strongest(np.array([[0.5, -2.0, 0.25]]), np.array([1.0]), np.array([["4", "red", None]]), "abc", 1)
    >>> [tuple(reason.values()) for reason in found[0].as_py()]
    [('b', 'red', -2.0), ('(other fields)', None, 0.75), ('(base)', None, 1.0)]
    """
    rows, top = len(parts), min(top, parts.shape[1])
    order = np.argsort(-np.abs(parts), axis=1, kind="stable")[:, :top]
    shown = np.take_along_axis(parts, order, axis=1)
    left = parts.sum(axis=1) - shown.sum(axis=1)
    names = np.array([*fields, OTHER_FIELDS, BASE], dtype=object)
    last = np.tile([len(fields), len(fields) + 1], (rows, 1))
    places = np.hstack([order, last])
    amounts = np.hstack([shown, left[:, None], base[:, None]])
    texts = np.hstack([np.take_along_axis(values, order, axis=1), np.full((rows, 2), None, dtype=object)])
    kept = (amounts != 0.0) | (places == len(fields) + 1)
    ends = np.concatenate([[0], kept.sum(axis=1).cumsum()]).astype(np.int32)
    structs = pa.StructArray.from_arrays(
        [
            pa.array(names[places[kept]], pa.string()),
            pa.array(texts[kept], pa.string()),
            pa.array(amounts[kept]),
        ],
        names=["field", "value", "contribution"],
    )
    return pa.ListArray.from_arrays(ends, structs).cast(_TYPE)


def no_reasons(rows: int) -> pa.Array:
    """Null for each row: nobody has asked."""
    return pa.nulls(rows, _TYPE)
