"""What identifies a record: one column that is different in every row, or a few that are together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import types as T

from tiltyard.columns import column, field_of
from tiltyard.config import AppConfig
from tiltyard.errors import DataContractError
from tiltyard.proposal.table import Counted, Table, distinct_of, present
from tiltyard.transformers import _field_words as words

# Types of columns that name things; a measure may be different in every row, but by chance.
_NAMES = frozenset(
    {"Id", "Email", "Phone", "URL", "Category", "Company", "Country", "State", "City", "PostalCode"}
)
_TIMES = frozenset({"Date", "Timestamp"})
_PARTS = _NAMES | _TIMES | {"Integral", "Binary"}

# More columns than this rarely are a key that somebody meant.
_MOST_COLUMNS = 4
# The columns with the most values that are tried together.
_MOST_TRIED = 30
# Share of the rows from which a counted-by-sketch number may be all of them.
_NEARLY = 0.97
# Columns that are counted exactly at each step: counting is a job each.
_COUNTED = 3
# Share of the rows that may be refused for sharing a key: of an id, where it is an error in the data, and of
# anything else where nothing better is there.
_REFUSED_ID, _REFUSED = 0.001, 0.01

_NO_FEATURES = "none of them can be a feature, so an id of its own would be better"


@dataclass(frozen=True)
class Key:
    """Key columns, why they are it, and how many rows ingest would refuse for sharing theirs."""

    columns: tuple[str, ...]
    why: str
    refused: int = 0


def find_key(table: Table, types: Mapping[str, str], hidden: set[str], app: AppConfig) -> Key:
    """Find the fewest columns that, with the tenant's, are different in every row.

    Single columns first, those that look like ids before others; then a combination, grown by the column that
    tells most rows apart and pruned of what it can do without; a date or a timestamp alone only where there is
    nothing else. Counting goes by sketch, the answer is exact.

    Parameters
    ----------
    types : semantic type by column
    hidden : columns that must not be part of it, such as the label's
    app : its tenant columns count as a part of every key

    Raises
    ------
    DataContractError : nothing tells the rows apart, with what to do
    """
    search = _Search(table, app)
    usable = [one for one in _complete(table) if one.name not in hidden | set(app.tenant)]
    names = [one for one in usable if types[one.name] in _NAMES or _is_called_id(one, types)]
    singles = sorted(names, key=lambda one: (types[one.name] != "Id", not _has_id_word(one.name)))
    close = search.close([(one.name,) for one in singles])
    if single := _single(close, types, search):
        return single
    by_chance = {one.name for one in usable if one not in names and one.distinct >= _NEARLY * search.rows}
    parts = [one for one in usable if types[one.name] in _PARTS and one.name not in by_chance]
    combined = search.grown(sorted(parts, key=lambda one: -one.distinct)[:_MOST_TRIED])
    if combined and not search.repeated(combined):
        return Key(combined, f"together different in each of {search.scope}; {_NO_FEATURES}")
    times = search.close([(one.name,) for one in usable if types[one.name] in _TIMES])
    return _single(times, types, search) or _least_bad([*close, combined], search, app)


def _single(close: Sequence[tuple[str, ...]], types: Mapping[str, str], search: _Search) -> Key | None:
    """A column that is different in every row, or an id with a few errors."""
    for key in close:
        if not search.repeated(key):
            return Key(key, f"different in each of {search.scope}")
    for key in close:
        if types[key[0]] == "Id" and search.repeated(key) <= _REFUSED_ID * search.rows:
            return _nearly(key, search)
    return None


def given_key(table: Table, names: Sequence[str], app: AppConfig) -> Key:
    """The key somebody named, with how many rows share theirs.

    Raises
    ------
    DataContractError : there is no such column
    """
    found = tuple(field_of(table.frame.schema, name, f"{app.app}: --key").name for name in names)
    refused = _Search(table, app).repeated(found)
    return Key(found, f"given with --key{_sharing(refused)}", refused)


class _Search:
    """Counts of different keys among the rows that have a tenant."""

    def __init__(self, table: Table, app: AppConfig) -> None:
        self.tenant = tuple(app.tenant)
        frame = table.frame
        for name in self.tenant:
            frame = frame.where(present(field_of(frame.schema, name, app.app)))
        self.frame = frame
        self.rows = frame.count() if self.tenant else table.rows
        self.scope = f"{self.rows:,} rows" + (", within their tenant" if self.tenant else "")
        self._repeated: dict[tuple[str, ...], int] = {}

    def repeated(self, names: tuple[str, ...]) -> int:
        """How many rows have the key of another row: counted exactly, one job."""
        if names not in self._repeated:
            distinct = self.frame.select(*map(column, dict.fromkeys([*self.tenant, *names]))).distinct()
            self._repeated[names] = self.rows - distinct.count()
        return self._repeated[names]

    def about(self, keys: Sequence[tuple[str, ...]]) -> list[int]:
        """About how many different values each of the keys has: one job for all."""
        if not keys:
            return []
        sketches = [distinct_of([column(name) for name in (*self.tenant, *key)]) for key in keys]
        return list(self.frame.agg(*[one.alias(str(n)) for n, one in enumerate(sketches)]).collect()[0])

    def close(self, keys: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
        """Those of the keys that may be different in every row."""
        pairs = zip(keys, self.about(keys), strict=True)
        return [key for key, distinct in pairs if distinct >= _NEARLY * self.rows]

    def grown(self, columns: Sequence[Counted]) -> tuple[str, ...]:
        """Columns that tell all or most rows apart, each adding the most to those before it."""
        own = {one.name: one.distinct for one in columns}
        chosen: tuple[str, ...] = ()
        while own.keys() - set(chosen) and len(chosen) < _MOST_COLUMNS:
            tried = [(*chosen, name) for name in own if name not in chosen]
            counts = dict(zip(tried, self.about(tried), strict=True))
            full = [key for key, distinct in counts.items() if distinct >= _NEARLY * self.rows]
            # Of those that tell all rows apart the one with the fewest values: a line's number, not its product.
            small = sorted(full, key=lambda key: own[key[-1]])[:_COUNTED]
            chosen = min(small, key=self.repeated) if small else max(counts, key=counts.__getitem__)
            if small and not self.repeated(chosen):
                break
        return self._pruned(chosen)

    def _pruned(self, key: tuple[str, ...]) -> tuple[str, ...]:
        for name in key:
            rest = tuple(other for other in key if other != name)
            if rest and self.repeated(rest) <= self.repeated(key):
                return self._pruned(rest)
        return key


def _complete(table: Table) -> list[Counted]:
    """Columns whose every row has a value of a type that is compared exactly."""
    inexact = (
        T.FloatType | T.DoubleType | T.ArrayType | T.MapType | T.StructType | T.BinaryType | T.VariantType
    )
    return [
        one for one in table.columns if one.present == table.rows and not isinstance(one.data_type, inexact)
    ]


def _has_id_word(name: str) -> bool:
    return words.by_name(name).any(words.ID) is not None


def _is_called_id(one: Counted, types: Mapping[str, str]) -> bool:
    """Whether whole numbers are called an id: of orders, say, which are counted anew for every tenant."""
    return types[one.name] == "Integral" and _has_id_word(one.name) and not words.by_name(one.name).counts


def _least_bad(keys: Sequence[tuple[str, ...]], search: _Search, app: AppConfig) -> Key:
    """The key with the fewest rows that share it, if these are few."""
    best = min((key for key in keys if key), key=search.repeated, default=None)
    if best and search.repeated(best) <= _REFUSED * search.rows:
        return _nearly(best, search)
    closest = (
        f" (closest: {', '.join(best)}, with {search.repeated(best):,} rows like another)" if best else ""
    )
    raise DataContractError(
        f"{app.app}: no column is different in each of {search.scope}, and no combination of up to {_MOST_COLUMNS}"
        f" is{closest}. The key names each record, so that later files and outcomes find it. Give every row an id or a"
        " number where the table is made (with pandas: table.insert(0, 'row', range(len(table)))); or name columns"
        " with --key: of rows with the same key ingest keeps the latest and refuses the others."
    )


def _nearly(key: tuple[str, ...], search: _Search) -> Key:
    refused = search.repeated(key)
    return Key(key, f"different in nearly each of {search.scope}{_sharing(refused)}", refused)


def _sharing(refused: int) -> str:
    return f"; {refused:,} rows share their key with another and would be refused" if refused else ""
