"""Impute: each tenant's own fill for what is missing, and flags of where it was."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pyspark import keyword_only
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols, HasOutputCols
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import column, field_of
from tiltyard.errors import DataContractError
from tiltyard.keyed import HasTenantCol, KeyedEstimator, KeyedModel
from tiltyard.params import Range, flag, number, one_of, outputs_of
from tiltyard.slots import CATEGORICAL, NUMERIC, derived, lineage
from tiltyard.state import filled
from tiltyard.transformers._moments import mean
from tiltyard.transformers._numbers import finite, not_nan

_SUFFIX = "filled"

_LEARNT: dict[str, Callable[[Column], Column]] = {
    "mean": mean,
    "median": lambda value: F.percentile(value, 0.5),
    "mostFrequent": lambda value: F.mode(value, deterministic=True),
}
_OF_NUMBERS = ("mean", "median")


_NUMBER = number(-math.inf)


def _fill(value: Any) -> Any:
    return value if isinstance(value, str) else _NUMBER(value)


class _ImputeParams(HasInputCols, HasOutputCols, HasTenantCol):
    strategy: Param[str] = Param(Params._dummy(), "strategy", "what to fill in", one_of(*_LEARNT, "constant"))
    fillValue: Param[float | str] = Param(
        Params._dummy(),
        "fillValue",
        "fill of strategy 'constant', and where there is no value to learn from",
        Range("a finite number or a text", _fill),
    )
    flags: Param[bool] = Param(Params._dummy(), "flags", "whether to add columns of null flags", flag())

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(strategy="mean", flags=False, minRows=1)

    def _input(self, schema: T.StructType, name: str) -> tuple[T.StructField, Column]:
        """Field and value of an input; a number that is NaN or infinite is null."""
        stage, strategy = type(self).__name__, self.getOrDefault(self.strategy)
        field = field_of(schema, name, stage)
        kind = field.dataType.simpleString()
        if isinstance(field.dataType, T.NumericType):
            return field, finite(not_nan(field))
        if not isinstance(field.dataType, T.StringType):
            raise DataContractError(
                f"{stage}: column '{name}' must be numeric or text, got {kind}. Cast it first."
            )
        if strategy in _OF_NUMBERS:
            raise DataContractError(
                f"{stage}: column '{name}' must be numeric for the strategy '{strategy}', got {kind}."
                " Use 'mostFrequent' or 'constant'."
            )
        return field, column(field.name)

    def _last_fill(self, field: T.StructField) -> Column:
        """The fill of a column nothing is known of."""
        text = isinstance(field.dataType, T.StringType)
        given = "missing" if text else 0.0
        if self.isSet(self.fillValue):
            given = self.getOrDefault(self.fillValue)
        if isinstance(given, str) != text:
            words = "a text" if text else "a number"
            raise DataContractError(
                f"{type(self).__name__}: 'fillValue' must be {words} for column '{field.name}', got {given!r}."
                " Give numbers and texts stages of their own."
            )
        return F.lit(given)


class Impute(_ImputeParams, KeyedEstimator):
    """Fill what is missing with each tenant's own mean, median, most frequent value, or a constant.

    Missing are null and, in numeric columns, NaN and the infinities: outputs hold none of them. Rows of a null,
    unseen or thin tenant get the fill of all rows together, and so does a column for which a tenant has no
    value. Without any value at all the fill is `fillValue`, by default 0 or "missing".

    `fit` costs one aggregation, whatever the number of columns and tenants; `transform` one left join.

    Parameters
    ----------
    inputCols : numeric or text columns; texts for "mostFrequent" and "constant" only
    outputCols : as many names; default `<input>__filled`; doubles of numeric columns, else texts
    tenantCol : column of the tenant; default: one fill for the whole frame
    strategy : "mean", "median" (the mean of the middle two), "mostFrequent" (of equal counts the least
        value), or "constant"
    fillValue : number or text, as the columns are; the constant, and the last resort of the other strategies
    flags : whether to add a boolean column `<input>__was_null` for each input
    minRows : tenants with fewer rows are thin

    Notes
    -----
    For stock Spark ML, whose vectors hold no null; Tiltyard's own learners read missing values as they are. Means
    are kept to a hundred-millionth of the column's range, so that the order of adding does not show. "median"
    and "mostFrequent" count every different value of a column in memory, those of all tenants together too.

    See Also
    --------
    pyspark.ml.feature.Imputer : one fill for all rows; numbers only, no flags.

    Examples
    --------
    >>> rows = [("UA", 10.0), ("UA", 20.0), ("UA", None), ("AA", None)]
    >>> frame = spark.createDataFrame(rows, "carrier string, delay double")
    >>> model = Impute(inputCols=["delay"], tenantCol="carrier", flags=True).fit(frame)
    >>> model.transform(frame).orderBy("carrier", "delay").show()
    +-------+-----+-------------+---------------+
    |carrier|delay|delay__filled|delay__was_null|
    +-------+-----+-------------+---------------+
    |     AA| NULL|         15.0|           true|
    |     UA| NULL|         15.0|           true|
    |     UA| 10.0|         10.0|          false|
    |     UA| 20.0|         20.0|          false|
    +-------+-----+-------------+---------------+
    """

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCols: list[str] | None = None,
        tenantCol: str | None = None,
        strategy: str = "mean",
        fillValue: float | str | None = None,
        flags: bool = False,
        minRows: int = 1,
    ) -> None:
        super().__init__()
        self._set(**self._input_kwargs)

    def _aggregates(self, schema: T.StructType) -> dict[str, Column]:
        return {name: self._learnt(*self._input(schema, name)) for name in outputs_of(self, _SUFFIX)}

    def _learnt(self, field: T.StructField, value: Column) -> Column:
        last = self._last_fill(field)
        learnt = _LEARNT.get(self.getOrDefault(self.strategy))
        return learnt(value) if learnt else F.max(last)

    def _state(self, schema: T.StructType, columns: Mapping[str, Column]) -> dict[str, Column]:
        return {name: columns[name] for name in self.getInputCols()}

    def _model(self) -> ImputeModel:
        return ImputeModel()


class ImputeModel(_ImputeParams, KeyedModel):
    """Impute's fitted model: the fills of every tenant.

    Examples
    --------
    >>> rows = [("UA", "EWR"), ("UA", "EWR"), ("UA", "LGA"), ("AA", "LGA")]
    >>> frame = spark.createDataFrame(rows, "carrier string, origin string")
    >>> model = Impute(inputCols=["origin"], tenantCol="carrier", strategy="mostFrequent").fit(frame)
    >>> model.state.orderBy("tenant").select("tenant", "state.origin").show()
    +------+------+
    |tenant|origin|
    +------+------+
    |  NULL|   EWR|
    |    AA|   LGA|
    |    UA|   EWR|
    +------+------+
    """

    def _read(self, own: Column, shared: Column, kind: T.DataType, schema: T.StructType) -> Column:
        return filled(own, shared, kind)

    def _outputs(self, schema: T.StructType, state: Callable[[str], Column]) -> list[Column]:
        return [made for name in self.getInputCols() for made in self._columns(schema, name, state(name))]

    def _columns(self, schema: T.StructType, name: str, fill: Column) -> Iterator[Column]:
        field, value = self._input(schema, name)
        filled = F.coalesce(value, fill, self._last_fill(field))
        kind = CATEGORICAL if isinstance(field.dataType, T.StringType) else NUMERIC
        yield derived(filled, outputs_of(self, _SUFFIX)[name], lineage(field), kind)
        if self.getOrDefault(self.flags):
            yield derived(value.isNull(), f"{name}__was_null", lineage(field), NUMERIC)
