"""Slots: the numbers of a packed row and their lineage, carried as column metadata."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Protocol, runtime_checkable

from pyspark.ml import PipelineModel, Transformer
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import field_of
from tiltyard.errors import DataContractError

METADATA = "tiltyard"  # our key among a column's metadata
SEMANTIC_TYPES = (
    "Real", "Integral", "Percent", "Currency", "Binary", "Date", "Timestamp", "Category", "MultiCategory",
    "Text", "Email", "Phone", "URL", "Company", "JobTitle", "Country", "State", "City", "PostalCode",
    "Geolocation", "Id", "Custom", "Other",
)  # fmt: skip

NUMERIC, CATEGORICAL = "numeric", "categorical"


@dataclass(frozen=True)
class Slot:
    """One number of a packed row.

    Attributes
    ----------
    name : the derived column it was packed from
    field : the source's field it comes from
    type : semantic type of that field
    kind : "numeric" (a value or NaN) or "categorical" (0 other, 1..K the level's rank, NaN null)
    """

    name: str
    field: str
    type: str
    kind: str


@runtime_checkable
class HasLevels(Protocol):
    """A fitted stage that ranks levels: Pivot's model is one."""

    def levels(self) -> DataFrame: ...


def slot_metadata(slot: Slot) -> dict[str, Any]:
    """Metadata of a derived feature column.

    Examples
    --------
    >>> slot_metadata(Slot("carrier__pivot", "carrier", "Category", "categorical"))
    {'tiltyard': {'field': 'carrier', 'type': 'Category', 'kind': 'categorical'}}
    """
    return {METADATA: {"field": slot.field, "type": slot.type, "kind": slot.kind}}


def derived(value: Column, output: str, source: tuple[str, str], kind: str) -> Column:
    """The value as a column named `output` with its lineage; `source`: field and semantic type, as of `lineage`."""
    return value.alias(output, metadata=slot_metadata(Slot(output, *source, kind)))


def packed_metadata(slots: tuple[Slot, ...]) -> dict[str, Any]:
    """Metadata of a packed column, read back by `slots_of`."""
    return {METADATA: {"slots": [asdict(slot) for slot in slots]}}


def lineage(field: T.StructField) -> tuple[str, str]:
    """Source field and semantic type of a column; without metadata its own name and what its type suggests.

    Examples
    --------
    >>> lineage(T.StructField("distance", T.DoubleType()))
    ('distance', 'Real')
    """
    known = (field.metadata or {}).get(METADATA, {})
    return known.get("field", field.name), known.get("type", plain_type(field.dataType))


def slot_of(field: T.StructField) -> Slot:
    """The slot a numeric or boolean column becomes when packed."""
    kind = (field.metadata or {}).get(METADATA, {}).get("kind", NUMERIC)
    return Slot(field.name, *lineage(field), kind)


def plain_type(data_type: T.DataType) -> str:
    """Semantic type of a column nobody has typed."""
    if isinstance(data_type, T.IntegralType):
        return "Integral"
    if isinstance(data_type, T.NumericType):
        return "Real"
    names: dict[type[T.DataType], str] = {
        T.BooleanType: "Binary",
        T.DateType: "Date",
        T.TimestampType: "Timestamp",
        T.TimestampNTZType: "Timestamp",
    }
    return names.get(type(data_type), "Category")


def slots_of(schema: T.StructType, packed: str) -> tuple[Slot, ...]:
    """The slots of a packed column, in order.

    Raises
    ------
    DataContractError : no such column, or its metadata has been lost
    """
    known = (field_of(schema, packed, "slots_of").metadata or {}).get(METADATA, {})
    if "slots" not in known:
        raise DataContractError(
            f"slots_of: column '{packed}' has no slot metadata. Take it from FeaturePacker's output; a"
            " computation or a file format without column metadata loses it."
        )
    return tuple(Slot(**slot) for slot in known["slots"])


def slot_table(schema: T.StructType, pipeline: PipelineModel, packed: str | None = None) -> DataFrame:
    """The lineage of a packed column as rows, one for each tenant and slot.

    Parameters
    ----------
    schema : schema of a frame with the packed column
    pipeline : the fitted pipeline that made it
    packed : name of the packed column; unset: the only one there is

    Returns
    -------
    DataFrame[tenant, slot INT, name, field, type, kind, levels ARRAY<STRING>]
        Tenants with a state of their own, and the global row (tenant null), which serves all others. `levels`
        is null for numeric slots. No job here; one shuffle of the level lists when it is used.

    Raises
    ------
    DataContractError : no packed column of that name, or none, or several to choose from
    """
    slots = slots_of(schema, packed or _only_packed(schema))
    ranked = [stage.levels() for stage in _stages(pipeline) if isinstance(stage, HasLevels)]
    rows = [_slot_row(index, slot) for index, slot in enumerate(slots)]
    return _levels_by_tenant(ranked).select("tenant", F.inline(F.array(*rows)))


def has_levels(pipeline: PipelineModel) -> bool:
    """Whether a stage of the pipeline ranks levels; if none does, `slot_table` knows no tenants."""
    return any(isinstance(stage, HasLevels) for stage in _stages(pipeline))


def _only_packed(schema: T.StructType) -> str:
    names = [field.name for field in schema if "slots" in (field.metadata or {}).get(METADATA, {})]
    if len(names) != 1:
        raise DataContractError(
            f"slot_table: 'packed' must name one of the packed columns, there are {names}."
        )
    return names[0]


def _stages(model: Transformer) -> Iterator[Transformer]:
    for stage in getattr(model, "stages", None) or []:
        yield stage
        yield from _stages(stage)


def _levels_by_tenant(ranked: list[DataFrame]) -> DataFrame:
    if not ranked:
        nothing = {"tenant": "string", "by_column": "map<string, array<string>>"}
        one = SparkSession.active().range(1)
        return one.select(*[F.lit(None).cast(kind).alias(name) for name, kind in nothing.items()])
    every = ranked[0]
    for frame in ranked[1:]:
        every = every.unionByName(frame)
    entries = F.collect_list(F.struct("column", "levels"))
    return every.groupBy("tenant").agg(F.map_from_entries(entries).alias("by_column"))


def _slot_row(index: int, slot: Slot) -> Column:
    levels = F.col("by_column")[slot.name] if slot.kind == CATEGORICAL else F.lit(None).cast("array<string>")
    return F.struct(
        F.lit(index).alias("slot"),
        *[F.lit(getattr(slot, name)).alias(name) for name in ("name", "field", "type", "kind")],
        levels.alias("levels"),
    )
