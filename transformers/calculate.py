"""Calculate: sums, differences, products, ratios, logarithms and absolute values of numeric columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, mul, sub
from typing import Any

from pyspark import keyword_only
from pyspark.ml import Transformer
from pyspark.ml.param import Param, Params
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructField, StructType

from tiltyard.errors import TiltyardError
from tiltyard.params import Range, Ranged
from tiltyard.slots import NUMERIC, Slot, lineage, slot_metadata
from tiltyard.transformers._numbers import finite, not_nan, numeric_field


@dataclass(frozen=True)
class _Operation:
    """How to calculate, of how many columns, and whether the result is of the columns' own semantic type."""

    of: Callable[..., Column]
    least: int
    most: int | None
    same_type: bool


def _total(*values: Column) -> Column:
    known = F.coalesce(*values).isNotNull()
    return F.when(known, reduce(add, [F.coalesce(value, F.lit(0.0)) for value in values]))


_OPERATIONS = {
    "sum": _Operation(lambda *values: reduce(add, values), 2, None, True),
    "total": _Operation(_total, 2, None, True),
    "difference": _Operation(lambda *values: reduce(sub, values), 2, None, True),
    "product": _Operation(lambda *values: reduce(mul, values), 2, None, False),
    "ratio": _Operation(F.try_divide, 2, 2, False),
    "log": _Operation(lambda value: F.signum(value) * F.log1p(F.abs(value)), 1, 1, False),
    "abs": _Operation(F.abs, 1, 1, True),
}


def _expressions(value: Any) -> dict[str, list[str]]:
    made = {output: list(expression) for output, expression in dict(value).items()}
    if not made or any(isinstance(expression, str) for expression in value.values()):
        raise ValueError(value)
    for output, (name, *inputs) in made.items():
        operation = _OPERATIONS[name]
        words = [output, *inputs]
        if not all(isinstance(word, str) and word for word in words):
            raise TypeError(words)
        if not operation.least <= len(inputs) <= (operation.most or len(inputs)):
            raise ValueError(inputs)
    return made


class Calculate(Ranged, Transformer, DefaultParamsReadable[Any], DefaultParamsWritable):
    """Calculate columns from numeric ones: {"margin": ["difference", "revenue", "cost"]}.

    Outputs are doubles. Null where an operand is null or NaN or infinite, except for "total", and never
    infinite or NaN: a ratio to zero and a result beyond a double's range are null. No job, no shuffle.

    Parameters
    ----------
    expressions : by output column, the operation and its columns, in order

        - "sum", "product" of two columns or more
        - "total" of two or more: a sum that leaves out what is null, and is null where all are
        - "difference" of two or more: the first minus all others
        - "ratio" of two: the first to the second
        - "log" of one: log(1 + x), and -log(1 - x) for negative x, so that zero stays zero and the sign is
          kept
        - "abs" of one

    Notes
    -----
    An expression reads columns of the frame, not other outputs: put a second Calculate after the first for
    those. Sums, differences and absolute values keep the semantic type their columns share; other outputs
    are "Real". The lineage of an output of several fields names them all, separated by commas.

    See Also
    --------
    pyspark.ml.feature.SQLTransformer : any SQL, but errors, nulls and infinities are yours to catch.

    Examples
    --------
    >>> frame = spark.createDataFrame([(10.0, 4.0), (10.0, 0.0), (10.0, None)], "revenue double, cost double")
    >>> expressions = {"margin": ["difference", "revenue", "cost"], "markup": ["ratio", "revenue", "cost"]}
    >>> Calculate(expressions=expressions).transform(frame).show()
    +-------+----+------+------+
    |revenue|cost|margin|markup|
    +-------+----+------+------+
    |   10.0| 4.0|   6.0|   2.5|
    |   10.0| 0.0|  10.0|  NULL|
    |   10.0|NULL|  NULL|  NULL|
    +-------+----+------+------+
    """

    expressions: Param[dict[str, list[str]]] = Param(
        Params._dummy(),
        "expressions",
        "operation and columns by output column",
        Range(
            "a mapping of output columns to an operation and its columns, such as"
            " {'margin': ['difference', 'revenue', 'cost']}; operations are "
            + ", ".join(
                f"'{name}' ({one.least if one.least == one.most else f'{one.least} or more'})"
                for name, one in _OPERATIONS.items()
            ),
            _expressions,
        ),
    )

    @keyword_only
    def __init__(self, *, expressions: dict[str, list[str]] | None = None) -> None:
        super().__init__()
        self._set(**self._input_kwargs)

    def reads(self) -> list[str]:
        """The columns that are read, each once.

        Examples
        --------
        >>> Calculate(expressions={"twice": ["sum", "cost", "cost"]}).reads()
        ['cost']
        """
        return list(dict.fromkeys(name for _, *names in self._made().values() for name in names))

    def _made(self) -> dict[str, list[str]]:
        if not self.isSet(self.expressions):
            raise TiltyardError("Calculate: 'expressions' must be a mapping of output columns, got nothing.")
        return self.getOrDefault(self.expressions)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        made = [_calculated(dataset.schema, output, *words) for output, words in self._made().items()]
        return dataset.select("*", *made)


def _calculated(schema: StructType, output: str, name: str, *inputs: str) -> Column:
    operation = _OPERATIONS[name]
    fields = [numeric_field(schema, given, "Calculate") for given in inputs]
    value = finite(operation.of(*[finite(not_nan(field)) for field in fields]))
    return value.alias(output, metadata=slot_metadata(_slot(output, fields, operation)))


def _slot(output: str, fields: Sequence[StructField], operation: _Operation) -> Slot:
    sources, types = zip(*[lineage(field) for field in fields], strict=True)
    shared = types[0] if operation.same_type and len(set(types)) == 1 else "Real"
    return Slot(output, ", ".join(dict.fromkeys(sources)), shared, NUMERIC)
