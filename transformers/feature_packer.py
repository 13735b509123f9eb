"""FeaturePacker: columns as one packed row of floats, with their lineage."""

from __future__ import annotations

from typing import Any

from pyspark import keyword_only
from pyspark.ml import Transformer
from pyspark.ml.param.shared import HasInputCols, HasOutputCol
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType, NumericType, StringType, StructField

from tiltyard.columns import column, field_of
from tiltyard.errors import DataContractError
from tiltyard.params import Ranged
from tiltyard.slots import lineage, packed_metadata, slot_of
from tiltyard.transformers._numbers import NUMERIC_TYPES, number

_WAY_OUT = {
    "timestamp": "Take its parts with DateParts first.",
    "timestamp_ntz": "Take its parts with DateParts first.",
    "date": "Take its parts with DateParts first.",
    "string": "Encode it with Pivot first, or type its numbers with FieldTyper.",
}


class FeaturePacker(
    Ranged, Transformer, HasInputCols, HasOutputCol, DefaultParamsReadable[Any], DefaultParamsWritable
):
    """Pack numeric and boolean columns into one `array<float>`, each slot with its lineage.

    Null, NaN and the infinities (and numbers beyond a float's range) become NaN; booleans become 0 and 1. A
    text column is packed only where FieldTyper has typed it as a number; texts without one become NaN. Values
    are rounded to a float's 24 bits. No job, no shuffle.

    Parameters
    ----------
    inputCols : columns to pack, in the order of the slots; numeric, boolean, or text typed as a number
    outputCol : name of the packed column, default "features"

    See Also
    --------
    tiltyard.slots.slots_of : the slots of a packed column.
    FeatureVector : the packed row as an ML vector.
    pyspark.ml.feature.VectorAssembler : a vector without lineage; null and NaN are errors or drop the row.

    Examples
    --------
    >>> frame = spark.createDataFrame([(1400, True), (None, False)], "distance int, weekend boolean")
    >>> packed = FeaturePacker(inputCols=["distance", "weekend"]).transform(frame)
    >>> [row.features for row in packed.collect()]
    [[1400.0, 1.0], [nan, 0.0]]
    """

    @keyword_only
    def __init__(self, *, inputCols: list[str] | None = None, outputCol: str = "features") -> None:
        super().__init__()
        self._setDefault(outputCol="features")
        self._set(**self._input_kwargs)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        fields = [field_of(dataset.schema, name, "FeaturePacker") for name in self.getInputCols()]
        packed = F.array(*[_float(field) for field in fields]).cast("array<float>")
        metadata = packed_metadata(tuple(slot_of(field) for field in fields))
        return dataset.select("*", packed.alias(self.getOutputCol(), metadata=metadata))


def _float(field: StructField) -> Column:
    value = column(field.name)
    if isinstance(field.dataType, StringType) and lineage(field)[1] in NUMERIC_TYPES:
        value = number(value)
    elif not isinstance(field.dataType, NumericType | BooleanType):
        kind = field.dataType.simpleString()
        raise DataContractError(
            f"FeaturePacker: column '{field.name}' must be numeric or boolean, got {kind}. "
            + _WAY_OUT.get(kind, "Take a number from it first.")
        )
    value = value.cast("float")
    # NaN sorts above infinity in Spark, so one comparison catches NaN, null and both infinities.
    return F.when(F.abs(value) < float("inf"), value).otherwise(F.lit(float("nan")).cast("float"))
