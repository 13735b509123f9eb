"""TargetEncode: a column of many categories as the mean label of each value, learnt out of fold."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
from pyspark import keyword_only
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_type

from tiltyard.arrow import arrow_function
from tiltyard.keyed import KeyedEstimator
from tiltyard.params import outputs_of
from tiltyard.transformers._levels import counts, level
from tiltyard.transformers._target_columns import RATES, HasTargets, Rates, TargetModel
from tiltyard.transformers._target_rates import Counts, target_rates

# Between the parts of a counted item; the level stands last and may hold anything.
_BETWEEN = "\x1f"


class TargetEncode(HasTargets, KeyedEstimator):
    """Encode categories by outcome: the mean label of the tenant's rows with this value.

    For columns of many values, which a pivot would cut. A row with a fold is encoded from the rows outside its
    fold, so that it never sees its own label; a row without one (every row to score) from all. Means are drawn
    toward the tenant's: a value with `smoothing` rows stands half-way. Values with less than `minSupport` rows,
    and unseen ones, get the tenant's mean; null is NaN. Rows of a null, unseen or thin tenant get the encodings of
    all rows together. `fit` costs one aggregation, whatever the number of columns and tenants; `transform` one
    left join.

    Parameters
    ----------
    inputCols : columns of single values (strings, numbers, booleans, dates)
    outputCols : as many names; default `<input>__target`
    labelCol : numbers; rows without a label teach nothing
    foldCol : column of the folds, whole numbers from 0, null for none; default: all rows are encoded from all,
        which lets training rows see their own labels
    expanding : the folds are blocks in time, and a row is encoded from earlier blocks only; NaN in the first
    tenantCol : column of the tenant; default: one encoding for the whole frame
    smoothing : rows of the tenant's mean that are mixed into each value's
    maxLevels : values remembered for each column, the most frequent
    minSupport : rows a value needs
    minRows : tenants with fewer rows are thin

    Notes
    -----
    Without folds a column that names each row is a perfect and worthless predictor; with them a column of noise
    stays noise. Counts are by value, fold and label: exact up to 750,000 combinations of a tenant's column, which
    labels of few values never reach. The method is Micci-Barreca's (SIGKDD Explorations 3, 2001).

    See Also
    --------
    FrequencyEncode : without a label.
    pyspark.ml.feature.TargetEncoder : one encoding for all rows, and of training rows by themselves.

    Examples
    --------
    >>> rows = [("EWR", 1.0, 0), ("EWR", 0.0, 1), ("LGA", 0.0, 0), ("LGA", 0.0, 1)]
    >>> frame = spark.createDataFrame(rows, "origin string, label double, fold int")
    >>> stage = TargetEncode(inputCols=["origin"], foldCol="fold", smoothing=0.0, minSupport=1)
    >>> model = stage.fit(frame)
    >>> [row.origin__target for row in model.transform(frame).collect()]
    [0.0, 1.0, 0.0, 0.0]
    >>> [row.origin__target for row in model.transform(frame.drop("fold")).collect()]
    [0.5, 0.5, 0.0, 0.0]
    """

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCols: list[str] | None = None,
        labelCol: str = "label",
        foldCol: str | None = None,
        expanding: bool = False,
        tenantCol: str | None = None,
        smoothing: float = 20.0,
        maxLevels: int = 1_000,
        minSupport: int = 2,
        minRows: int = 1,
    ) -> None:
        super().__init__()
        self._set(**self._input_kwargs)

    def _prepared(self, schema: T.StructType) -> dict[str, Column]:
        (label, known), fold = self.label_of(schema), self.fold_number(schema)
        return {
            place: F.when(known, _item(fold, label, level(schema, name, "TargetEncode")))
            for name, place in self._places().items()
        }

    def _aggregates(self, schema: T.StructType) -> dict[str, Column]:
        return {name: counts(F.col(place)) for name, place in self._places().items()}

    def _places(self) -> dict[str, str]:
        """Where the counted items of each input stand."""
        return {
            name: f"__tiltyard_item_{self.uid}_{at}" for at, name in enumerate(outputs_of(self, "target"))
        }

    def _state(self, schema: T.StructType, columns: Mapping[str, Column]) -> dict[str, Column]:
        # Sums by level and fold, out of one list of counts: a group-by inside a cell, which SQL has not.
        rates = arrow_function(self._rates(), RATES)
        return {name: rates(columns[name]) for name in outputs_of(self, "target")}

    def _model(self) -> TargetEncodeModel:
        return TargetEncodeModel()

    def _rates(self) -> Callable[[pa.Array], pa.Array]:
        wanted = self.wanted()
        shape = to_arrow_type(RATES)

        def on_batch(counted: pa.Array) -> pa.Array:
            every = [target_rates(_read(one.values), **wanted)._asdict() for one in counted]
            return pa.array([{**one, "rates": one["rates"].tolist()} for one in every], type=shape)

        return on_batch


class TargetEncodeModel(TargetModel):
    """TargetEncode's fitted model: the values' mean labels for every tenant and column, whole and out of fold.

    Examples
    --------
    >>> frame = spark.createDataFrame([("EWR", 1.0), ("EWR", 0.0)], "origin string, label double")
    >>> TargetEncode(inputCols=["origin"]).fit(frame).transform(frame).first().origin__target
    0.5
    """

    def _encoded(self, schema: T.StructType, name: str, rates: Rates) -> Column:
        value = level(schema, name, "TargetEncodeModel")
        return F.when(value.isNotNull(), F.coalesce(rates.of(value), rates.other()))


def _item(fold: Column, label: Column, value: Column) -> Column:
    return F.concat(fold.cast("string"), F.lit(_BETWEEN), label.cast("string"), F.lit(_BETWEEN), value)


def _read(counted: pa.Array | None) -> Counts:
    """The counts of one tenant's column, without those of null."""
    entries = [] if counted is None else counted.to_pylist()
    parts = [(*one["item"].split(_BETWEEN, 2), one["count"]) for one in entries if one["item"] is not None]
    folds, labels, levels, rows = zip(*parts, strict=True) if parts else ((), (), (), ())
    return Counts(
        np.array(levels, dtype=object),
        np.array(folds, dtype=np.int64),
        np.array(labels, dtype=np.float64),
        np.array(rows, dtype=np.float64),
    )
