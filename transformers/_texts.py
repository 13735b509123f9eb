"""Parts of texts that Python libraries find: computed on Arrow batches, once for each distinct text."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.ml import Transformer
from pyspark.ml.param.shared import HasInputCols
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_type

from tiltyard.arrow import arrow_function
from tiltyard.columns import column, field_of
from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.params import Ranged
from tiltyard.slots import derived, lineage

# Plain lists in, one for each column and as long as each other; as many results out, None for null. A result is a
# tuple of the wanted parts in their order, or a dict by name, which may hold more parts than are wanted.
Compute = Callable[..., Sequence[Any]]


@dataclass(frozen=True)
class Part:
    """One output of a stage of parts: its type, and "numeric" or "categorical" as a slot."""

    type: T.DataType
    kind: str


class TextParts(Ranged, Transformer, HasInputCols, DefaultParamsReadable[Any], DefaultParamsWritable):
    """A stage that adds `<input>__<part>` columns, computed in Python from each text column.

    A leaf gives `_parts` and `_compute`; `_arguments` if it reads more or less than the text; `_native` for parts
    that need no Python. No job, no shuffle; each batch of rows costs one call with its distinct inputs, or none
    if all wanted parts are native.
    """

    @abstractmethod
    def _parts(self) -> dict[str, Part]:
        """The wanted outputs by name, in their order."""

    @abstractmethod
    def _compute(self) -> Compute:
        """A function that the workers can import: texts (and further arguments) -> the parts of each."""

    def _arguments(self, schema: T.StructType, text: Column) -> list[Column]:
        """The columns `_compute` is given for one input."""
        return [text]

    def _native(self, text: Column) -> dict[str, Column]:
        """The parts that Spark's own expressions give; `_compute` gives the others."""
        return {}

    def _transform(self, dataset: DataFrame) -> DataFrame:
        if not self.isSet(self.inputCols):
            raise TiltyardError(
                f"{type(self).__name__}: 'inputCols' must be a list of column names, got nothing."
            )
        outputs = [one for name in self.getInputCols() for one in self._outputs(dataset.schema, name)]
        return dataset.select("*", *outputs)

    def _field(self, schema: T.StructType, name: str) -> T.StructField:
        """The column of one input, which must hold texts."""
        return text_field(schema, name, type(self).__name__)

    def _outputs(self, schema: T.StructType, name: str) -> list[Column]:
        field = self._field(schema, name)
        text, parts = F.make_valid_utf8(column(field.name).cast("string")), self._parts()
        native = self._native(text)
        shape = T.StructType(
            [T.StructField(part, one.type) for part, one in parts.items() if part not in native]
        )
        made = once_each(self._compute(), shape)(*self._arguments(schema, text))
        values = {part: native[part] if part in native else made.getField(part) for part in parts}
        return [
            derived(values[part], f"{name}__{part}", lineage(field), one.kind) for part, one in parts.items()
        ]


def text_field(schema: T.StructType, name: str, stage: str) -> T.StructField:
    """The schema's field of this name, which must hold texts."""
    field = field_of(schema, name, stage)
    if not isinstance(field.dataType, T.StringType):
        kind = field.dataType.simpleString()
        raise DataContractError(
            f"{stage}: column '{name}' must be text, got {kind}. Cast it to a string first."
        )
    return field


def text_column(schema: T.StructType, name: str, stage: str) -> Column:
    """A text column for Python to read: a text of broken bytes would fail the whole job there."""
    return F.make_valid_utf8(column(text_field(schema, name, stage).name))


def once_each(compute: Compute, returns: T.DataType) -> Callable[..., Column]:
    """A function of columns that runs `compute` on the distinct combinations of each batch of rows.

    CRM texts repeat (titles, domains, notes): measured, each distinct one once is up to the batch's size cheaper.
    """
    shape = to_arrow_type(returns)

    def on_batch(*columns: pa.Array) -> pa.Array:
        lists, back = _distinct(columns)
        return pa.array(compute(*lists), type=shape).take(pa.array(back))

    return arrow_function(on_batch, returns)


def _distinct(columns: Sequence[pa.Array]) -> tuple[list[list[Any]], np.ndarray[Any, Any]]:
    """The distinct rows of some columns as lists, and each row's place among them."""
    codes = np.zeros(len(columns[0]), dtype=np.int64)
    for one in columns:
        encoded = one.dictionary_encode(null_encoding="encode")
        codes = codes * len(encoded.dictionary) + encoded.indices.to_numpy(zero_copy_only=False)
    _, first, back = np.unique(codes, return_index=True, return_inverse=True)
    return [one.take(pa.array(first)).to_pylist() for one in columns], back
