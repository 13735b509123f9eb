"""KeyedUnion: several keyed stages for the price of one aggregation and one join."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Self, cast

from pyspark import keyword_only
from pyspark.ml.param import Param, Params
from pyspark.ml.pipeline import PipelineSharedReadWrite
from pyspark.ml.util import DefaultParamsReader, DefaultParamsWriter, MLWriter
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, StructType

from tiltyard.errors import TiltyardError
from tiltyard.keyed import KeyedEstimator, KeyedModel, restored
from tiltyard.params import Range
from tiltyard.state import ROWS, STATE, TENANT


def _keyed(value: Any) -> list[KeyedEstimator]:
    stages = list(value)
    if not stages or any(not isinstance(stage, KeyedEstimator) for stage in stages):
        raise TypeError(value)
    if any(isinstance(stage, KeyedUnion) for stage in stages):
        raise TypeError(value)
    return stages


class KeyedUnion(KeyedEstimator):
    """Fit keyed stages that do not feed each other with one aggregation, and transform with one join.

    The outputs are those of the stages fitted one after the other; nulls and unseen tenants too.

    Parameters
    ----------
    stages : keyed estimators with the same `tenantCol` and `minRows`; none reads another's output

    See Also
    --------
    pyspark.ml.Pipeline : for stages that feed each other; one aggregation and one join for each of them.

    Examples
    --------
    >>> from tiltyard.transformers import Pivot
    >>> rows = [("UA", "EWR", "B737"), ("AA", "LGA", None)]
    >>> frame = spark.createDataFrame(rows, "carrier string, origin string, plane string")
    >>> stages = [Pivot(inputCols=[name], tenantCol="carrier", minSupport=1) for name in ("origin", "plane")]
    >>> KeyedUnion(stages=stages).fit(frame).transform(frame).orderBy("carrier").show()
    +-------+------+-----+-------------+------------+
    |carrier|origin|plane|origin__pivot|plane__pivot|
    +-------+------+-----+-------------+------------+
    |     AA|   LGA| NULL|          1.0|         NaN|
    |     UA|   EWR| B737|          1.0|         1.0|
    +-------+------+-----+-------------+------------+
    """

    stages: Param[list[KeyedEstimator]] = Param(
        Params._dummy(),
        "stages",
        "keyed estimators with the same tenantCol and minRows",
        Range("a list of keyed estimators, without unions among them", _keyed),
    )

    @keyword_only
    def __init__(self, *, stages: list[KeyedEstimator] | None = None) -> None:
        super().__init__()
        self._set(**self._input_kwargs)

    def tenant(self) -> str | None:
        shared: str | None = self._shared("tenantCol", lambda stage: stage.tenant())
        return shared

    def min_rows(self) -> int:
        shared: int = self._shared("minRows", lambda stage: stage.min_rows())
        return shared

    def copy(self, extra: dict[Param[Any], Any] | None = None) -> Self:
        union = super().copy(extra)
        return union._set(stages=[stage.copy(extra) for stage in union._stages()])

    def write(self) -> MLWriter:
        return _UnionWriter(self)

    @classmethod
    def read(cls) -> DefaultParamsReader[Any]:
        return _UnionReader(cls)

    def _stages(self) -> list[KeyedEstimator]:
        if not self.isSet(self.stages):
            raise TiltyardError("KeyedUnion: 'stages' must be a list of keyed estimators, got nothing.")
        return self.getOrDefault(self.stages)

    def _shared(self, param: str, read: Callable[[KeyedEstimator], Any]) -> Any:
        values = {read(stage) for stage in self._stages()}
        if len(values) > 1:
            raise TiltyardError(
                f"KeyedUnion: 'stages' must have the same '{param}', got {sorted(map(repr, values))}."
            )
        return values.pop()

    def _prepared(self, schema: StructType) -> dict[str, Column]:
        return {name: value for one in self._stages() for name, value in one._prepared(schema).items()}

    def _aggregates(self, schema: StructType) -> dict[str, Column]:
        every = enumerate(self._stages())
        return {f"{at}.{name}": value for at, one in every for name, value in one._aggregates(schema).items()}

    def _state(self, schema: StructType, columns: Mapping[str, Column]) -> dict[str, Column]:
        return {str(at): _nested(at, stage, schema, columns) for at, stage in enumerate(self._stages())}

    def _model(self) -> KeyedUnionModel:
        return KeyedUnionModel([stage._copyValues(stage._model()) for stage in self._stages()])


class KeyedUnionModel(KeyedModel):
    """The fitted stages of a KeyedUnion over one shared state.

    Attributes
    ----------
    stages : the fitted models, each with its part of the state; usable on their own

    Examples
    --------
    >>> from tiltyard.transformers import Pivot
    >>> frame = spark.createDataFrame([("EWR", "B737"), ("LGA", None)], "origin string, plane string")
    >>> stages = [Pivot(inputCols=[name], minSupport=1) for name in frame.columns]
    >>> KeyedUnion(stages=stages).fit(frame).stages[0].transform(frame).columns
    ['origin', 'plane', 'origin__pivot']
    """

    def __init__(self, stages: list[KeyedModel] | None = None) -> None:
        super().__init__()
        self._take(stages or [])

    def tenant(self) -> str | None:
        return self.stages[0].tenant()

    def copy(self, extra: dict[Param[Any], Any] | None = None) -> Self:
        union = super().copy(extra)
        union._take([stage.copy(extra) for stage in self.stages])
        return union

    def _take(self, stages: list[KeyedModel]) -> None:
        self.stages = stages
        for at, stage in enumerate(stages):
            stage._read_state = lambda at=at: self._part(at)

    def _part(self, at: int) -> DataFrame:
        return self.state.select(TENANT, ROWS, F.col(STATE).getField(str(at)).alias(STATE))

    def _read(self, own: Column, shared: Column, kind: DataType, schema: StructType) -> Column:
        def part(stage: KeyedModel, name: str, inner: DataType) -> Column:
            return stage._read(own.getField(name), shared.getField(name), inner, schema).alias(name)

        parts = zip(self.stages, cast(StructType, kind), strict=True)
        return F.struct(*[part(stage, field.name, field.dataType) for stage, field in parts])

    def _outputs(self, schema: StructType, state: Callable[[str], Column]) -> list[Column]:
        every = enumerate(self.stages)
        return [output for at, one in every for output in one._outputs(schema, state(str(at)).getField)]

    def _more_metadata(self) -> dict[str, Any]:
        spark = SparkSession.active()
        return {"stages": [DefaultParamsWriter._get_metadata_to_save(one, spark) for one in self.stages]}

    def _restore(self, metadata: Mapping[str, Any]) -> None:
        self._take([restored(json.loads(one)) for one in metadata["stages"]])


class _UnionWriter(MLWriter):
    def __init__(self, union: KeyedUnion) -> None:
        super().__init__()
        self.union = union

    def saveImpl(self, path: str) -> None:
        # A union is saved as a Pipeline is: the ids of its stages, and each stage in a folder of its own.
        stages: list[Any] = list(self.union._stages())
        PipelineSharedReadWrite.saveImpl(cast(Any, self.union), stages, self.sparkSession, path)


class _UnionReader(DefaultParamsReader[Any]):
    def load(self, path: str) -> Any:
        metadata = DefaultParamsReader.loadMetadata(path, self.sparkSession)
        uid, stages = PipelineSharedReadWrite.load(metadata, self.sparkSession, path)
        return KeyedUnion(stages=cast(list[KeyedEstimator], stages))._resetUid(uid)


def _nested(at: int, stage: KeyedEstimator, schema: StructType, columns: Mapping[str, Column]) -> Column:
    prefix = f"{at}."
    own = {name.removeprefix(prefix): value for name, value in columns.items() if name.startswith(prefix)}
    return F.struct(*[value.alias(name) for name, value in stage._state(schema, own).items()])
