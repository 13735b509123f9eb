"""FeatureVector: a packed row as an ML vector for stock Spark ML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from pyspark import keyword_only
from pyspark.ml import Transformer
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.functions import array_to_vector
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCol, HasOutputCol
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import column, field_of
from tiltyard.errors import DataContractError
from tiltyard.params import Range, Ranged
from tiltyard.slots import CATEGORICAL, METADATA, NUMERIC

_DENSE = "__tiltyard_dense"
_KINDS = {NUMERIC, CATEGORICAL}


def _slots(value: Any) -> list[dict[str, Any]]:
    slots = [dict(slot) for slot in value]
    for slot in slots:
        categorical = slot["kind"] == CATEGORICAL
        if slot["kind"] not in _KINDS or not isinstance(slot["name"], str):
            raise ValueError(slot)
        slot["levels"] = list(slot.get("levels") or []) if categorical else None
    return slots


class FeatureVector(
    Ranged, Transformer, HasInputCol, HasOutputCol, DefaultParamsReadable[Any], DefaultParamsWritable
):
    """Expand a packed row into an ML vector of finite numbers, with `ml_attr` names.

    A numeric slot becomes its value (0 where it is NaN) and an indicator `<name>_null`; a categorical slot
    one column a level, `<name>_<level>`, then `<name>_other` and `<name>_null`. Codes above the number of
    levels are other. Vectors are dense or sparse, whichever is smaller, as VectorAssembler does it. No job,
    no shuffle.

    Parameters
    ----------
    inputCol : the packed column, default "features"
    outputCol : name of the vector column, default "vector"
    slots : list of {"name", "kind", "levels"}, in order, as `from_slot_table` finds them; the levels belong
    to
        one tenant: use a stage of its own for each tenant

    See Also
    --------
    Pivot : `mode="oneHot"` for one column without packing.

    Examples
    --------
    >>> frame = spark.createDataFrame([([2.0, float("nan")],)], "features array<float>")
    >>> slots = [{"name": "origin", "kind": "categorical", "levels": ["EWR", "LGA"]},
    ...          {"name": "distance", "kind": "numeric"}]
    >>> vector = FeatureVector(slots=slots).transform(frame)
    >>> vector.first().vector.toArray().tolist()
    [0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    >>> sorted(vector.schema["vector"].metadata["ml_attr"]["attrs"])
    ['binary', 'numeric']
    """

    slots: Param[list[dict[str, Any]]] = Param(
        Params._dummy(),
        "slots",
        "name, kind and levels of each slot, in order",
        Range("a list of slots with 'name' and 'kind' ('numeric' or 'categorical')", _slots),
    )

    @keyword_only
    def __init__(
        self,
        *,
        inputCol: str = "features",
        outputCol: str = "vector",
        slots: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__()
        self._setDefault(inputCol="features", outputCol="vector", slots=[])
        self._set(**self._input_kwargs)

    @classmethod
    def from_slot_table(
        cls,
        slot_table: DataFrame,
        tenant: str | None = None,
        *,
        inputCol: str = "features",
        outputCol: str = "vector",
    ) -> Self:
        """The stage for one tenant's rows of a slot table, or for its global row (tenant None).

        Collects that tenant's slots: one job.

        Raises
        ------
        DataContractError : the table has no rows of this tenant; use its global row, tenant None
        """
        rows = slot_table.where(F.col("tenant").eqNullSafe(F.lit(tenant))).orderBy("slot").collect()
        if not rows:
            raise DataContractError(
                f"FeatureVector: the slot table has no tenant {tenant!r}. Try tenant=None."
            )
        slots = [{name: row[name] for name in ("name", "kind", "levels")} for row in rows]
        return cls(inputCol=inputCol, outputCol=outputCol, slots=slots)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        field = field_of(dataset.schema, self.getInputCol(), "FeatureVector")
        slots, output = self.getOrDefault(self.slots), self.getOutputCol()
        _check(field, slots)
        parts = [_expanded(column(field.name)[index], slot) for index, slot in enumerate(slots)]
        dense = array_to_vector(F.concat(*parts) if parts else F.array().cast("array<double>"))
        metadata = {"ml_attr": _attributes(slots)}
        frame = dataset.select("*", dense.alias(_DENSE, metadata=metadata))
        compressed = VectorAssembler(inputCols=[_DENSE], outputCol=output).transform(frame)
        named = column(output).alias(output, metadata=metadata)  # the assembler has put a prefix on the names
        return compressed.select(*[column(name) for name in dataset.columns], named)


def _check(field: T.StructField, slots: Sequence[Mapping[str, Any]]) -> None:
    if not isinstance(field.dataType, T.ArrayType):
        raise DataContractError(
            f"FeatureVector: column '{field.name}' must be a packed row (array<float>), "
            f"got {field.dataType.simpleString()}."
        )
    packed = (field.metadata or {}).get(METADATA, {}).get("slots")
    names = [slot["name"] for slot in slots]
    if packed is not None and [slot["name"] for slot in packed] != names:
        raise DataContractError(f"FeatureVector: 'slots' must be those of '{field.name}', got {names!r}.")


def _expanded(value: Column, slot: Mapping[str, Any]) -> Column:
    missing = value.isNull() | F.isnan(value)
    if slot["kind"] == NUMERIC:
        return F.array(F.when(missing, 0.0).otherwise(value.cast("double")), missing.cast("double"))
    count = len(slot["levels"])
    place = F.when(missing, count + 1).when(value.between(1, count), value.cast("int") - 1).otherwise(count)
    return F.transform(F.sequence(F.lit(0), F.lit(count + 1)), lambda index: (index == place).cast("double"))


def _attributes(slots: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = [pair for slot in slots for pair in _names(slot)]
    kinds: dict[str, list[dict[str, Any]]] = {}
    for index, (kind, name) in enumerate(names):
        kinds.setdefault(kind, []).append({"idx": index, "name": name})
    return {"attrs": kinds, "num_attrs": len(names)}


def _names(slot: Mapping[str, Any]) -> list[tuple[str, str]]:
    name = slot["name"]
    if slot["kind"] == NUMERIC:
        return [("numeric", name), ("binary", f"{name}_null")]
    return [("binary", f"{name}_{level}") for level in [*slot["levels"], "other", "null"]]
