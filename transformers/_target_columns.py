"""Mean labels as columns: what stages share that encode by outcome, each row out of its own fold."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols, HasLabelCol, HasOutputCols
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import column, field_of
from tiltyard.keyed import HasTenantCol, KeyedModel
from tiltyard.params import flag, number, outputs_of, text, whole
from tiltyard.slots import NUMERIC, derived, lineage
from tiltyard.transformers._levels import marks, nan, place

# A tenant's column: see `tiltyard.transformers._target_rates.Rates`.
RATES = T.StructType(
    [
        T.StructField("levels", T.ArrayType(T.StringType())),
        T.StructField("rates", T.ArrayType(T.ArrayType(T.FloatType()))),
        T.StructField("other", T.ArrayType(T.FloatType())),
    ]
)
_NO_FOLD = -1


class HasFolds(HasInputCols, HasOutputCols, HasTenantCol):
    """Params of an encoder by outcome and of its model."""

    foldCol: Param[str] = Param(
        Params._dummy(), "foldCol", "column of the folds, whole numbers from 0", text()
    )

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(minRows=1)

    def fold_of(self, schema: T.StructType) -> Column | None:
        """The frame's fold column, None where there is none: rows to score have none."""
        if not self.isSet(self.foldCol) or self.getOrDefault(self.foldCol) not in schema.names:
            return None
        return column(self.getOrDefault(self.foldCol))


class HasTargets(HasFolds, HasLabelCol):
    """Params of an encoder by outcome, and the label and fold of each row."""

    expanding: Param[bool] = Param(
        Params._dummy(),
        "expanding",
        "whether folds are blocks in time, and only earlier ones are known",
        flag(),
    )
    smoothing: Param[float] = Param(
        Params._dummy(), "smoothing", "rows of the tenant's mean mixed into each value's", number(0)
    )
    maxLevels: Param[int] = Param(Params._dummy(), "maxLevels", "values remembered for each column", whole(1))
    minSupport: Param[int] = Param(Params._dummy(), "minSupport", "rows a value needs", whole(1))

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(expanding=False, smoothing=20.0, maxLevels=1_000, minSupport=2)

    def label_of(self, schema: T.StructType) -> tuple[Column, Column]:
        """A row's label, and whether it is one to learn from."""
        label = column(field_of(schema, self.getLabelCol(), type(self).__name__).name).cast("double")
        return label, F.abs(label) < float("inf")  # NaN is above it

    def fold_number(self, schema: T.StructType) -> Column:
        """A row's fold, -1 for none."""
        if self.isSet(self.foldCol):
            field_of(schema, self.getOrDefault(self.foldCol), type(self).__name__)
        folds = self.fold_of(schema)
        return F.lit(_NO_FOLD) if folds is None else F.coalesce(folds.cast("int"), F.lit(_NO_FOLD))

    def wanted(self) -> dict[str, Any]:
        """What `target_rates` is told."""
        return {
            "smoothing": self.getOrDefault(self.smoothing),
            "most": self.getOrDefault(self.maxLevels),
            "support": self.getOrDefault(self.minSupport),
            "expanding": self.getOrDefault(self.expanding),
        }


class TargetModel(HasFolds, KeyedModel):
    """A fitted encoder by outcome; a leaf says how a row's value meets the rates."""

    @abstractmethod
    def _encoded(self, schema: T.StructType, name: str, rates: Rates) -> Column:
        """The encoding of an input column, null or NaN where there is none."""

    def _read(self, own: Column, shared: Column, kind: T.DataType, schema: T.StructType) -> Column:
        # Rows without folds, such as those to score, read the rates of all rows only.
        rates = _by_fold if self.fold_of(schema) is not None else _whole
        return F.struct(*[rates(own[name]).alias(name) for name in outputs_of(self, "target")])

    def _outputs(self, schema: T.StructType, state: Callable[[str], Column]) -> list[Column]:
        outputs = outputs_of(self, "target")
        return [self._output(schema, name, output, state(name)) for name, output in outputs.items()]

    def _output(self, schema: T.StructType, name: str, output: str, known: Column) -> Column:
        encoded = self._encoded(schema, name, Rates(known, self.fold_of(schema)))
        source = lineage(field_of(schema, name, type(self).__name__))
        return derived(F.coalesce(encoded, nan()), output, source, NUMERIC)


class Rates:
    """The rates that a row may know of its tenant's column."""

    def __init__(self, known: Column, fold: Column | None) -> None:
        self._known, self._fold = known, fold

    def of(self, value: Column) -> Column:
        """The rate of a value, null for one that is not known."""
        # `get` counts from 0 and is null outside of the array: a value that is not known.
        return self._mine(F.get(self._known["rates"], place(value, self._known["levels"]) - 1))

    def other(self) -> Column:
        """What stands for values that are not known."""
        return self._mine(self._known["other"])

    def _mine(self, rate: Column) -> Column:
        if self._fold is None:
            return rate
        return F.get(rate, F.coalesce(self._fold.cast("int") + 1, F.lit(0)))


def _by_fold(known: Column) -> Column:
    return F.struct(marks(known["levels"]).alias("levels"), known["rates"], known["other"])


def _whole(known: Column) -> Column:
    """A column's levels with one rate each: the first, which is that of all rows."""
    return F.struct(
        marks(known["levels"]).alias("levels"),
        F.transform(known["rates"], lambda by_fold: F.get(by_fold, F.lit(0))).alias("rates"),
        F.get(known["other"], F.lit(0)).alias("other"),
    )
