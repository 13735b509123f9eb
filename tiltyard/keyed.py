"""Keyed stages: Spark ML stages that learn one small state row for each tenant, and one for all."""

from __future__ import annotations

import importlib
from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pyspark.ml import Estimator, Model
from pyspark.ml.param import Param, Params
from pyspark.ml.util import (
    DefaultParamsReadable,
    DefaultParamsReader,
    DefaultParamsWritable,
    DefaultParamsWriter,
    MLReadable,
    MLReader,
    MLWritable,
    MLWriter,
)
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, StructType

from tiltyard.columns import column, field_of
from tiltyard.errors import TiltyardError
from tiltyard.params import Ranged, text, whole
from tiltyard.state import ROWS, STATE, TENANT, aggregated, computed, joined


class HasTenantCol(Ranged):
    """Params `tenantCol` and `minRows`, shared by a keyed estimator and its model."""

    tenantCol: Param[str] = Param(
        Params._dummy(), "tenantCol", "column of the tenant; unset: one state for the whole frame", text()
    )
    minRows: Param[int] = Param(
        Params._dummy(),
        "minRows",
        "tenants with fewer rows than this get no state of their own: the global state serves them",
        whole(1),
    )

    def tenant(self) -> str | None:
        """The tenant column's name, None when unset."""
        return self.getOrDefault(self.tenantCol) if self.isDefined(self.tenantCol) else None

    def min_rows(self) -> int:
        """Rows a tenant needs for a state of its own."""
        return self.getOrDefault(self.minRows)


class KeyedEstimator(Ranged, Estimator["KeyedModel"], DefaultParamsReadable[Any], DefaultParamsWritable):
    """An estimator that learns one state row for each tenant and one global row, in one aggregation.

    A leaf inherits HasTenantCol too and gives three pure hooks: `_aggregates`, `_state` and `_model`. `fit`
    computes the state with one action, whatever the number of columns and tenants, so that the frame may
    change or go afterwards.
    """

    @abstractmethod
    def tenant(self) -> str | None:
        """The tenant column's name, None for one state."""

    @abstractmethod
    def min_rows(self) -> int:
        """Rows a tenant needs for a state of its own."""

    def _prepared(self, schema: StructType) -> dict[str, Column]:
        """Columns to compute for each row before the aggregation, by names that no frame has.

        Spark compiles these; what an aggregate of objects (samples, sketches) is given, it interprets: the hash of a
        packed row took a sixth of a fit.
        """
        return {}

    @abstractmethod
    def _aggregates(self, schema: StructType) -> dict[str, Column]:
        """Aggregate columns by name, over the columns of a frame of this schema and those of `_prepared`."""

    @abstractmethod
    def _state(self, schema: StructType, columns: Mapping[str, Column]) -> dict[str, Column]:
        """Fields of the state by name: row-wise expressions over the aggregated columns.

        `schema` is that of the frame.
        """

    @abstractmethod
    def _model(self) -> KeyedModel:
        """A new model of this estimator's own class, without params and state."""

    def _fit(self, dataset: DataFrame) -> KeyedModel:
        tenant = self.tenant()
        if tenant is not None:
            field_of(dataset.schema, tenant, type(self).__name__)
        prepared = [value.alias(name) for name, value in self._prepared(dataset.schema).items()]
        rows = aggregated(dataset.select("*", *prepared), tenant, self._aggregates(dataset.schema))
        fields = self._state(dataset.schema, {name: column(name) for name in rows.columns})
        state = F.struct(*[value.alias(name) for name, value in fields.items()])
        kept = F.col(TENANT).isNull() | (F.col(ROWS) >= self.min_rows())
        return self._fitted(computed(rows.where(kept).select(TENANT, ROWS, state.alias(STATE))))

    def _fitted(self, state: DataFrame) -> KeyedModel:
        model = self._copyValues(self._model())
        model._read_state = lambda: state
        return model


class KeyedModel(Ranged, Model, MLReadable[Any], MLWritable):
    """A fitted keyed stage: params, and a state row for each tenant.

    `transform` adds one left join on the tenant and one `select`; it launches no job. Input columns stay.
    Null, unseen and thin tenants meet the global state. Saved as params in JSON and the state as Parquet; a
    loaded model reads its state when it is first used. A leaf inherits HasTenantCol too and gives `_outputs`;
    `_read` if a tenant's rows shall not meet its own state as it is, or not all of it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._read_state: Callable[[], DataFrame] | None = None

    @property
    def state(self) -> DataFrame:
        """DataFrame[tenant, rows, state STRUCT]; the row of tenant null is the global one."""
        if self._read_state is None:
            raise TiltyardError(f"{type(self).__name__}: it has no state. Get it from fit or load.")
        return self._read_state()

    @abstractmethod
    def tenant(self) -> str | None:
        """The tenant column's name, None for one state."""

    @abstractmethod
    def _outputs(self, schema: StructType, state: Callable[[str], Column]) -> list[Column]:
        """Output columns, aliased with metadata, from the frame's columns and the fields of its state."""

    def _read(self, own: Column, shared: Column, kind: DataType, schema: StructType) -> Column:
        """What `transform` of a frame of this schema reads of a tenant's own state; `shared` is the global one.

        It goes with every row, twice copied: what is not read, such as words for people, costs time.
        """
        return own

    def write(self) -> MLWriter:
        return KeyedModelWriter(self)

    @classmethod
    def read(cls) -> MLReader[Any]:
        return KeyedModelReader()

    def _transform(self, dataset: DataFrame) -> DataFrame:
        tenant = self.tenant()
        if tenant is not None:
            field_of(dataset.schema, tenant, type(self).__name__)
        schema = dataset.schema
        met, state = joined(dataset, self.state, tenant, partial(self._read, schema=schema))
        outputs = self._outputs(schema, state.getField)
        return met.select(*[column(name) for name in dataset.columns], *outputs)

    def _more_metadata(self) -> dict[str, Any]:
        """What the saved JSON holds beside params and the state's schema."""
        return {}

    def _restore(self, metadata: Mapping[str, Any]) -> None:
        """Take back what `_more_metadata` gave."""


class KeyedModelWriter(MLWriter):
    """Writes `metadata/` (params, schema of the state) and `state/` (Parquet)."""

    def __init__(self, model: KeyedModel) -> None:
        super().__init__()
        self.model = model

    def saveImpl(self, path: str) -> None:
        state = self.model.state
        extra = {**self.model._more_metadata(), "stateSchema": state.schema.jsonValue()}
        DefaultParamsWriter.saveMetadata(self.model, path, self.sparkSession, extraMetadata=extra)
        state.write.parquet(f"{path}/state")


class KeyedModelReader(MLReader[Any]):
    """Reads what KeyedModelWriter wrote; the state lazily, with the schema it was saved with."""

    def load(self, path: str) -> Any:
        metadata = DefaultParamsReader.loadMetadata(path, self.sparkSession)
        model = restored(metadata)
        model._restore(metadata)
        schema, spark = StructType.fromJson(metadata["stateSchema"]), self.sparkSession
        model._read_state = lambda: spark.read.schema(schema).parquet(f"{path}/state")
        return model


def restored(metadata: dict[str, Any]) -> Any:
    """The stage a saved JSON describes: its class, uid and params."""
    module, _, name = metadata["class"].rpartition(".")
    stage = getattr(importlib.import_module(module), name)()
    stage._resetUid(metadata["uid"])
    DefaultParamsReader.getAndSetParams(stage, metadata)
    return stage
