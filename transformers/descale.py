"""Descale: scaled numbers back in the units they came from."""

from __future__ import annotations

from collections.abc import Callable

from pyspark import keyword_only
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols, HasOutputCols
from pyspark.sql import Column
from pyspark.sql.types import DataType, StructType

from tiltyard.errors import TiltyardError
from tiltyard.keyed import HasTenantCol, KeyedModel
from tiltyard.params import names
from tiltyard.slots import NUMERIC, derived, lineage
from tiltyard.state import filled
from tiltyard.transformers._numbers import finite, not_nan, numeric_outputs
from tiltyard.transformers.scale import ScaleModel


class Descale(HasInputCols, HasOutputCols, KeyedModel):
    """Bring numbers scaled by a fitted Scale back: (x - mean) / deviation becomes x.

    Null stays null; NaN, the infinities and results beyond a double's range become null. Rows meet the same
    centre and unit as in the ScaleModel: those of all rows together for null, unseen and thin tenants. One left
    join, no job.

    Parameters
    ----------
    scaler : the fitted ScaleModel; its state becomes this stage's own and is saved with it
    inputCols : numeric columns to bring back; default: the outputs of `scaler`
    outputCols : as many names; default `<input>__descaled`, doubles
    fields : for each input the field whose scale it has; default: the one `scaler` made it from. Needed for
        other columns, such as predictions of a scaled label
    tenantCol : column of the tenant; default: that of `scaler`

    Notes
    -----
    Scaling and back gives the same number up to the rounding of doubles: within about 1e-15 of the greatest of
    the number, its distance from the centre and the centre. Tenants' own spread of errors comes back too: an
    error of 1 in scaled units is one deviation of that tenant.

    See Also
    --------
    Scale : the way there.

    Examples
    --------
    >>> from tiltyard.transformers import Scale
    >>> rows = [("UA", 1.0, 0.5), ("UA", 3.0, 0.0), ("AA", 100.0, 0.5), ("AA", 300.0, 0.0)]
    >>> frame = spark.createDataFrame(rows, "carrier string, miles double, prediction double")
    >>> scaler = Scale(inputCols=["miles"], tenantCol="carrier").fit(frame)
    >>> back = Descale(scaler=scaler, inputCols=["prediction"], fields=["miles"])
    >>> [row.prediction__descaled for row in back.transform(frame).orderBy("miles").collect()]
    [2.5, 2.0, 250.0, 200.0]
    """

    tenantCol: Param[str] = HasTenantCol.tenantCol
    fields: Param[list[str]] = Param(
        Params._dummy(), "fields", "for each input the field whose scale it has", names()
    )

    @keyword_only
    def __init__(
        self,
        *,
        scaler: ScaleModel | None = None,
        inputCols: list[str] | None = None,
        outputCols: list[str] | None = None,
        fields: list[str] | None = None,
        tenantCol: str | None = None,
    ) -> None:
        given = {name: value for name, value in self._input_kwargs.items() if name != "scaler"}
        super().__init__()
        self._set(**given)
        if scaler is not None:
            self._take(scaler)

    def tenant(self) -> str | None:
        return self.getOrDefault(self.tenantCol) if self.isDefined(self.tenantCol) else None

    def _take(self, scaler: ScaleModel) -> None:
        self._read_state = lambda: scaler.state
        made_from = {output: name for name, output in scaler.outputs().items()}
        if not self.isSet(self.inputCols):
            self._set(inputCols=list(made_from))
        if not self.isSet(self.fields):
            self._set(fields=[made_from.get(name, name) for name in self.getInputCols()])
        if not self.isSet(self.tenantCol):
            self._set(tenantCol=scaler.tenant())
        fields, known = self.getOrDefault(self.fields), list(made_from.values())
        if len(fields) != len(self.getInputCols()) or not set(fields) <= set(known):
            raise TiltyardError(
                f"Descale: 'fields' must name for each of {self.getInputCols()} one of {known}, got {fields}."
            )

    def _read(self, own: Column, shared: Column, kind: DataType, schema: StructType) -> Column:
        return filled(own, shared, kind)

    def _outputs(self, schema: StructType, state: Callable[[str], Column]) -> list[Column]:
        every = zip(self.getOrDefault("fields"), numeric_outputs(self, schema, "descaled"), strict=True)
        return [
            derived(_descaled(finite(not_nan(field)), state(scaled)), output, lineage(field), NUMERIC)
            for scaled, (_, field, output) in every
        ]


def _descaled(value: Column, state: Column) -> Column:
    return finite(value * state.getField("unit") + state.getField("center"))
