"""DriftFilter: fields whose recent values are not what training saw, found and emptied for each tenant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark import keyword_only
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols, HasOutputCols
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_type

from tiltyard.arrow import arrow_function
from tiltyard.columns import column, field_of
from tiltyard.keyed import HasTenantCol, KeyedEstimator, KeyedModel
from tiltyard.params import flag, number, outputs_of, text, whole
from tiltyard.slots import METADATA, lineage
from tiltyard.state import STATE, TENANT
from tiltyard.transformers._drift import Drift, Limits, drift, findings
from tiltyard.transformers._samples import HasSample

_MEASURES = {name: T.DoubleType() for name in Drift.__annotations__}
_FINDING = {
    "field": T.StringType(),
    "check": T.StringType(),
    "measure": T.DoubleType(),
    "threshold": T.DoubleType(),
    "sentence": T.StringType(),
}


def _struct(fields: Mapping[str, T.DataType]) -> T.StructType:
    return T.StructType([T.StructField(name, kind) for name, kind in fields.items()])


_COMPARED = {
    "findings": T.ArrayType(_struct(_FINDING)),
    "measures": T.ArrayType(_struct({"field": T.StringType(), **_MEASURES})),
}
# A moment never comes again: its values always differ, only whether there is one can drift.
_MOMENTS = (T.DateType, T.TimestampType, T.TimestampNTZType)
_RECENT = "recent"


class _DriftParams(HasInputCols, HasOutputCols, HasTenantCol):
    remove: Param[bool] = Param(
        Params._dummy(),
        "remove",
        "whether drifting fields become null; False: they are reported only",
        flag(),
    )

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(minRows=1, remove=True)


class DriftFilter(_DriftParams, HasSample, KeyedEstimator):
    """Empty, for each tenant, the fields whose recent values are not what training saw.

    It is fitted on training rows and recent rows to score in one frame, told apart by `recentCol`, before any
    feature is made of the fields. A field drifts when its share of filled values has changed by more than
    `maxFillDifference`, or by more than a factor of `maxFillRatio`, or when the shares of its values differ by more
    than `maxDivergence` (Jensen-Shannon to base 2, 0 to 1, on bins fixed by training: ten of equal count for
    numbers, the 20 most frequent values and all others for texts). Where one side has no value the divergence is
    NaN, and that is a finding. Of dates and timestamps the fill is compared only.

    `transform` gives each field again as an output, null for the tenants in which it drifts, at the price of one
    left join. Rows of a null or unseen tenant lose the fields that drift over all rows together. `fit` costs one
    aggregation over a sample of each tenant's rows, the same in any order and partitioning.

    Parameters
    ----------
    inputCols : fields to compare
    outputCols : as many names; default `<input>__kept`
    recentCol : boolean column, true for recent rows; needed by `fit` only
    tenantCol : column of the tenant; default: one comparison for the whole frame
    keyCol : column whose hash draws the samples; default: the values themselves, which keeps equal rows together
    sampleRows : rows of a tenant looked at, at most, on each side
    leastRows : rows each side needs; with fewer nothing is said of the tenant
    maxFillDifference : 0 to 1
    maxFillRatio : at least 1
    maxDivergence : 0 to 1
    remove : False: report only
    minRows : tenants with fewer rows on both sides together are served by the comparison of all rows

    Notes
    -----
    The rules are those of TransmogrifAI's RawFeatureFilter, for each tenant. A field of a hundred rows on each side
    shows a divergence of about 0.03 by chance.

    See Also
    --------
    SanityChecker : what is wrong with features in training.

    Examples
    --------
    >>> rows = [(n, n >= 200, "web" if n < 200 else None, n % 9) for n in range(400)]
    >>> frame = spark.createDataFrame(rows, "id int, recent boolean, source string, visits int")
    >>> model = DriftFilter(inputCols=["source", "visits"], recentCol="recent", keyCol="id").fit(frame)
    >>> model.findings().where("check = 'fill_difference'").first().sentence
    '100% of its values were filled in training, 0% are now'
    """

    recentCol: Param[str] = Param(
        Params._dummy(), "recentCol", "boolean column, true for recent rows", text()
    )
    leastRows: Param[int] = Param(Params._dummy(), "leastRows", "rows each side needs", whole(1))
    maxFillDifference: Param[float] = Param(
        Params._dummy(), "maxFillDifference", "change of the share of filled values", number(0, 1)
    )
    maxFillRatio: Param[float] = Param(
        Params._dummy(), "maxFillRatio", "factor between the shares of filled values", number(1)
    )
    maxDivergence: Param[float] = Param(
        Params._dummy(), "maxDivergence", "Jensen-Shannon divergence of the values", number(0, 1)
    )

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCols: list[str] | None = None,
        recentCol: str = "recent",
        tenantCol: str | None = None,
        keyCol: str | None = None,
        sampleRows: int = 2_000,
        leastRows: int = 100,
        maxFillDifference: float = 0.5,
        maxFillRatio: float = 20.0,
        maxDivergence: float = 0.5,
        remove: bool = True,
        minRows: int = 1,
    ) -> None:
        super().__init__()
        self._setDefault(recentCol="recent", sampleRows=2_000, leastRows=100, maxFillDifference=0.5)
        self._setDefault(maxFillRatio=20.0, maxDivergence=0.5)
        self._set(**self._input_kwargs)

    def _aggregates(self, schema: T.StructType) -> dict[str, Column]:
        recent = column(field_of(schema, self.getOrDefault(self.recentCol), "DriftFilter").name).cast(
            "boolean"
        )
        fields = [field_of(schema, name, "DriftFilter") for name in outputs_of(self, "kept")]
        values = {str(at): _value(field) for at, field in enumerate(fields)}
        sides = {"training": F.coalesce(~recent, F.lit(True)), _RECENT: recent}
        return {side: self._sample(schema, values, where) for side, where in sides.items()}

    def _state(self, schema: T.StructType, columns: Mapping[str, Column]) -> dict[str, Column]:
        limits = Limits(
            fill_difference=self.getOrDefault(self.maxFillDifference),
            fill_ratio=self.getOrDefault(self.maxFillRatio),
            divergence=self.getOrDefault(self.maxDivergence),
            rows=self.getOrDefault(self.leastRows),
        )
        # Quantiles and shares of two samples against each other: numpy has them, SQL has not.
        compared = arrow_function(_comparer(list(outputs_of(self, "kept")), limits), _struct(_COMPARED))
        found = compared(columns["training"], columns[_RECENT])
        drifting = F.transform(found.getField("findings"), lambda one: one["field"])
        return {**{name: found.getField(name) for name in _COMPARED}, "drifting": drifting}

    def _model(self) -> DriftFilterModel:
        return DriftFilterModel()


class DriftFilterModel(_DriftParams, KeyedModel):
    """DriftFilter's fitted model: every tenant's findings and measures.

    Examples
    --------
    >>> frame = spark.createDataFrame([(n, n >= 200, n // 100) for n in range(400)], "id int, recent boolean, code int")
    >>> model = DriftFilter(inputCols=["code"], keyCol="id").fit(frame)
    >>> [(row.check, round(row.measure, 3)) for row in model.findings().collect()]
    [('divergence', 1.0)]
    >>> model.transform(frame).first().code__kept is None
    True
    """

    def findings(self) -> DataFrame:
        """DataFrame[tenant, field, check, measure, threshold, sentence]; tenant null: all rows."""
        return self.state.select(TENANT, F.inline(F.col(STATE).getField("findings")))

    def measures(self) -> DataFrame:
        """DataFrame[tenant, field, training_rows, recent_rows, training_fill, recent_fill, divergence]."""
        return self.state.select(TENANT, F.inline(F.col(STATE).getField("measures")))

    def _read(self, own: Column, shared: Column, kind: T.DataType, schema: T.StructType) -> Column:
        return F.struct(own.getField("drifting").alias("drifting"))

    def _outputs(self, schema: T.StructType, state: Callable[[str], Column]) -> list[Column]:
        drifting = state("drifting")
        return [
            self._kept(field_of(schema, name, "DriftFilterModel"), name, output, drifting)
            for name, output in outputs_of(self, "kept").items()
        ]

    def _kept(self, field: T.StructField, name: str, output: str, drifting: Column) -> Column:
        value = column(field.name)
        if self.getOrDefault(self.remove):
            # No state means no findings: nothing is emptied.
            value = F.when(~F.coalesce(F.array_contains(drifting, name), F.lit(False)), value)
        source, kind = lineage(field)
        known = (field.metadata or {}).get(METADATA, {})
        metadata = {**(field.metadata or {}), METADATA: {**known, "field": source, "type": kind}}
        return value.alias(output, metadata=metadata)


def _value(field: T.StructField) -> Column:
    value = column(field.name)
    if isinstance(field.dataType, T.NumericType | T.BooleanType):
        return value.cast("double")
    if isinstance(field.dataType, _MOMENTS):
        return F.when(value.isNotNull(), F.lit("a moment"))
    written = value if isinstance(field.dataType, T.StringType) else F.to_json(F.struct(value))
    # For Python to read, which refuses broken bytes.
    return F.when(value.isNotNull(), F.make_valid_utf8(written))


def _comparer(fields: list[str], limits: Limits) -> Callable[[pa.Array, pa.Array], pa.Array]:
    shape = to_arrow_type(_struct(_COMPARED))

    def on_batch(training: pa.Array, recent: pa.Array) -> pa.Array:
        pairs = zip(training, recent, strict=True)
        return pa.array(
            [_compared(before.values, now.values, fields, limits) for before, now in pairs], type=shape
        )

    return on_batch


def _compared(
    training: pa.Array | None, recent: pa.Array | None, fields: list[str], limits: Limits
) -> dict[str, Any]:
    found = {name: drift(_values(training, at), _values(recent, at)) for at, name in enumerate(fields)}
    rows = [
        dict(zip(_FINDING, (name, *one), strict=True))
        for name, each in found.items()
        for one in findings(each, limits)
    ]
    return {"findings": rows, "measures": [{"field": name, **vars(one)} for name, one in found.items()]}


def _values(rows: pa.Array | None, at: int) -> Any:
    if rows is None:
        return np.array([])
    values = pc.struct_field(rows, str(at))
    return values.to_numpy(zero_copy_only=False)
