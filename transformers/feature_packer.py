"""FeaturePacker: columns as one packed row of floats, with their lineage."""

from __future__ import annotations

from typing import Any

from pyspark import keyword_only
from pyspark.ml import Transformer
from pyspark.ml.param.shared import HasInputCols, HasOutputCol
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType, NumericType, StructField

from tiltyard.columns import column, field_of
from tiltyard.errors import DataContractError
from tiltyard.params import Ranged
from tiltyard.slots import packed_metadata, slot_of

_WAY_OUT = {
    "timestamp": "Take its parts with DateParts first.",
    "timestamp_ntz": "Take its parts with DateParts first.",
    "date": "Take its parts with DateParts first.",
    "string": "Encode it with Pivot first.",
}


class FeaturePacker(
    Ranged, Transformer, HasInputCols, HasOutputCol, DefaultParamsReadable[Any], DefaultParamsWritable
):
    """Pack numeric and boolean columns into one `array<float>`.

    Null, NaN and the infinities (of a float's range) become NaN; booleans 0 and 1.
    """

    @keyword_only
    def __init__(self, *, inputCols: list[str] | None = None, outputCol: str = "features") -> None:
        super().__init__()
        self._setDefault(outputCol="features")
        self._set(**self._input_kwargs)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        fields = [field_of(dataset.schema, name, "FeaturePacker") for name in self.getInputCols()]
        packed = F.array(*[_number(field) for field in fields]).cast("array<float>")
        metadata = packed_metadata(tuple(slot_of(field) for field in fields))
        return dataset.select("*", packed.alias(self.getOutputCol(), metadata=metadata))


def _number(field: StructField) -> Column:
    if not isinstance(field.dataType, NumericType | BooleanType):
        kind = field.dataType.simpleString()
        raise DataContractError(
            f"FeaturePacker: column '{field.name}' must be numeric or boolean, got {kind}. "
            + _WAY_OUT.get(kind, "Take a number from it first.")
        )
    number = column(field.name).cast("float")
    # NaN sorts above infinity in Spark, so one comparison catches NaN, null and both infinities.
    return F.when(F.abs(number) < float("inf"), number).otherwise(F.lit(float("nan")).cast("float"))
