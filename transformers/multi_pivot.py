"""MultiPivot: lists of categories as one 0/1 slot for each of a tenant's most frequent values."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pyspark import keyword_only
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import column, field_of
from tiltyard.errors import DataContractError
from tiltyard.keyed import HasTenantCol, KeyedEstimator, KeyedModel
from tiltyard.params import inputs_of, text, whole
from tiltyard.slots import CATEGORICAL, NUMERIC, derived, lineage
from tiltyard.transformers._each_state import each_state
from tiltyard.transformers._levels import counts, flag, level_table, nan, one_level_each, state_field


class _MultiPivotParams(HasInputCols, HasTenantCol):
    separator: Param[str] = Param(
        Params._dummy(), "separator", "text between the values of a string column", text("a text")
    )
    topK: Param[int] = Param(Params._dummy(), "topK", "levels, and so slots, of each column", whole(1))
    minSupport: Param[int] = Param(
        Params._dummy(), "minSupport", "rows a value needs to become a level", whole(1)
    )

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(separator=";", topK=20, minSupport=10, minRows=1)

    def flags(self, name: str) -> list[str]:
        """The 0/1 outputs of an input column, by rank."""
        return [f"{name}__{rank}" for rank in range(1, self.getOrDefault(self.topK) + 1)]

    def outputs(self, name: str) -> list[str]:
        """All outputs of an input column."""
        return [*self.flags(name), f"{name}__other", f"{name}__size"]


class MultiPivot(_MultiPivotParams, KeyedEstimator):
    """Encode lists of categories: a 0/1 slot for each of a tenant's most frequent values, and two counts.

    `<input>__1` is 1 where the row holds the tenant's most frequent value and 0 where it does not,
    `<input>__2` the same for the second one, up to `topK`; slots beyond the tenant's last level are 0.
    `<input>__other` counts the row's values that are no level, unseen ones included, and `<input>__size` all
    of its values. A value counts once a row, however often it stands there. All outputs are NaN where the
    list is null; an empty list or text holds no values. Rows of a null, unseen or thin tenant get the levels
    of all rows together.

    `fit` costs one aggregation, whatever the number of columns and tenants; `transform` one left join.

    Parameters
    ----------
    inputCols : columns of lists of strings, or of strings with a separator between the values
    separator : text between the values of a string column, taken literally; default ";". Spaces around the
        values and empty values do not count; values of lists are taken as they are, without nulls
    tenantCol : column of the tenant; default: one ranking for the whole frame
    topK : levels, and so slots, of each column
    minSupport : rows of the tenant a value needs to become a level
    minRows : tenants with fewer rows are thin

    Notes
    -----
    A slot means different values for different tenants, see `levels` of the model: train models for each
    tenant. Rows are counted by their combination of values, exactly up to 750,000 different combinations.

    See Also
    --------
    Pivot : for single values; one slot a column.
    pyspark.ml.feature.CountVectorizer : one vocabulary for all rows, by occurrences.

    Examples
    --------
    >>> rows = [("UA", "wifi; meal"), ("UA", "wifi"), ("AA", "meal;power"), ("AA", None)]
    >>> frame = spark.createDataFrame(rows, "carrier string, services string")
    >>> pivot = MultiPivot(inputCols=["services"], tenantCol="carrier", topK=2, minSupport=1)
    >>> model = pivot.fit(frame)
    >>> model.transform(frame).drop("carrier").orderBy(F.desc("services")).show()
    +----------+-----------+-----------+---------------+--------------+
    |  services|services__1|services__2|services__other|services__size|
    +----------+-----------+-----------+---------------+--------------+
    |wifi; meal|        1.0|        1.0|            0.0|           2.0|
    |      wifi|        1.0|        0.0|            0.0|           1.0|
    |meal;power|        1.0|        1.0|            0.0|           2.0|
    |      NULL|        NaN|        NaN|            NaN|           NaN|
    +----------+-----------+-----------+---------------+--------------+
    """

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        separator: str = ";",
        tenantCol: str | None = None,
        topK: int = 20,
        minSupport: int = 10,
        minRows: int = 1,
    ) -> None:
        super().__init__()
        self._set(**self._input_kwargs)

    def _aggregates(self, schema: T.StructType) -> dict[str, Column]:
        separator = self.getOrDefault(self.separator)
        values = {name: _values(schema, name, separator, "MultiPivot") for name in inputs_of(self)}
        # No sketch takes lists. One of combinations counts rows exactly, in one aggregation without an explode.
        return {name: counts(F.to_json(F.array_sort(each))) for name, each in values.items()}

    def _state(self, schema: T.StructType, columns: Mapping[str, Column]) -> dict[str, Column]:
        top, support = self.getOrDefault(self.topK), self.getOrDefault(self.minSupport)

        # In Python, once a state: Spark's own functions of lists count in a time that grows by the square.
        def levels(combinations: Sequence[Mapping[str, Any]]) -> list[str]:
            return ranked(combinations, top, support)

        return {name: each_state(levels, "array<string>")(columns[name]) for name in inputs_of(self)}

    def _model(self) -> MultiPivotModel:
        return MultiPivotModel()


class MultiPivotModel(_MultiPivotParams, KeyedModel):
    """MultiPivot's fitted model: the ranked levels of every tenant and column.

    Examples
    --------
    >>> frame = spark.createDataFrame([(["wifi", "meal"],), (["wifi"],)], "services array<string>")
    >>> MultiPivot(inputCols=["services"], topK=3, minSupport=1).fit(frame).levels().show()
    +------+-----------+--------+------+
    |tenant|     column|   field|levels|
    +------+-----------+--------+------+
    |  NULL|services__1|services|[wifi]|
    |  NULL|services__2|services|[meal]|
    |  NULL|services__3|services|    []|
    +------+-----------+--------+------+
    """

    def levels(self) -> DataFrame:
        """DataFrame[tenant, column, field, levels ARRAY<STRING>]; one level a slot, tenant null: global row."""
        slots = [one_level_each(self.flags(name), name, state_field(name)) for name in inputs_of(self)]
        return level_table(self.state, [one for several in slots for one in several])

    def _outputs(self, schema: T.StructType, state: Callable[[str], Column]) -> list[Column]:
        return [made for name in inputs_of(self) for made in self._slots(schema, name, state(name))]

    def _slots(self, schema: T.StructType, name: str, levels: Column) -> list[Column]:
        values = _values(schema, name, self.getOrDefault(self.separator), "MultiPivotModel")
        source = lineage(field_of(schema, name, "MultiPivotModel"))
        # Fitted on nothing there are no levels at all: every value is another one.
        others = F.array_except(values, F.coalesce(levels, F.array().cast("array<string>")))
        return [
            *[
                derived(
                    flag(F.array_contains(values, F.get(levels, at)), values), output, source, CATEGORICAL
                )
                for at, output in enumerate(self.flags(name))
            ],
            derived(_size(others), f"{name}__other", source, NUMERIC),
            derived(_size(values), f"{name}__size", source, NUMERIC),
        ]


def ranked(combinations: Sequence[Mapping[str, Any]], top: int, support: int) -> list[str]:
    """The most frequent values of counted combinations, equal counts in the order of the values.

    Examples
    --------
    >>> combinations = [('["b","a"]', 2), ('["a"]', 1), (None, 5)]
    >>> ranked([{"item": item, "count": count} for item, count in combinations], top=5, support=1)
    ['a', 'b']
    """
    rows: Counter[str] = Counter()
    for one in combinations:
        if one["item"] is not None:
            rows.update(dict.fromkeys(json.loads(one["item"]), one["count"]))
    kept = sorted((-count, value) for value, count in rows.items() if count >= support)
    return [value for _, value in kept[:top]]


def _values(schema: T.StructType, name: str, separator: str, stage: str) -> Column:
    """The different values of a row, null for a null list."""
    field = field_of(schema, name, stage)
    value = column(field.name)
    if isinstance(field.dataType, T.StringType):
        parts = F.split(F.trim(value), f" *{re.escape(separator)} *")
        return F.array_distinct(F.array_remove(parts, ""))
    if field.dataType.simpleString() == "array<string>":
        return F.array_distinct(F.array_compact(value))
    raise DataContractError(
        f"{stage}: column '{name}' must hold lists of strings, or strings with a separator, got"
        f" {field.dataType.simpleString()}. Cast it to array<string> or string first."
    )


def _size(values: Column) -> Column:
    return F.coalesce(F.array_size(values).cast("float"), nan())
