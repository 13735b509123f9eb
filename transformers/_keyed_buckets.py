"""Buckets of each tenant's own: learnt from samples in Arrow batches, and the model that labels with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.ml.param.shared import HasInputCols, HasOutputCols
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, StructType

from tiltyard.arrow import arrow_function
from tiltyard.keyed import KeyedModel
from tiltyard.params import outputs_of
from tiltyard.slots import CATEGORICAL, derived, lineage
from tiltyard.state import by_column, filled
from tiltyard.transformers._buckets import labels
from tiltyard.transformers._numbers import not_nan, numeric_outputs
from tiltyard.transformers._samples import HasSample, simple_columns

# Some finite numbers and what was sampled beside them -> the increasing starts of all buckets but the first.
Cut = Callable[[NDArray[np.float64], list[NDArray[Any]]], list[float]]

_ARROW_STATES = pa.list_(pa.struct({"starts": pa.list_(pa.float64()), "labels": pa.list_(pa.string())}))
_STATES = "array<struct<starts:array<double>,labels:array<string>>>"


class HasBucketSample(HasSample):
    """HasSample for columns whose frequent values matter."""

    def _rows(self, schema: StructType, values: Mapping[str, Column], where: Column | None = None) -> Column:
        """The sample, drawn by the whole row without a key.

        By the values, all rows of a frequent one would be taken or left together: half a column of zeros, or none.
        """
        whole_row = None if self.isSet(self.keyCol) else simple_columns(schema)
        return self._sample(schema, values, where, by=whole_row)


def learnt_buckets(sample: Column, columns: int, cut: Cut) -> Column:
    """The states of a tenant's columns, in order, from its sample: its first fields, null where not a number.

    Null for a column without numbers.
    """

    # In Python: the wording of labels is that of plain numbers, and the cuts need sorted or grouped rows.
    def on_batch(samples: pa.Array) -> pa.Array:
        made = [_states(one.values, columns, cut) for one in samples]
        return pa.array(made, type=_ARROW_STATES)

    return arrow_function(on_batch, _STATES)(sample)


def _states(sample: pa.StructArray, columns: int, cut: Cut) -> list[dict[str, Any] | None]:
    fields = [one.to_numpy(zero_copy_only=False) for one in sample.flatten()]
    return [_state(numbers, fields[columns:], cut) for numbers in fields[:columns]]


def _state(numbers: NDArray[np.float64], beside: list[NDArray[Any]], cut: Cut) -> dict[str, Any] | None:
    known = ~np.isnan(numbers)
    if not known.any():
        return None
    starts = cut(numbers[known], [one[known] for one in beside])
    return {"starts": starts, "labels": labels(starts)}


class BucketsModel(HasInputCols, HasOutputCols, KeyedModel):
    """Labels numbers by each tenant's own borders. A leaf gives `_suffix`, and HasTenantCol with its params."""

    _suffix: ClassVar[str]

    def borders(self) -> DataFrame:
        """DataFrame[tenant, column, field, starts ARRAY<DOUBLE>, labels ARRAY<STRING>]; tenant null: global row.

        Each start is inclusive, and there is one label more than starts; a column without borders has neither.
        """
        return by_column(self.state, outputs_of(self, self._suffix))

    def _read(self, own: Column, shared: Column, kind: DataType, schema: StructType) -> Column:
        return filled(own, shared, kind)

    def _outputs(self, schema: StructType, state: Callable[[str], Column]) -> list[Column]:
        return [
            derived(_label(not_nan(field), state(name)), output, lineage(field), CATEGORICAL)
            for name, field, output in numeric_outputs(self, schema, self._suffix)
        ]


def _label(number: Column, state: Column) -> Column:
    place = F.array_size(F.filter(state.getField("starts"), lambda start: start <= number))
    return F.when(number.isNotNull(), F.get(state.getField("labels"), place))
