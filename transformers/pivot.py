"""Pivot: a categorical column as the rank of its value among each tenant's most frequent ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pyspark import keyword_only
from pyspark.ml.functions import array_to_vector
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols, HasOutputCols
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import field_of
from tiltyard.keyed import HasTenantCol, KeyedEstimator, KeyedModel
from tiltyard.params import one_of, outputs_of, whole
from tiltyard.slots import CATEGORICAL, derived, lineage
from tiltyard.transformers._levels import code, counts, level, level_table, marks, most_frequent, state_field


class _PivotParams(HasInputCols, HasOutputCols, HasTenantCol):
    topK: Param[int] = Param(Params._dummy(), "topK", "levels kept for each column", whole(1))
    minSupport: Param[int] = Param(
        Params._dummy(), "minSupport", "rows a value needs to become a level", whole(1)
    )
    mode: Param[str] = Param(
        Params._dummy(),
        "mode",
        "'codes': one float for each column; 'oneHot': a vector of topK + 2",
        one_of("codes", "oneHot"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(topK=20, minSupport=10, mode="codes", minRows=1)


class Pivot(_PivotParams, KeyedEstimator):
    """Encode categories by rank: each tenant's most frequent values, then other, then null.

    A value's code is its rank, 1 to `topK`, among the values with at least `minSupport` rows of the tenant:
    the most frequent first, equal counts in the order of the values. Code 0 is any other value, unseen ones
    included; NaN is null, or NaN of a numeric column. Values are compared as strings, exactly: "a" and "a "
    differ. Rows of a null, unseen or thin tenant get the codes of all rows together.

    `fit` costs one aggregation, whatever the number of columns and tenants; `transform` one left join.

    Parameters
    ----------
    inputCols : columns of single values (strings, numbers, booleans, dates)
    outputCols : as many names; default `<input>__pivot`
    tenantCol : column of the tenant; default: one ranking for the whole frame
    topK : levels kept for each column
    minSupport : rows of the tenant a value needs to become a level
    mode : "codes" for one float a column, "oneHot" for an ML vector of topK + 2 (levels, other, null)
    minRows : tenants with fewer rows are thin

    Notes
    -----
    A code means different values for different tenants: train models for each tenant, or pivot a second time
    without `tenantCol` for a model over all of them. Counts are exact up to 750,000 distinct values of a
    column.

    See Also
    --------
    pyspark.ml.feature.StringIndexer : one ranking for all rows, and an error or a drop for unseen values.

    Examples
    --------
    >>> rows = [("UA", "EWR"), ("UA", "EWR"), ("UA", "LGA"), ("AA", "LGA"), ("AA", None)]
    >>> frame = spark.createDataFrame(rows, "carrier string, origin string")
    >>> model = Pivot(inputCols=["origin"], tenantCol="carrier", minSupport=1).fit(frame)
    >>> model.transform(frame).orderBy("carrier", "origin").show()
    +-------+------+-------------+
    |carrier|origin|origin__pivot|
    +-------+------+-------------+
    |     AA|  NULL|          NaN|
    |     AA|   LGA|          1.0|
    |     UA|   EWR|          1.0|
    |     UA|   EWR|          1.0|
    |     UA|   LGA|          2.0|
    +-------+------+-------------+
    """

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCols: list[str] | None = None,
        tenantCol: str | None = None,
        topK: int = 20,
        minSupport: int = 10,
        mode: str = "codes",
        minRows: int = 1,
    ) -> None:
        super().__init__()
        self._set(**self._input_kwargs)

    def _aggregates(self, schema: T.StructType) -> dict[str, Column]:
        return {name: counts(level(schema, name, "Pivot")) for name in outputs_of(self, "pivot")}

    def _state(self, schema: T.StructType, columns: Mapping[str, Column]) -> dict[str, Column]:
        top, support = self.getOrDefault(self.topK), self.getOrDefault(self.minSupport)
        return {name: most_frequent(columns[name], top, support) for name in outputs_of(self, "pivot")}

    def _model(self) -> PivotModel:
        return PivotModel()


class PivotModel(_PivotParams, KeyedModel):
    """Pivot's fitted model: the ranked levels of every tenant and column.

    Examples
    --------
    >>> rows = [("UA", "EWR"), ("UA", "LGA"), ("AA", "LGA")]
    >>> frame = spark.createDataFrame(rows, "carrier string, origin string")
    >>> model = Pivot(inputCols=["origin"], tenantCol="carrier", minSupport=1).fit(frame)
    >>> model.levels().orderBy("tenant").show()
    +------+-------------+------+----------+
    |tenant|       column| field|    levels|
    +------+-------------+------+----------+
    |  NULL|origin__pivot|origin|[LGA, EWR]|
    |    AA|origin__pivot|origin|     [LGA]|
    |    UA|origin__pivot|origin|[EWR, LGA]|
    +------+-------------+------+----------+
    """

    def levels(self) -> DataFrame:
        """DataFrame[tenant, column, field, levels ARRAY<STRING>]; levels by rank, tenant null: global row."""
        outputs = outputs_of(self, "pivot")
        return level_table(
            self.state, [(output, name, state_field(name)) for name, output in outputs.items()]
        )

    def _read(self, own: Column, shared: Column, kind: T.DataType, schema: T.StructType) -> Column:
        return F.struct(*[marks(own[name]).alias(name) for name in outputs_of(self, "pivot")])

    def _outputs(self, schema: T.StructType, state: Callable[[str], Column]) -> list[Column]:
        outputs = outputs_of(self, "pivot")
        return [self._output(schema, name, output, state(name)) for name, output in outputs.items()]

    def _output(self, schema: T.StructType, name: str, output: str, marked: Column) -> Column:
        rank = code(level(schema, name, "PivotModel"), marked)
        if self.getOrDefault(self.mode) == "codes":
            return derived(rank, output, lineage(field_of(schema, name, "PivotModel")), CATEGORICAL)
        top = self.getOrDefault(self.topK)
        return array_to_vector(_one_hot(rank, top)).alias(output, metadata=_vector_metadata(output, top))


def _one_hot(rank: Column, top: int) -> Column:
    place = F.when(F.isnan(rank), top + 1).when(rank == 0, top).otherwise(rank.cast("int") - 1)
    return F.transform(F.sequence(F.lit(0), F.lit(top + 1)), lambda index: (index == place).cast("double"))


def _vector_metadata(output: str, top: int) -> dict[str, Any]:
    names = [*[f"{output}_{rank}" for rank in range(1, top + 1)], f"{output}_other", f"{output}_null"]
    attributes = [{"idx": index, "name": name} for index, name in enumerate(names)]
    return {"ml_attr": {"attrs": {"binary": attributes}, "num_attrs": len(names)}}
