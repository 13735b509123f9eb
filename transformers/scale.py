"""Scale: numbers by each tenant's own centre and spread."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyspark import keyword_only
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols, HasOutputCols
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, StructType

from tiltyard.keyed import HasTenantCol, KeyedEstimator, KeyedModel
from tiltyard.params import one_of, outputs_of
from tiltyard.slots import NUMERIC, derived, lineage
from tiltyard.state import by_column, filled
from tiltyard.transformers._moments import deviation, mean, spread
from tiltyard.transformers._numbers import finite, finite_inputs, not_nan, numeric_outputs

_SUFFIX = "scaled"

# Centre and unit of the numbers, as aggregates.
_METHODS: dict[str, tuple[Callable[[Column], Column], Callable[[Column], Column]]] = {
    "standard": (mean, deviation),
    "minMax": (F.min, spread),
}


class _ScaleParams(HasInputCols, HasOutputCols, HasTenantCol):
    method: Param[str] = Param(
        Params._dummy(),
        "method",
        "'standard': mean 0 and deviation 1; 'minMax': from 0 to 1",
        one_of(*_METHODS),
    )

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(method="standard", minRows=1)

    def outputs(self) -> dict[str, str]:
        """Scaled column by input column."""
        return outputs_of(self, _SUFFIX)


class Scale(_ScaleParams, KeyedEstimator):
    """Bring numbers to a common scale: each tenant's own mean and deviation, or least and greatest value.

    Null stays null; NaN and the infinities become null, and are left out when learning. A column with one value
    becomes its distance from that value: 0 where nothing has changed. Values outside those seen are not cut.
    Rows of a null, unseen or thin tenant, and columns for which a tenant had no number, are scaled as all rows
    together.

    `fit` costs one aggregation, whatever the number of columns and tenants; `transform` one left join.

    Parameters
    ----------
    inputCols : numeric columns
    outputCols : as many names; default `<input>__scaled`, doubles
    tenantCol : column of the tenant; default: one scale for the whole frame
    method : "standard" for (x - mean) / deviation, that of the population; "minMax" for (x - least) / (greatest
        - least)
    minRows : tenants with fewer rows are thin

    Notes
    -----
    Mean and deviation are kept to a hundred-millionth of the column's range, so that the order of adding does
    not show. Descale brings scaled numbers back.

    See Also
    --------
    Descale : the way back, for predictions of a scaled label too.
    pyspark.ml.feature.StandardScaler : one scale for all rows of a vector column.

    Examples
    --------
    >>> rows = [("UA", 1.0), ("UA", 3.0), ("AA", 100.0), ("AA", 300.0)]
    >>> frame = spark.createDataFrame(rows, "carrier string, miles double")
    >>> model = Scale(inputCols=["miles"], tenantCol="carrier").fit(frame)
    >>> [row.miles__scaled for row in model.transform(frame).orderBy("miles").collect()]
    [-1.0, 1.0, -1.0, 1.0]
    """

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCols: list[str] | None = None,
        tenantCol: str | None = None,
        method: str = "standard",
        minRows: int = 1,
    ) -> None:
        super().__init__()
        self._set(**self._input_kwargs)

    def _aggregates(self, schema: StructType) -> dict[str, Column]:
        inputs = finite_inputs(self, schema, _SUFFIX)
        return {name: self._learnt(value) for name, value in inputs.items()}

    def _learnt(self, value: Column) -> Column:
        center, unit = _METHODS[self.getOrDefault(self.method)]
        return F.struct(center(value).alias("center"), unit(value).alias("unit"))

    def _state(self, schema: StructType, columns: Mapping[str, Column]) -> dict[str, Column]:
        return {name: _usable(columns[name]) for name in self.outputs()}

    def _model(self) -> ScaleModel:
        return ScaleModel()


class ScaleModel(_ScaleParams, KeyedModel):
    """Scale's fitted model: centre and unit of every tenant and column.

    Examples
    --------
    >>> frame = spark.createDataFrame([(1.0,), (3.0,)], "miles double")
    >>> Scale(inputCols=["miles"]).fit(frame).parameters().show()
    +------+-------------+-----+------+----+
    |tenant|       column|field|center|unit|
    +------+-------------+-----+------+----+
    |  NULL|miles__scaled|miles|   2.0| 1.0|
    +------+-------------+-----+------+----+
    """

    def parameters(self) -> DataFrame:
        """DataFrame[tenant, column, field, center DOUBLE, unit DOUBLE]; tenant null: global row.

        Both are null where a tenant had no number.
        """
        return by_column(self.state, self.outputs())

    def _read(self, own: Column, shared: Column, kind: DataType, schema: StructType) -> Column:
        return filled(own, shared, kind)

    def _outputs(self, schema: StructType, state: Callable[[str], Column]) -> list[Column]:
        return [
            derived(_scaled(finite(not_nan(field)), state(name)), output, lineage(field), NUMERIC)
            for name, field, output in numeric_outputs(self, schema, _SUFFIX)
        ]


def _usable(learnt: Column) -> Column:
    """Centre and unit to divide by: 1 for a column with one value, null without numbers."""
    center, unit = learnt.getField("center"), learnt.getField("unit")
    divisor = F.when((unit > 0) & (unit < float("inf")), unit).when(center.isNotNull(), 1.0)
    return F.struct(center.alias("center"), divisor.alias("unit"))


def _scaled(value: Column, state: Column) -> Column:
    return finite((value - state.getField("center")) / state.getField("unit"))
