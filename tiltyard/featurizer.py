"""Featurizer: a table's fields in, one packed row of checked features out, with nothing configured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark import keyword_only
from pyspark.ml import Estimator, Pipeline, PipelineModel
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols, HasOutputCol
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import DataFrame

from tiltyard.errors import DataContractError
from tiltyard.features import Plan, Settings, feature_plan
from tiltyard.keyed_union import KeyedUnion
from tiltyard.params import Ranged, flag, one_of, text, whole
from tiltyard.problem import METRICS_OF, Binary, Multiclass, Regression
from tiltyard.transformers import DateParts, FeaturePacker, FieldTyper, SanityChecker

_UNCHECKED = "_unchecked"  # the packed row before SanityChecker
# What SanityChecker takes for a leak where that is not what it takes for one of a yes or no. Codes of classes are in no
# order: a correlation with them means nothing.
_LIMITS: Mapping[str, Mapping[str, Any]] = {
    Binary.name: {},
    Multiclass.name: {"maxCorrelation": 1.0, "maxAuroc": 0.995, "maxCramersV": 0.99},
    Regression.name: {"maxCorrelation": 0.999, "maxAuroc": 0.995, "maxCramersV": 0.99},
}


class Featurizer(
    Ranged,
    Estimator[PipelineModel],
    HasInputCols,
    HasOutputCol,
    DefaultParamsReadable[Any],
    DefaultParamsWritable,
):
    """Turn a table into packed rows of features: types found, fields encoded for each tenant, bad slots taken out.

    `fit` gives a PipelineModel of FieldTyper's model, the stages that the types ask for (see
    `tiltyard.features.feature_plan`), FeaturePacker, and SanityChecker where there is a label. Whatever the number
    of columns and tenants it costs three aggregations: types, all that the tenants' states need, and the check,
    which reads what the others made. Nulls, unseen values and unseen tenants: as each stage says.

    Parameters
    ----------
    inputCols : fields; default: all columns but tenant, label, fold and key
    outputCol : name of the packed column, default "features"
    tenantCol : column of the tenant; default: the whole frame is one
    labelCol : column of the label, numbers; default: none, then nothing learns from it and nothing is checked
    foldCol, expanding : as for TargetEncode
    keyCol : column that names each row, whose hash draws the samples
    types : semantic type by field for those that are known; they win over what is found
    levels : values kept of a category, and terms of a text
    minSupport : rows of the tenant a value or term needs
    timeZone : as for DateParts
    check : whether SanityChecker stands last; it does nothing without a label
    remove : whether it takes bad slots out, or reports them only
    problem : "binary" (default), "multiclass" or "regression": how well a slot may know the label. A number is often
        known almost from another one, as a price is from an older price, and one of several classes may be plain

    Notes
    -----
    The packed row is for one model a tenant: the same slot may mean different values for different tenants.
    In a session of your own set `spark.sql.constraintPropagation.enabled` to false, as Tiltyard's sessions do: what
    a filter says of many columns is rewritten for every combination of the features made of them. With
    `spark.sql.codegen.hugeMethodLimit` at 8000 `transform` of 300,000 rows x 20 columns took 12 CPU s instead of 20.

    See Also
    --------
    FeatureVector : the packed row as an ML vector, for learners of Spark ML.
    pyspark.ml.feature.RFormula : one encoding for all rows, and no types found.

    Examples
    --------
    >>> rows = [("a", n, n * 1.5, "red" if n % 3 else "blue", float(n % 2)) for n in range(200)]
    >>> frame = spark.createDataFrame(rows, "shop string, id int, price double, colour string, sold double")
    >>> featurizer = Featurizer(tenantCol="shop", labelCol="sold", keyCol="id", foldCol=None)
    >>> model = featurizer.fit(frame)
    >>> [type(stage).__name__ for stage in model.stages]
    ['FieldTyperModel', 'KeyedUnionModel', 'FeaturePacker', 'SanityCheckerModel']
    >>> model.transform(frame).schema["features"].dataType.simpleString()
    'array<float>'
    """

    tenantCol: Param[str] = Param(Params._dummy(), "tenantCol", "column of the tenant", text())
    labelCol: Param[str] = Param(Params._dummy(), "labelCol", "column of the label", text())
    foldCol: Param[str] = Param(Params._dummy(), "foldCol", "column of the folds", text())
    keyCol: Param[str] = Param(Params._dummy(), "keyCol", "column that names each row", text())
    expanding: Param[bool] = Param(Params._dummy(), "expanding", "whether folds are blocks in time", flag())
    types: Param[dict[str, str]] = Param(
        Params._dummy(), "types", "semantic type by field name", FieldTyper.types.typeConverter
    )
    levels: Param[int] = Param(Params._dummy(), "levels", "values and terms kept of a field", whole(1))
    minSupport: Param[int] = Param(Params._dummy(), "minSupport", "rows a value or term needs", whole(1))
    timeZone: Param[str] = Param(
        Params._dummy(), "timeZone", "zone in which instants are read", DateParts.timeZone.typeConverter
    )
    check: Param[bool] = Param(Params._dummy(), "check", "whether SanityChecker stands last", flag())
    remove: Param[bool] = Param(Params._dummy(), "remove", "whether bad slots are taken out", flag())

    problem: Param[str] = Param(Params._dummy(), "problem", "what is predicted", one_of(*METRICS_OF))

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCol: str = "features",
        tenantCol: str | None = None,
        labelCol: str | None = None,
        foldCol: str | None = None,
        expanding: bool = False,
        keyCol: str | None = None,
        types: dict[str, str] | None = None,
        levels: int = 20,
        minSupport: int = 10,
        timeZone: str = "UTC",
        check: bool = True,
        remove: bool = True,
        problem: str = Binary.name,
    ) -> None:
        super().__init__()
        self._setDefault(outputCol="features", expanding=False, types={}, levels=20, minSupport=10)
        self._setDefault(timeZone="UTC", check=True, remove=True, problem=Binary.name)
        self._set(**self._input_kwargs)

    def _fit(self, dataset: DataFrame) -> PipelineModel:
        typer = FieldTyper(inputCols=self._fields(dataset), types=self.getOrDefault(self.types)).fit(dataset)
        plan = feature_plan(typer.types, self._settings())
        if not plan.columns:
            raise DataContractError(
                "Featurizer: no field can become a feature, there are "
                + ", ".join(f"'{name}' ({kind})" for name, kind in typer.types.items())
                + ". Name the types of those that can with 'types'."
            )
        return PipelineModel(
            [typer, *Pipeline(stages=self._stages(plan)).fit(typer.transform(dataset)).stages]
        )

    def _fields(self, dataset: DataFrame) -> list[str]:
        if self.isSet(self.inputCols):
            return self.getInputCols()
        taken = {self._named(name) for name in ("tenantCol", "labelCol", "foldCol", "keyCol")}
        return [name for name in dataset.columns if name not in taken]

    def _settings(self) -> Settings:
        several = self.getOrDefault(self.problem) == Multiclass.name
        return Settings(
            tenant=self._named("tenantCol"),
            label=None if several else self._named("labelCol"),
            fold=self._named("foldCol"),
            key=self._named("keyCol"),
            expanding=self.getOrDefault(self.expanding),
            levels=self.getOrDefault(self.levels),
            support=self.getOrDefault(self.minSupport),
            time_zone=self.getOrDefault(self.timeZone),
        )

    def _stages(self, plan: Plan) -> list[Any]:
        output, checked = self.getOutputCol(), self.getOrDefault(self.check) and self._named("labelCol")
        packer = FeaturePacker(inputCols=plan.columns, outputCol=_UNCHECKED if checked else output)
        keyed = [KeyedUnion(stages=plan.keyed)] if plan.keyed else []
        return [*plan.parts, *keyed, packer, *([self._checker()] if checked else [])]

    def _checker(self) -> SanityChecker:
        return SanityChecker(
            inputCol=_UNCHECKED,
            outputCol=self.getOutputCol(),
            labelCol=self.getOrDefault(self.labelCol),
            tenantCol=self._named("tenantCol"),
            keyCol=self._named("keyCol"),
            remove=self.getOrDefault(self.remove),
            **_LIMITS[self.getOrDefault(self.problem)],
        )

    def _named(self, param: str) -> str | None:
        """A column param's value, None when unset."""
        return self.getOrDefault(param) if self.isSet(param) else None
