"""MagnitudeBuckets: the power of ten of a number as a readable label."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from pyspark import keyword_only
from pyspark.ml import Transformer
from pyspark.ml.param.shared import HasInputCols, HasOutputCols
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tiltyard.params import Ranged
from tiltyard.slots import CATEGORICAL, derived, lineage
from tiltyard.transformers._buckets import bucket, labels
from tiltyard.transformers._numbers import not_nan, numeric_outputs

# From a millionth to a trillion: what lies beyond is an error of measurement or of units in business data.
_POWERS = [float(f"1e{power}") for power in range(-6, 13)]


class MagnitudeBuckets(
    Ranged, Transformer, HasInputCols, HasOutputCols, DefaultParamsReadable[Any], DefaultParamsWritable
):
    """Name a number's power of ten and sign, whatever its scale: 42 becomes "10-99", -42 "-99 to -10".

    Zero is a bucket of its own. Magnitudes below a millionth share one bucket for each sign, those from a
    trillion on (the infinities among them) too. Null and NaN stay null. No job, no shuffle. The labels are
    strings: `Pivot` them to feed a model.

    Parameters
    ----------
    inputCols : numeric columns
    outputCols : as many names; default `<input>__magnitude`

    Notes
    -----
    Negative numbers mirror positive ones: -10 is in "-99 to -10" as 10 is in "10-99". From 1 on a label shows
    whole numbers: 99.5 is in "10-99". Below 1 it shows the exclusive end: "0.1 to <1", ">-1 to -0.1".

    See Also
    --------
    NumericBuckets : splits of your own.

    Examples
    --------
    >>> frame = spark.createDataFrame([(42.0,), (-42.0,), (0.0,), (0.25,), (None,)], "margin double")
    >>> [row[1] for row in MagnitudeBuckets(inputCols=["margin"]).transform(frame).collect()]
    ['10-99', '-99 to -10', '0', '0.1 to <1', None]
    """

    @keyword_only
    def __init__(self, *, inputCols: list[str] | None = None, outputCols: list[str] | None = None) -> None:
        super().__init__()
        self._set(**self._input_kwargs)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        made = [
            derived(_magnitude(not_nan(field)), output, lineage(field), CATEGORICAL)
            for _, field, output in numeric_outputs(self, dataset.schema, "magnitude")
        ]
        return dataset.select("*", *made)


def _magnitude(number: Column) -> Column:
    above = bucket(number, _POWERS, [f">0 to {labels(_POWERS)[0]}", *labels(_POWERS)[1:]])
    below = bucket(-number, _POWERS, mirrored(_POWERS))
    return F.when(number > 0, above).when(number < 0, below).when(number == 0, "0")


def mirrored(starts: list[float]) -> list[str]:
    """Names of the buckets of negative numbers whose absolute value these starts cut; nearest to zero first.

    Examples
    --------
    >>> mirrored([0.1, 1, 10])
    ['>-0.1 to <0', '>-1 to -0.1', '-9 to -1', '<=-10']
    """
    between = [_negative(low, high) for low, high in pairwise(starts)]
    return [f">-{starts[0]:.15g} to <0", *between, f"<=-{starts[-1]:.15g}"]


def _negative(low: float, high: float) -> str:
    return f"-{high - 1:.15g} to -{low:.15g}" if low >= 1 else f">-{high:.15g} to -{low:.15g}"
