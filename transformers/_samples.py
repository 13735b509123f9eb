"""Samples of tenants' rows: the params and the aggregate of stages that learn from a bounded number of rows."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.ml.param import Param, Params
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import column, field_of
from tiltyard.params import Ranged, text, whole
from tiltyard.state import sampled

# Types Spark hashes by value.
_HASHED = (
    T.NumericType,
    T.StringType,
    T.BooleanType,
    T.DateType,
    T.TimestampType,
    T.TimestampNTZType,
    T.BinaryType,
)


class HasSample(Ranged):
    """Params `sampleRows` and `keyCol`, shared by stages that learn from a sample of each tenant's rows."""

    sampleRows: Param[int] = Param(
        Params._dummy(), "sampleRows", "rows of a tenant to learn from; all when it has fewer", whole(1)
    )
    keyCol: Param[str] = Param(
        Params._dummy(),
        "keyCol",
        "column whose hash draws the sample; unset: the hash of the whole row",
        text(),
    )

    def _sample(
        self, schema: T.StructType, values: Mapping[str, Column], where: Column | None = None
    ) -> Column:
        """An aggregate: each tenant's sample as array of structs of `values`; null without rows."""
        return sampled(values, self._drawn_by(schema, values), self.getOrDefault(self.sampleRows), where)

    def _drawn_by(self, schema: T.StructType, values: Mapping[str, Column]) -> Column:
        if self.isDefined(self.keyCol):
            key = field_of(schema, self.getOrDefault(self.keyCol), type(self).__name__)
            # A key need not be unique: with the values, only rows without a difference stay tied.
            return F.struct(column(key.name), *values.values())
        # Values alone would take or leave all rows of a frequent value together: half a column of zeros, or none.
        return F.struct(*[column(field.name) for field in schema if isinstance(field.dataType, _HASHED)])
