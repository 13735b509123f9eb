"""CustomFields: the fields a tenant has made for itself, found and read by what they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from tiltyard.params import inputs_of, whole
from tiltyard.slots import CATEGORICAL, NUMERIC, derived
from tiltyard.state import TENANT
from tiltyard.transformers._custom_kinds import (
    BOOLEAN,
    CATEGORY,
    DATE,
    NUMBER,
    SLOTTED,
    TEXT,
    Limits,
    described,
)
from tiltyard.transformers._each_state import each_state
from tiltyard.transformers._levels import code, level_table, marks, nan, state_field
from tiltyard.transformers._missing import known
from tiltyard.transformers._numbers import number
from tiltyard.transformers._samples import HasSample

_TYPES = {NUMBER: "Real", BOOLEAN: "Binary", DATE: "Date", CATEGORY: "Category"}

_YES, _NO = ("yes", "y", "true", "t", "on"), ("no", "n", "false", "f", "off")

# Other orders of day and month cannot be told apart.
_ISO_DATE = r"^\d{4}-\d{1,2}-\d{1,2}"

_FIELDS = "array<struct<key: string, kind: string, slot: int, filled: double, levels: array<string>>>"


class _CustomFieldsParams(HasInputCols, HasSample, HasTenantCol):
    maxFields: Param[int] = Param(Params._dummy(), "maxFields", "keys of a tenant, at most", whole(1))
    minSupport: Param[int] = Param(
        Params._dummy(), "minSupport", "rows a key or a level needs, among those looked at", whole(1)
    )
    topK: Param[int] = Param(Params._dummy(), "topK", "levels of a category", whole(1))
    numberSlots: Param[int] = Param(Params._dummy(), "numberSlots", "slots for numbers", whole(0))
    booleanSlots: Param[int] = Param(Params._dummy(), "booleanSlots", "slots for yes or no", whole(0))
    dateSlots: Param[int] = Param(Params._dummy(), "dateSlots", "slots for dates", whole(0))
    categorySlots: Param[int] = Param(Params._dummy(), "categorySlots", "slots for categories", whole(0))

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(maxFields=30, minSupport=10, topK=20, sampleRows=500, minRows=1)
        self._setDefault(numberSlots=10, booleanSlots=5, dateSlots=5, categorySlots=10)

    def slots(self, kind: str) -> int:
        """Number of slots for a kind."""
        count: int = self.getOrDefault(f"{kind}Slots")
        return count

    def outputs(self, name: str, kind: str) -> list[str]:
        """The output columns of an input column for a kind."""
        return [f"{name}__{kind}_{at}" for at in range(1, self.slots(kind) + 1)]


class CustomFields(_CustomFieldsParams, KeyedEstimator):
    """Read the fields that each tenant has made for itself, from a map of their names and values as text.

    Two tenants may have entirely different keys. A tenant's keys are found in its rows, the most filled first,
    and each becomes what at least 90 % of its values read as:

    - number ("1,200", "45 %", "0"): `<input>__number_1` holds the value of the tenant's first numeric key,
      `<input>__number_2` of its second one, and so on
    - boolean (yes, y, true, t, on and their opposites): `<input>__boolean_1` holds 1 or 0
    - date ("2024-05-31", with or without a time behind it): `<input>__date_1` holds days since 1970-01-01
    - category (its levels cover half of its values): `<input>__category_1` holds a code as Pivot gives it, 0
      for values that are no level

    Other texts have no slot. Outputs are NaN where the row lacks the key, where the value is null, stands for
    a missing one ("", "n/a", "-") or does not read as the key's kind, and in slots beyond the tenant's keys.
    Infinities do not come out. Rows of a null, unseen or thin tenant are read by the keys of all rows
    together. `fields` of the model says which key is where.

    `fit` costs one aggregation, whatever the number of columns, tenants and keys; `transform` one left join,
    and for each slot one search through the row's keys.

    Parameters
    ----------
    inputCols : columns of type map<string,string>
    tenantCol : column of the tenant; default: the same fields for the whole frame
    maxFields : keys of a tenant, at most, those without a slot among them
    minSupport : rows a key needs, and a category's level, among the rows looked at
    topK : levels of a category
    numberSlots, booleanSlots, dateSlots, categorySlots : slots for each kind; a tenant's further keys of that
        kind have none
    sampleRows : rows of a tenant looked at, at most: those with the smallest hash
    keyCol : column without repetitions whose hash is meant; default: the map itself, so that equal rows are
        taken or left together
    minRows : tenants with fewer rows are thin

    Notes
    -----
    A slot means different things for different tenants: train models for each tenant. Whole numbers that only
    name something are numbers here, too.

    See Also
    --------
    FieldTyper : for columns that all tenants share.

    Examples
    --------
    >>> rows = [("a", {"seats": "5", "tier": "gold"}), ("a", {"seats": "1,200", "tier": "gold"}),
    ...         ("b", {"since": "1970-01-03"}), ("b", {"since": "1970-02-01", "seats": "9"})]
    >>> frame = spark.createDataFrame(rows, "tenant string, own map<string,string>")
    >>> custom = CustomFields(inputCols=["own"], tenantCol="tenant", minSupport=2, numberSlots=1,
    ...                       booleanSlots=0, dateSlots=1, categorySlots=1)
    >>> custom.fit(frame).transform(frame).drop("own").orderBy("tenant", "own__number_1", "own__date_1").show()
    +------+-------------+-----------+---------------+
    |tenant|own__number_1|own__date_1|own__category_1|
    +------+-------------+-----------+---------------+
    |     a|          5.0|        NaN|            1.0|
    |     a|       1200.0|        NaN|            1.0|
    |     b|          NaN|        2.0|            NaN|
    |     b|          NaN|       31.0|            NaN|
    +------+-------------+-----------+---------------+
    """

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        tenantCol: str | None = None,
        maxFields: int = 30,
        minSupport: int = 10,
        topK: int = 20,
        numberSlots: int = 10,
        booleanSlots: int = 5,
        dateSlots: int = 5,
        categorySlots: int = 10,
        sampleRows: int = 500,
        keyCol: str | None = None,
        minRows: int = 1,
    ) -> None:
        super().__init__()
        self._set(**self._input_kwargs)

    def _aggregates(self, schema: T.StructType) -> dict[str, Column]:
        maps = {name: _map(schema, name, "CustomFields") for name in inputs_of(self)}
        # Maps have no hash.
        return {
            name: self._sample(schema, {"fields": fields}, by=[F.map_entries(fields)])
            for name, fields in maps.items()
        }

    def _state(self, schema: T.StructType, columns: Mapping[str, Column]) -> dict[str, Column]:
        limits = Limits(
            fields=self.getOrDefault(self.maxFields),
            support=self.getOrDefault(self.minSupport),
            levels=self.getOrDefault(self.topK),
            slots={kind: self.slots(kind) for kind in SLOTTED},
        )

        # In Python, once a state: values are grouped by keys nobody knows beforehand.
        def describe(keys: Any, values: Any, reads: Any, rows: Any) -> list[dict[str, Any]]:
            return described(keys, values, reads, rows, limits)

        find = each_state(describe, _FIELDS)
        return {name: _by_slot(find(*_read(columns[name]))) for name in inputs_of(self)}

    def _model(self) -> CustomFieldsModel:
        return CustomFieldsModel()


class CustomFieldsModel(_CustomFieldsParams, KeyedModel):
    """CustomFields' fitted model: the fields of every tenant, and the slots they are in.

    Examples
    --------
    >>> rows = [({"vip": "yes", "memo": "call"},), ({"vip": "no", "memo": "wait"},)]
    >>> frame = spark.createDataFrame(rows, "own map<string,string>")
    >>> CustomFields(inputCols=["own"], minSupport=2).fit(frame).fields().show()
    +------+-----+--------------+----+-------+------+------+
    |tenant|field|        column| key|   kind|levels|filled|
    +------+-----+--------------+----+-------+------+------+
    |  NULL|  own|          NULL|memo|   text|  NULL|   1.0|
    |  NULL|  own|own__boolean_1| vip|boolean|  NULL|   1.0|
    +------+-----+--------------+----+-------+------+------+
    """

    def fields(self) -> DataFrame:
        """DataFrame[tenant, field, column, key, kind, levels ARRAY<STRING>, filled DOUBLE], most filled first.

        `field` is the input, `column` the key's output (null: it has none), `filled` its share of the rows
        looked at. Tenant null: the global row.
        """
        found = [_rows_of(name, state_field(name)["fields"]) for name in inputs_of(self)]
        return self.state.select(TENANT, F.inline(F.concat(*found)))

    def levels(self) -> DataFrame:
        """DataFrame[tenant, column, field, levels ARRAY<STRING>] of the categories, tenant null: global row."""
        slots = [
            (output, name, F.get(state_field(name)["levels"], F.lit(at)))
            for name in inputs_of(self)
            for at, output in enumerate(self.outputs(name, CATEGORY))
        ]
        return level_table(self.state, slots)

    def _read(self, own: Column, shared: Column, kind: T.DataType, schema: T.StructType) -> Column:
        return F.struct(*[_placed_only(own[name]).alias(name) for name in inputs_of(self)])

    def _outputs(self, schema: T.StructType, state: Callable[[str], Column]) -> list[Column]:
        return [
            made
            for name in inputs_of(self)
            for kind in SLOTTED
            for made in self._slots(_map(schema, name, "CustomFieldsModel"), name, kind, state(name))
        ]

    def _slots(self, fields: Column, name: str, kind: str, found: Column) -> list[Column]:
        source, nature = (name, _TYPES[kind]), CATEGORICAL if kind == CATEGORY else NUMERIC
        return [
            derived(_value(kind, fields, found, F.lit(at)), output, source, nature)
            for at, output in enumerate(self.outputs(name, kind))
        ]


def _map(schema: T.StructType, name: str, stage: str) -> Column:
    field = field_of(schema, name, stage)
    kind = field.dataType.simpleString()
    if kind != "map<string,string>":
        raise DataContractError(
            f"{stage}: column '{name}' must hold maps of texts, got {kind}. Cast it to map<string,string> first."
        )
    return column(field.name)


def _read(sample: Column) -> list[Column]:
    """What `described` is given of a state's sample: keys, values, what they read as, and the rows."""
    filled = F.filter(sample, lambda row: row["fields"].isNotNull())
    entries = F.flatten(F.transform(filled, lambda row: F.map_entries(row["fields"])))
    pairs = F.transform(entries, lambda one: F.struct(one["key"], known(one["value"]).alias("value")))
    pairs = F.filter(pairs, lambda one: one["value"].isNotNull())
    values = F.transform(pairs, lambda one: one["value"])
    return [
        F.transform(pairs, lambda one: one["key"]),
        values,
        F.transform(values, _reads),
        F.array_size(sample),
    ]


def _reads(value: Column) -> Column:
    readings = {NUMBER: number(value), DATE: _days(value), BOOLEAN: _truth(value)}
    found = [F.when(reading.isNotNull(), F.lit(kind)) for kind, reading in readings.items()]
    return F.coalesce(*found, F.lit(TEXT))


def _by_slot(fields: Column) -> Column:
    """The state of a column: all fields, and those with a slot by kind, so that `transform` need not search."""
    placed = {kind: _placed(fields, kind) for kind in SLOTTED}
    return F.struct(
        fields.alias("fields"),
        *[F.transform(found, lambda one: one["key"]).alias(kind) for kind, found in placed.items()],
        F.transform(placed[CATEGORY], lambda one: one["levels"]).alias("levels"),
    )


def _placed_only(found: Column) -> Column:
    """Of `_by_slot` the keys with a slot and their levels, marked, without the description of all fields."""
    return F.struct(
        *[found[kind].alias(kind) for kind in SLOTTED],
        F.transform(found["levels"], lambda levels: marks(levels)).alias("levels"),
    )


def _placed(fields: Column, kind: str) -> Column:
    return F.filter(fields, lambda one: (one["kind"] == kind) & one["slot"].isNotNull())


def _value(kind: str, fields: Column, found: Column, at: Column) -> Column:
    value = known(fields[F.get(found[kind], at)])
    if kind == CATEGORY:
        return code(value, F.get(found["levels"], at))
    read = {NUMBER: number, BOOLEAN: _truth, DATE: _days}[kind]
    result = read(value).cast("float")
    # NaN sorts above infinity in Spark, so one comparison catches null, NaN and both infinities.
    return F.when(F.abs(result) < float("inf"), result).otherwise(nan())


def _truth(value: Column) -> Column:
    lower = F.lower(value)
    return F.when(lower.isin(*_YES), 1).when(lower.isin(*_NO), 0)


def _days(value: Column) -> Column:
    return F.when(value.rlike(_ISO_DATE), F.unix_date(value.try_cast("date")))


def _rows_of(name: str, fields: Column) -> Column:
    def row(one: Column) -> Column:
        output = F.concat(F.lit(f"{name}__"), one["kind"], F.lit("_"), one["slot"].cast("string"))
        kept = [one[part].alias(part) for part in ("key", "kind", "levels", "filled")]
        return F.struct(F.lit(name).alias("field"), output.alias("column"), *kept)

    return F.transform(fields, row)
