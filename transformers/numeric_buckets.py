"""NumericBuckets: the magnitude of a number as a readable label."""

from __future__ import annotations

from typing import Any

from pyspark import keyword_only
from pyspark.ml import Transformer
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols, HasOutputCols
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import DataFrame

from tiltyard.params import Ranged, increasing
from tiltyard.slots import CATEGORICAL, derived, lineage
from tiltyard.transformers._buckets import bucket, labels
from tiltyard.transformers._numbers import not_nan, numeric_outputs

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
    MagnitudeBuckets : powers of ten on both sides of zero, for numbers of any scale.
    QuantileBuckets : buckets of equal shares of each tenant's rows.
    TreeBuckets : borders where each tenant's label changes.
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
        splits = self.getOrDefault(self.splits)
        names = labels(splits)
        made = [
            derived(bucket(not_nan(field), splits, names), output, lineage(field), CATEGORICAL)
            for _, field, output in numeric_outputs(self, dataset.schema, "bucket")
        ]
        return dataset.select("*", *made)
