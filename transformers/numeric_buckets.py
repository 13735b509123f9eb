"""NumericBuckets: the magnitude of a number as a readable label."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from pyspark import keyword_only
from pyspark.ml import Transformer
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols, HasOutputCols
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import NumericType, StructField

from tiltyard.columns import column, field_of
from tiltyard.errors import DataContractError
from tiltyard.params import Ranged, increasing, outputs_of
from tiltyard.slots import CATEGORICAL, Slot, lineage, slot_metadata

# Employees and money are read by magnitude: 1, 10, 100, 1,000, with the halves from 500 on.
_SPLITS = [0.0, 10.0, 100.0, 500.0, 1000.0, 5000.0, 10000.0]


class NumericBuckets(
    Ranged, Transformer, HasInputCols, HasOutputCols, DefaultParamsReadable[Any], DefaultParamsWritable
):
    """Name the magnitude of a number: 90 becomes "10-99".

    Null and NaN stay null. Values outside `splits` and the infinities get open-ended labels, "<0" and
    "10000+". No job, no shuffle. The labels are strings: `Pivot` them to feed a model.

    Parameters
    ----------
    inputCols : numeric columns
    outputCols : as many names; default `<input>__bucket`
    splits : two or more increasing numbers, each the inclusive start of a bucket

    Notes
    -----
    Between whole splits a label shows the last whole number of the bucket: 99.5 is in "10-99". Between others
    it shows the exclusive end: "0.5 to <1.5".

    See Also
    --------
    pyspark.ml.feature.Bucketizer : bucket numbers instead of labels; refuses values outside its splits.

    Examples
    --------
    >>> frame = spark.createDataFrame([(90,), (-1,), (25_000,), (None,)], "employees int")
    >>> [row[1] for row in NumericBuckets(inputCols=["employees"]).transform(frame).collect()]
    ['10-99', '<0', '10000+', None]
    """

    splits: Param[list[float]] = Param(
        Params._dummy(), "splits", "increasing starts of the buckets, inclusive", increasing(2)
    )

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCols: list[str] | None = None,
        splits: list[float] | None = None,
    ) -> None:
        super().__init__()
        self._setDefault(splits=_SPLITS)
        self._set(**self._input_kwargs)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        outputs = outputs_of(self, "bucket")
        fields = [field_of(dataset.schema, name, "NumericBuckets") for name in outputs]
        splits = self.getOrDefault(self.splits)
        made = [_bucket(field, splits, outputs[name]) for field, name in zip(fields, outputs, strict=True)]
        return dataset.select("*", *made)


def _bucket(field: StructField, splits: list[float], output: str) -> Column:
    if not isinstance(field.dataType, NumericType):
        kind = field.dataType.simpleString()
        raise DataContractError(f"NumericBuckets: column '{field.name}' must be numeric, got {kind}.")
    number = column(field.name).cast("double")
    # Null and NaN fail no comparison below as one would wish: they go first.
    label = F.when(number.isNull() | F.isnan(number), F.lit(None)).when(
        number < splits[0], f"<{splits[0]:.15g}"
    )
    for low, high in pairwise(splits):
        label = label.when(number < high, _between(low, high))
    source, kind = lineage(field)
    metadata = slot_metadata(Slot(output, source, kind, CATEGORICAL))
    return label.otherwise(f"{splits[-1]:.15g}+").alias(output, metadata=metadata)


def _between(low: float, high: float) -> str:
    if not (low.is_integer() and high.is_integer()):
        return f"{low:.15g} to <{high:.15g}"
    return f"{low:.15g}" if high - low == 1 else f"{low:.15g}-{high - 1:.15g}"
