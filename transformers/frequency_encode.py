"""FrequencyEncode: a categorical column as the share of each tenant's rows that have the value."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyspark import keyword_only
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols, HasOutputCols
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import field_of
from tiltyard.keyed import HasTenantCol, KeyedEstimator, KeyedModel
from tiltyard.params import outputs_of, whole
from tiltyard.slots import NUMERIC, derived, lineage
from tiltyard.transformers._levels import counts, level, marks, nan, place, ranked


class _FrequencyParams(HasInputCols, HasOutputCols, HasTenantCol):
    maxLevels: Param[int] = Param(
        Params._dummy(), "maxLevels", "values remembered for each column, the most frequent", whole(1)
    )

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(maxLevels=1_000, minRows=1)


class FrequencyEncode(_FrequencyParams, KeyedEstimator):
    """Encode categories by frequency: the share of the tenant's rows with a value that have this one.

    Shares are in [0, 1]. Values beyond the `maxLevels` most frequent ones, unseen ones included, are 0; null is NaN.
    Values are compared as strings, exactly. Rows of a null, unseen or thin tenant get the shares of all rows
    together. `fit` costs one aggregation, whatever the number of columns and tenants; `transform` one left join.

    Parameters
    ----------
    inputCols : columns of single values (strings, numbers, booleans, dates)
    outputCols : as many names; default `<input>__frequency`
    tenantCol : column of the tenant; default: one set of shares for the whole frame
    maxLevels : values remembered for each column
    minRows : tenants with fewer rows are thin

    Notes
    -----
    It needs no label, so it cannot leak one; values of the same frequency become one.

    See Also
    --------
    Pivot : few values, each with an effect of its own.
    TargetEncode : many values, by what became of their rows.

    Examples
    --------
    >>> frame = spark.createDataFrame([("EWR",), ("EWR",), ("LGA",), ("JFK",), (None,)], "origin string")
    >>> model = FrequencyEncode(inputCols=["origin"]).fit(frame)
    >>> [round(row[1], 2) for row in model.transform(frame).collect()]
    [0.5, 0.5, 0.25, 0.25, nan]
    """

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCols: list[str] | None = None,
        tenantCol: str | None = None,
        maxLevels: int = 1_000,
        minRows: int = 1,
    ) -> None:
        super().__init__()
        self._set(**self._input_kwargs)

    def _aggregates(self, schema: T.StructType) -> dict[str, Column]:
        return {
            name: counts(level(schema, name, "FrequencyEncode")) for name in outputs_of(self, "frequency")
        }

    def _state(self, schema: T.StructType, columns: Mapping[str, Column]) -> dict[str, Column]:
        top = self.getOrDefault(self.maxLevels)
        return {name: _shares(columns[name], top) for name in outputs_of(self, "frequency")}

    def _model(self) -> FrequencyEncodeModel:
        return FrequencyEncodeModel()


class FrequencyEncodeModel(_FrequencyParams, KeyedModel):
    """FrequencyEncode's fitted model: the values' shares for every tenant and column.

    Examples
    --------
    >>> frame = spark.createDataFrame([("EWR",), ("LGA",)], "origin string")
    >>> FrequencyEncode(inputCols=["origin"]).fit(frame).transform(frame).columns
    ['origin', 'origin__frequency']
    """

    def _read(self, own: Column, shared: Column, kind: T.DataType, schema: T.StructType) -> Column:
        return F.struct(*[_marked(own[name]).alias(name) for name in outputs_of(self, "frequency")])

    def _outputs(self, schema: T.StructType, state: Callable[[str], Column]) -> list[Column]:
        outputs = outputs_of(self, "frequency")
        return [self._output(schema, name, output, state(name)) for name, output in outputs.items()]

    def _output(self, schema: T.StructType, name: str, output: str, known: Column) -> Column:
        value = level(schema, name, "FrequencyEncodeModel")
        # `get` counts from 0 and is null outside of the array: a value that is not known.
        share = F.get(known["shares"], place(value, known["levels"]) - 1)
        found = F.when(value.isNull(), nan()).otherwise(F.coalesce(share, F.lit(0.0)).cast("float"))
        return derived(found, output, lineage(field_of(schema, name, "FrequencyEncodeModel")), NUMERIC)


def _marked(known: Column) -> Column:
    return F.struct(marks(known["levels"]).alias("levels"), known["shares"])


def _shares(counted: Column, top: int) -> Column:
    first = ranked(counted, top, 1)
    known = F.filter(counted, lambda entry: entry["item"].isNotNull())
    rows = F.aggregate(known, F.lit(0).cast("bigint"), lambda total, entry: total + entry["count"])
    # The sum is the variable of a function of its own: inside the inner one it would be made anew for every value.
    shares = F.transform(
        F.array(rows), lambda total: F.transform(first, lambda entry: -entry["less"] / total)
    )
    return F.struct(first["item"].alias("levels"), F.get(shares, F.lit(0)).alias("shares"))
