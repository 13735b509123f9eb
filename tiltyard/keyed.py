"""Keyed stages: Spark ML stages that learn one small state row for each tenant, and one for all."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Self

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
from pyspark.sql.types import StructType

from tiltyard.columns import column, field_of
from tiltyard.errors import TiltyardError
from tiltyard.params import Ranged, text, whole
from tiltyard.state import ROWS, STATE, TENANT, aggregated, joined


class HasTenantCol(Ranged):
    """Params `tenantCol` and `minRows` of keyed stages."""

    tenantCol: Param[str] = Param(
        Params._dummy(),
        "tenantCol",
        "column of the tenant; unset: one state for the whole frame",
        text(),  # type: ignore[arg-type]
    )
    minRows: Param[int] = Param(
        Params._dummy(),
        "minRows",
        "tenants with fewer rows than this get no state of their own: the global state serves them",
        whole(1),  # type: ignore[arg-type]
    )

    def tenant(self) -> str | None:
        """The tenant column's name, None when unset."""
        return self.getOrDefault(self.tenantCol) if self.isDefined(self.tenantCol) else None


class KeyedEstimator(
    HasTenantCol, Estimator["KeyedModel"], DefaultParamsReadable[Any], DefaultParamsWritable
):
    """An estimator that learns one state row for each tenant and one global row, in one aggregation.

    A leaf gives three pure hooks, `_aggregates`, `_state` and `_model`, and never runs anything itself.
    `fit` persists the state and runs its aggregation once, whatever the number of columns and tenants.
    """

    @abstractmethod
    def _aggregates(self, schema: StructType) -> dict[str, Column]:
        """Aggregate columns by name, over the frame's own columns."""

    @abstractmethod
    def _state(self, columns: Mapping[str, Column]) -> dict[str, Column]:
        """Fields of the state by name, from the aggregated columns; row-wise expressions."""

    @abstractmethod
    def _model(self) -> KeyedModel:
        """An empty model of this estimator's own class."""

    def _fit(self, dataset: DataFrame) -> KeyedModel:
        rows = aggregated(dataset, self._checked_tenant(dataset.schema), self._aggregates(dataset.schema))
        columns = {name: column(name) for name in rows.columns}
        return self._fitted(settled(rows.select(TENANT, ROWS, self._state_row(columns).alias(STATE)), self))

    def _state_row(self, columns: Mapping[str, Column]) -> Column:
        return F.struct(*[value.alias(name) for name, value in self._state(columns).items()])

    def _fitted(self, state: DataFrame) -> KeyedModel:
        return self._copyValues(self._model())._with_state(state)

    def _checked_tenant(self, schema: StructType) -> str | None:
        tenant = self.tenant()
        return None if tenant is None else field_of(schema, tenant, type(self).__name__).name


class KeyedModel(HasTenantCol, Model, MLReadable[Any], MLWritable):
    """A fitted keyed stage: params and a state row for each tenant.

    `transform` adds one left join on the tenant and one `select`; it launches no job. Input columns stay. Saved as
    params in JSON and the state as Parquet; a loaded model reads its state when it is first used.
    """

    def __init__(self) -> None:
        super().__init__()
        self._read_state: Callable[[], DataFrame] | None = None
        self._own_state: DataFrame | None = None

    @property
    def state(self) -> DataFrame:
        """DataFrame[tenant, rows, state STRUCT]; the row of tenant null is the global one."""
        if self._own_state is None:
            if self._read_state is None:
                raise TiltyardError(f"{type(self).__name__}: it has no state. Get it from fit or load.")
            self._own_state = self._read_state()
        return self._own_state

    @abstractmethod
    def _outputs(self, schema: StructType, state: Callable[[str], Column]) -> list[Column]:
        """Output columns, aliased with metadata, from the frame's columns and the row's state fields."""

    def unpersist(self) -> Self:
        """Free the state's cache; a later use computes it again from the frame it was fitted on."""
        self.state.unpersist()
        return self

    def write(self) -> MLWriter:
        return KeyedModelWriter(self)

    @classmethod
    def read(cls) -> MLReader[Any]:
        return KeyedModelReader()

    def _with_state(self, state: DataFrame) -> Self:
        self._own_state = state
        return self

    def _transform(self, dataset: DataFrame) -> DataFrame:
        tenant = self.tenant()
        if tenant is not None:
            field_of(dataset.schema, tenant, type(self).__name__)
        met, state = joined(dataset, self.state, tenant)
        outputs = self._outputs(dataset.schema, state.getField)
        return met.select(*[column(name) for name in dataset.columns], *outputs)


def settled(state: DataFrame, stage: HasTenantCol) -> DataFrame:
    """Drop thin tenants, then persist and compute the state: the one action of a fit."""
    kept = state.where(F.col(TENANT).isNull() | (F.col(ROWS) >= stage.getOrDefault(stage.minRows))).persist()
    kept.count()
    return kept


class KeyedModelWriter(MLWriter):
    """Writes `metadata/` (params, schema of the state) and `state/` (Parquet)."""

    def __init__(self, model: KeyedModel, extra: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.model, self.extra = model, dict(extra or {})

    def saveImpl(self, path: str) -> None:
        extra = {**self.extra, "stateSchema": self.model.state.schema.jsonValue()}
        DefaultParamsWriter.saveMetadata(self.model, path, self.sparkSession, extraMetadata=extra)
        self.model.state.write.parquet(f"{path}/state")


class KeyedModelReader(MLReader[Any]):
    """Reads what KeyedModelWriter wrote; the state lazily, with the schema it was saved with."""

    def load(self, path: str) -> Any:
        metadata = DefaultParamsReader.loadMetadata(path, self.sparkSession)
        module, _, name = metadata["class"].rpartition(".")
        model = getattr(__import__(module, fromlist=[name]), name)()
        model._resetUid(metadata["uid"])
        DefaultParamsReader.getAndSetParams(model, metadata)
        schema = StructType.fromJson(json.loads(json.dumps(metadata["stateSchema"])))
        model._read_state = lambda: self.sparkSession.read.schema(schema).parquet(f"{path}/state")
        return model
