"""QuantileBuckets: numbers as labels of buckets that hold equal shares of each tenant's rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pyspark import keyword_only
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols, HasOutputCols
from pyspark.sql import Column
from pyspark.sql.types import StructType

from tiltyard.keyed import HasTenantCol, KeyedEstimator
from tiltyard.params import outputs_of, whole
from tiltyard.transformers._keyed_buckets import BucketsModel, HasBucketSample, learnt_buckets
from tiltyard.transformers._numbers import finite_inputs

_SUFFIX = "quantile_bucket"


class _QuantileBucketsParams(HasInputCols, HasOutputCols, HasBucketSample, HasTenantCol):
    buckets: Param[int] = Param(Params._dummy(), "buckets", "buckets wanted for each column", whole(2))

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(buckets=10, sampleRows=10_000, minRows=1)


class QuantileBuckets(_QuantileBucketsParams, KeyedEstimator):
    """Name the quantile bucket of a number: each tenant's own borders, so that buckets hold equal shares of rows.

    A border is the first value above the wanted share of rows, and starts its bucket. Values that repeat
    across borders give fewer buckets; a column with one value has none, and its label is null. Null, NaN and
    the infinities are left out when learning. Later null and NaN stay null, and values outside those seen are
    in the first or the last bucket, the infinities among them. Rows of a null, unseen or thin tenant, and
    columns for which a tenant had no number, get the borders of all rows together. The labels are strings:
    `Pivot` them to feed a model.

    `fit` costs one aggregation, whatever the number of columns and tenants; `transform` one left join.

    Parameters
    ----------
    inputCols : numeric columns
    outputCols : as many names; default `<input>__quantile_bucket`
    tenantCol : column of the tenant; default: one set of borders for the whole frame
    buckets : number of buckets wanted, at least 2
    sampleRows : rows of a tenant to learn from. Borders are exact for tenants with no more rows; at 10,000 a
        border's share of rows is within 1 % of the wanted one for 19 of 20 borders
    keyCol : column whose hash draws the sample, best one that names a row; default: the hash of all columns
        of simple types, which then are all read
    minRows : tenants with fewer rows are thin

    Notes
    -----
    A border is always a value of the column, never between two. Labels are those of NumericBuckets, "<" below
    the first border and "+" from the last one on. Borders come from a sample and not from Spark's
    `percentile_approx`, whose answer changes with the partitioning of tenants with many rows.

    See Also
    --------
    TreeBuckets : borders where the label changes.
    pyspark.ml.feature.QuantileDiscretizer : one set of borders for all rows, and numbers instead of labels.

    Examples
    --------
    >>> rows = [("UA", miles) for miles in (100, 200, 300, 400)] + [("AA", miles) for miles in (5, 6, 7, 8)]
    >>> frame = spark.createDataFrame(rows, "carrier string, miles int")
    >>> model = QuantileBuckets(inputCols=["miles"], tenantCol="carrier", buckets=2).fit(frame)
    >>> model.transform(frame).orderBy("miles").show(3)
    +-------+-----+----------------------+
    |carrier|miles|miles__quantile_bucket|
    +-------+-----+----------------------+
    |     AA|    5|                    <7|
    |     AA|    6|                    <7|
    |     AA|    7|                    7+|
    +-------+-----+----------------------+
    only showing top 3 rows
    """

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCols: list[str] | None = None,
        tenantCol: str | None = None,
        buckets: int = 10,
        sampleRows: int = 10_000,
        keyCol: str | None = None,
        minRows: int = 1,
    ) -> None:
        super().__init__()
        self._set(**self._input_kwargs)

    def _aggregates(self, schema: StructType) -> dict[str, Column]:
        return {"sample": self._rows(schema, finite_inputs(self, schema, _SUFFIX))}

    def _state(self, schema: StructType, columns: Mapping[str, Column]) -> dict[str, Column]:
        names, wanted = list(outputs_of(self, _SUFFIX)), self.getOrDefault(self.buckets)
        made = learnt_buckets(columns["sample"], len(names), lambda numbers, _: equal_shares(numbers, wanted))
        return {name: made[at] for at, name in enumerate(names)}

    def _model(self) -> QuantileBucketsModel:
        return QuantileBucketsModel()


class QuantileBucketsModel(_QuantileBucketsParams, BucketsModel):
    """QuantileBuckets' fitted model: the borders of every tenant and column.

    Examples
    --------
    >>> frame = spark.createDataFrame([(miles,) for miles in range(100)], "miles int")
    >>> model = QuantileBuckets(inputCols=["miles"], buckets=4).fit(frame)
    >>> model.borders().first().starts
    [25.0, 50.0, 75.0]
    """

    _suffix: ClassVar[str] = _SUFFIX


def equal_shares(numbers: NDArray[np.float64], buckets: int) -> list[float]:
    """Starts of the buckets above the first: the first number above each of the equal shares.

    Examples
    --------
    >>> equal_shares(np.array([5.0, 8.0, 6.0, 7.0]), buckets=2)
    [7.0]
    """
    ordered = np.sort(numbers)
    # Whole numbers divided upwards: the share's rows, and so the place of the first number above it.
    places = -(-len(ordered) * np.arange(1, buckets) // buckets)
    firsts = ordered[places[places < len(ordered)]]
    return [float(first) for first in np.unique(firsts[firsts > ordered[0]])]
