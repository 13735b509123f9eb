"""SanityChecker: slots that know the answer, say nothing or repeat another, found and taken out for each tenant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark import keyword_only
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCol, HasLabelCol, HasOutputCol
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_type

from tiltyard.arrow import arrow_function
from tiltyard.columns import column, field_of
from tiltyard.keyed import HasTenantCol, KeyedEstimator, KeyedModel
from tiltyard.params import flag, number, whole
from tiltyard.slots import Slot, packed_metadata, slots_of
from tiltyard.state import STATE, TENANT, sampled
from tiltyard.transformers._samples import HasSample
from tiltyard.transformers._sanity import Finding, Limits, Measures, check


def _struct(fields: Mapping[str, T.DataType]) -> T.StructType:
    return T.StructType([T.StructField(name, kind) for name, kind in fields.items()])


MEASURES = tuple(Measures.__annotations__)
_FINDING = {
    "slot": T.IntegerType(),
    "name": T.StringType(),
    "field": T.StringType(),
    "check": T.StringType(),
    "measure": T.DoubleType(),
    "threshold": T.DoubleType(),
    "dropped": T.BooleanType(),
    "sentence": T.StringType(),
}
_CHECKED = {
    "findings": T.ArrayType(_struct(_FINDING)),
    "measures": T.ArrayType(_struct(dict.fromkeys(MEASURES, T.FloatType()))),
    # For each slot 0, or NaN if it is dropped: added to a row, as Spark's functions on arrays are slow on each of many
    # elements. Null where none is dropped.
    "mask": T.ArrayType(T.FloatType()),
}


class _SanityParams(HasInputCol, HasOutputCol, HasTenantCol):
    remove: Param[bool] = Param(
        Params._dummy(), "remove", "whether bad slots become NaN; False: they are reported only", flag()
    )

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(outputCol="checked", minRows=100, remove=True)


class SanityChecker(_SanityParams, HasLabelCol, HasSample, KeyedEstimator):
    """Take out, for each tenant, the slots of a packed row that know the answer, say nothing or repeat another.

    A slot is dropped, which makes it NaN for that tenant, when

    - `auroc`: alone it predicts the label too well to be known beforehand, by its value or by the bin it is in;
    - `correlation`, `cramersV`: it is the label in other words;
    - `filled`: all its filled rows have one label, and too many for chance: it is filled in after the outcome;
    - `field`: another slot of the same field does one of these;
    - `empty`, `constant`: there is nothing to learn from it;
    - `duplicate`: it says what an earlier slot says, with the same values missing;
    - `id`: its whole numbers count the rows.

    An AUROC between `suspicious` and `maxAuroc`, a value that always comes with one label (`always`), and a field
    whose name speaks of a record's end ("last", "status", "closed") and that has an AUROC above the middle of
    `suspicious` and 0.5 (`late`) are reported and kept: they may be true. Null rows stay null. Rows of a null, unseen
    or thin tenant lose the slots that are bad over all rows together. `fit` costs one aggregation: the measures are
    of a sample of each tenant's rows with a label, the same in any order and partitioning; `transform` costs one left
    join.

    Parameters
    ----------
    inputCol : packed column of FeaturePacker
    outputCol : name of the packed column without the bad slots, default "checked"
    labelCol : numbers; up to 20 different ones are classes, of more the correlation alone is measured
    tenantCol : column of the tenant; default: one check for the whole frame
    keyCol : column whose hash draws the sample; default: the values themselves, which keeps equal rows together
    sampleRows : rows of a tenant looked at, at most
    remove : False: report only
    minRows : tenants with fewer rows are thin
    maxAuroc, suspicious : AUROC at which a slot is dropped, and reported; to be dropped it must be above the middle
        of both with 95 % confidence, and each half of the rows must have `support` rows of both classes
    maxCorrelation, maxCramersV : where a slot is the label; absolute Pearson's r, and V corrected for bias
    maxNulls : share of rows without a value at which a slot is empty
    duplicate : absolute correlation at which two slots are the same
    support : rows a rule needs

    Notes
    -----
    A slot that is known only after the outcome may predict it less than perfectly, and no measure can tell: exclude
    such fields. The order of checks follows TransmogrifAI's SanityChecker; the bias-corrected V is Bergsma's (JKSS
    42, 2013), the interval of an AUROC Hanley and McNeil's (Radiology 143, 1982). A share of classes in a bin is
    learnt on one half of the rows and judged on the other, so a code of many levels that means nothing stays at 0.5.

    See Also
    --------
    pyspark.ml.feature.VarianceThresholdSelector : constant features of all rows together.

    Examples
    --------
    >>> from tiltyard.transformers import FeaturePacker
    >>> rows = [("a", n, float(n % 7), 1.0 if n % 3 == 0 else 0.0) for n in range(300)]
    >>> frame = spark.createDataFrame(rows, "tenant string, id int, visits double, won double")
    >>> packed = FeaturePacker(inputCols=["visits", "won"]).transform(frame)
    >>> model = SanityChecker(inputCol="features", labelCol="won", tenantCol="tenant", keyCol="id").fit(packed)
    >>> model.findings().where("tenant = 'a' AND check = 'auroc'").first().sentence
    'alone it predicts the label with an AUROC of 1.000'
    >>> model.transform(packed).first().checked
    [0.0, nan]
    """

    maxAuroc: Param[float] = Param(
        Params._dummy(), "maxAuroc", "AUROC that drops a slot", number(0.5, 1, above=True)
    )
    suspicious: Param[float] = Param(
        Params._dummy(), "suspicious", "AUROC that is reported", number(0.5, 1, above=True)
    )
    maxCorrelation: Param[float] = Param(
        Params._dummy(),
        "maxCorrelation",
        "correlation with the label that drops a slot",
        number(0, 1, above=True),
    )
    maxCramersV: Param[float] = Param(
        Params._dummy(),
        "maxCramersV",
        "association with the label that drops a slot",
        number(0, 1, above=True),
    )
    maxNulls: Param[float] = Param(
        Params._dummy(), "maxNulls", "share of missing values that drops a slot", number(0, 1, above=True)
    )
    duplicate: Param[float] = Param(
        Params._dummy(),
        "duplicate",
        "correlation of two slots that drops the later",
        number(0, 1, above=True),
    )
    support: Param[int] = Param(Params._dummy(), "support", "rows a rule needs", whole(2))

    @keyword_only
    def __init__(
        self,
        *,
        inputCol: str | None = None,
        outputCol: str = "checked",
        labelCol: str = "label",
        tenantCol: str | None = None,
        keyCol: str | None = None,
        sampleRows: int = 2_000,
        remove: bool = True,
        minRows: int = 100,
        maxAuroc: float = 0.96,
        suspicious: float = 0.8,
        maxCorrelation: float = 0.95,
        maxCramersV: float = 0.95,
        maxNulls: float = 0.995,
        duplicate: float = 0.9999,
        support: int = 10,
    ) -> None:
        super().__init__()
        self._setDefault(
            labelCol="label", sampleRows=2_000, maxAuroc=0.96, suspicious=0.8, maxCorrelation=0.95
        )
        self._setDefault(maxCramersV=0.95, maxNulls=0.995, duplicate=0.9999, support=10)
        self._set(**self._input_kwargs)

    def limits(self) -> Limits:
        """Where a measure becomes a finding."""
        return Limits(
            auroc=self.getOrDefault(self.maxAuroc),
            suspicious=self.getOrDefault(self.suspicious),
            correlation=self.getOrDefault(self.maxCorrelation),
            cramersV=self.getOrDefault(self.maxCramersV),
            nulls=self.getOrDefault(self.maxNulls),
            duplicate=self.getOrDefault(self.duplicate),
            support=self.getOrDefault(self.support),
        )

    def _prepared(self, schema: T.StructType) -> dict[str, Column]:
        return {self._place_name(): self._place(schema, [*self._values(schema).values()])}

    def _aggregates(self, schema: T.StructType) -> dict[str, Column]:
        values = self._values(schema)
        known = values["features"].isNotNull() & (F.abs(values["label"]) < float("inf"))  # NaN is above it
        return {
            "sample": sampled(values, F.col(self._place_name()), self.getOrDefault(self.sampleRows), known)
        }

    def _values(self, schema: T.StructType) -> dict[str, Column]:
        names = [self.getInputCol(), self.getLabelCol()]
        features, label = (column(field_of(schema, name, "SanityChecker").name) for name in names)
        return {"features": features, "label": label.cast("double")}

    def _place_name(self) -> str:
        return f"__tiltyard_place_{self.uid}"

    def _state(self, schema: T.StructType, columns: Mapping[str, Column]) -> dict[str, Column]:
        # Ranks, bins and tables of a sample: numpy has them, SQL has not.
        checked = arrow_function(
            _checker(slots_of(schema, self.getInputCol()), self.limits()), _struct(_CHECKED)
        )
        found = checked(columns["sample"])
        return {name: found.getField(name) for name in _CHECKED}

    def _model(self) -> SanityCheckerModel:
        return SanityCheckerModel()


class SanityCheckerModel(_SanityParams, KeyedModel):
    """SanityChecker's fitted model: every tenant's findings and measures.

    Examples
    --------
    >>> from tiltyard.transformers import FeaturePacker
    >>> frame = spark.createDataFrame([(n, 1.0, float(n % 2)) for n in range(200)], "id int, one double, label double")
    >>> packed = FeaturePacker(inputCols=["one"]).transform(frame)
    >>> model = SanityChecker(inputCol="features", keyCol="id").fit(packed)
    >>> model.findings().select("name", "check", "sentence").collect()
    [Row(name='one', check='constant', sentence='it is 1 in all 200 rows')]
    """

    def findings(self) -> DataFrame:
        """DataFrame[tenant, slot, name, field, check, measure, threshold, dropped, sentence]; null: all rows."""
        return self.state.select(TENANT, F.inline(F.col(STATE).getField("findings")))

    def measures(self) -> DataFrame:
        """DataFrame[tenant, slot, nulls, variance, correlation, auroc, cramersV, null_auroc], one row a slot."""
        every = F.posexplode(F.col(STATE).getField("measures")).alias("slot", "found")
        return self.state.select(TENANT, every).select(TENANT, "slot", "found.*")

    def _read(self, own: Column, shared: Column, kind: T.DataType, schema: T.StructType) -> Column:
        return F.struct(own.getField("mask").alias("mask"))

    def _outputs(self, schema: T.StructType, state: Callable[[str], Column]) -> list[Column]:
        name = self.getInputCol()
        slots = slots_of(schema, name)
        features = column(field_of(schema, name, "SanityCheckerModel").name)
        if self.getOrDefault(self.remove):
            features = _masked(features, state("mask"), len(slots))
        return [features.alias(self.getOutputCol(), metadata=packed_metadata(slots))]


def _masked(features: Column, mask: Column, slots: int) -> Column:
    every = [F.get(features, F.lit(at)) + F.get(mask, F.lit(at)) for at in range(slots)]
    # Many tenants have no bad slot, and no state means none: their rows are taken as they are.
    return F.when(features.isNotNull() & mask.isNotNull(), F.array(*every)).otherwise(features)


def _checker(slots: tuple[Slot, ...], limits: Limits) -> Callable[[pa.Array], pa.Array]:
    shape = to_arrow_type(_struct(_CHECKED))

    def on_batch(samples: pa.Array) -> pa.Array:
        return pa.array([_checked(one.values, slots, limits) for one in samples], type=shape)

    return on_batch


def _checked(rows: pa.Array | None, slots: tuple[Slot, ...], limits: Limits) -> dict[str, Any]:
    if rows is None or len(rows) == 0:
        return {"findings": [], "measures": [], "mask": None}
    packed = pc.struct_field(rows, "features").flatten().to_numpy(zero_copy_only=False)
    labels = pc.struct_field(rows, "label").to_numpy(zero_copy_only=False)
    measures, found = check(packed.reshape(len(rows), len(slots)).astype(np.float64), labels, slots, limits)
    mask = np.zeros(len(slots), dtype=np.float32)
    mask[[one.slot for one in found if one.dropped]] = np.nan
    return {
        "mask": mask if np.isnan(mask).any() else None,
        "findings": [_row(one, slots[one.slot]) for one in found],
        "measures": [
            dict(zip(MEASURES, row, strict=True)) for row in zip(*vars(measures).values(), strict=True)
        ],
    }


def _row(finding: Finding, slot: Slot) -> dict[str, Any]:
    return {"name": slot.name, "field": slot.field, **vars(finding)}
