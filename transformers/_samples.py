"""Samples of tenants' rows: the params and the aggregate of stages that learn from a bounded number of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
        Params._dummy(), "sampleRows", "rows of a tenant looked at, at most", whole(1)
    )
    keyCol: Param[str] = Param(
        Params._dummy(),
        "keyCol",
        "column whose hash draws the sample, best one that names a row",
        text(),
    )

    def _sample(
        self,
        schema: T.StructType,
        values: Mapping[str, Column],
        where: Column | None = None,
        by: Sequence[Column] | None = None,
    ) -> Column:
        """An aggregate: each tenant's sample as array of structs of `values`; empty without rows.

        Rows are drawn by their place among `by`, by default the values.
        """
        place = self._place(schema, [*values.values()] if by is None else by)
        return sampled(values, place, self.getOrDefault(self.sampleRows), where)

    def _place(self, schema: T.StructType, by: Sequence[Column]) -> Column:
        """A row's hash, which draws it, with the key before `by` if there is one.

        A key need not be unique, and so only rows without a difference stay tied.
        """
        drawn_by = [*by]
        if self.isSet(self.keyCol):
            key = field_of(schema, self.getOrDefault(self.keyCol), type(self).__name__)
            drawn_by = [column(key.name), *drawn_by]
        return F.xxhash64(F.struct(*drawn_by))


def simple_columns(schema: T.StructType) -> list[Column]:
    """The columns of types that Spark hashes by value."""
    return [column(field.name) for field in schema if isinstance(field.dataType, _HASHED)]
