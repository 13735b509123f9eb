"""TreeBuckets: numbers as labels of buckets between which each tenant's label changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pyspark import keyword_only
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols, HasLabelCol, HasOutputCols
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from tiltyard.keyed import HasTenantCol, KeyedEstimator
from tiltyard.params import number, outputs_of, whole
from tiltyard.transformers._keyed_buckets import BucketsModel, HasBucketSample, learnt_buckets
from tiltyard.transformers._levels import level
from tiltyard.transformers._numbers import finite_inputs
from tiltyard.transformers._trees import TreeRule

_SUFFIX = "tree_bucket"


class _TreeBucketsParams(HasInputCols, HasOutputCols, HasLabelCol, HasBucketSample, HasTenantCol):
    maxBuckets: Param[int] = Param(Params._dummy(), "maxBuckets", "most buckets of a column", whole(2))
    minGain: Param[float] = Param(
        Params._dummy(),
        "minGain",
        "least share of the label's gini impurity that a border removes",
        number(0, 1),
    )
    minInstancesPerNode: Param[int] = Param(
        Params._dummy(), "minInstancesPerNode", "fewest rows of the sample in a bucket", whole(1)
    )

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(
            maxBuckets=5,
            minGain=0.005,
            minInstancesPerNode=20,
            sampleRows=10_000,
            labelCol="label",
            minRows=1,
        )


class TreeBuckets(_TreeBucketsParams, KeyedEstimator):
    """Name the bucket of a number where each tenant's borders are those between which its label changes.

    A small decision tree sets the borders of each column by itself. A column that tells nothing about the
    label has none: its output is null for every row of the tenant, as is that of a column with one value.
    Rows without a label are left out when learning, and null, NaN and infinite numbers of a column too. Later
    null and NaN stay null, and values outside those seen are in the first or the last bucket, the infinities
    among them. Rows of a null, unseen or thin tenant, and columns for which a tenant had no labelled number,
    get the borders of all rows together. The labels are strings: `Pivot` them to feed a model.

    `fit` costs one aggregation and one pass over the samples in Python, whatever the number of columns and
    tenants; `transform` one left join.

    Parameters
    ----------
    inputCols : numeric columns
    outputCols : as many names; default `<input>__tree_bucket`
    labelCol : column of the class to tell, of any single values (texts, numbers, booleans), two to 100 different
        ones; default "label". Read by `fit` only
    tenantCol : column of the tenant; default: one set of borders for the whole frame
    maxBuckets : most buckets of a column, at least 2
    minGain : least share, 0 to 1, of the label's gini impurity that a border removes
    minInstancesPerNode : fewest rows of the sample in a bucket
    sampleRows : rows of a tenant to learn from
    keyCol : column whose hash draws the sample, best one that names a row; default: the hash of all columns
        of simple types, which then are all read
    minRows : tenants with fewer rows are thin

    Notes
    -----
    The stage has read the label: the rows it was fitted on look better than others will. Half of a sample grows
    the tree, and the other half counts which of its splits hold: those that reach `minGain` and for which
    Fisher's exact test leaves noise a chance of 1 % for the whole column. As many borders are then set by the
    whole sample, each the number with the fewest digits between the two values it parts. Small tenants
    therefore need a strong step: with 300 rows, chances of 50 % on one side and 80 % on the other are found in
    about half of the tenants.

    See Also
    --------
    QuantileBuckets : borders without a label.

    Examples
    --------
    >>> rows = [(hours, hours >= 120) for hours in range(200)]
    >>> frame = spark.createDataFrame(rows, "hours int, late boolean")
    >>> model = TreeBuckets(inputCols=["hours"], labelCol="late").fit(frame)
    >>> [row[2] for row in model.transform(frame).where("hours in (119, 120)").collect()]
    ['<120', '120+']
    """

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCols: list[str] | None = None,
        labelCol: str = "label",
        tenantCol: str | None = None,
        maxBuckets: int = 5,
        minGain: float = 0.005,
        minInstancesPerNode: int = 20,
        sampleRows: int = 10_000,
        keyCol: str | None = None,
        minRows: int = 1,
    ) -> None:
        super().__init__()
        self._set(**self._input_kwargs)

    def _aggregates(self, schema: StructType) -> dict[str, Column]:
        # For Python to read, which refuses broken bytes.
        label = F.make_valid_utf8(level(schema, self.getLabelCol(), "TreeBuckets"))
        values = {**finite_inputs(self, schema, _SUFFIX), "": label}  # no input has this name
        return {"sample": self._rows(schema, values, where=label.isNotNull())}

    def _state(self, schema: StructType, columns: Mapping[str, Column]) -> dict[str, Column]:
        names, rule = list(outputs_of(self, _SUFFIX)), self._rule()
        made = learnt_buckets(
            columns["sample"], len(names), lambda numbers, beside: rule.borders(numbers, *beside)
        )
        return {name: made[at] for at, name in enumerate(names)}

    def _rule(self) -> TreeRule:
        return TreeRule(
            buckets=self.getOrDefault(self.maxBuckets),
            gain=self.getOrDefault(self.minGain),
            leaf=self.getOrDefault(self.minInstancesPerNode),
        )

    def _model(self) -> TreeBucketsModel:
        return TreeBucketsModel()


class TreeBucketsModel(_TreeBucketsParams, BucketsModel):
    """TreeBuckets' fitted model: the borders of every tenant and column.

    Examples
    --------
    >>> frame = spark.createDataFrame([(hours, hours >= 120) for hours in range(200)], "hours int, late boolean")
    >>> model = TreeBuckets(inputCols=["hours"], labelCol="late").fit(frame)
    >>> model.borders().first().starts
    [120.0]
    """

    _suffix: ClassVar[str] = _SUFFIX
