"""Evaluators: Spark ML's own as the names of our metrics, and those that Spark ML lacks."""

from __future__ import annotations

from typing import Any

from pyspark import keyword_only
from pyspark.ml.evaluation import (
    BinaryClassificationEvaluator,
    Evaluator,
    MulticlassClassificationEvaluator,
    RegressionEvaluator,
)
from pyspark.ml.functions import vector_to_array
from pyspark.ml.param.shared import HasLabelCol, HasProbabilityCol
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tiltyard.columns import column
from tiltyard.errors import TiltyardError
from tiltyard.params import Ranged
from tiltyard.problem import METRICS_OF, Binary, Multiclass, Regression

# Evaluator and name in Spark ML of each problem's metrics; the others are measured by an evaluator of ours.
_THEIRS: dict[tuple[str, str], tuple[Any, str]] = {
    (Binary.name, "auroc"): (BinaryClassificationEvaluator, "areaUnderROC"),
    (Binary.name, "aupr"): (BinaryClassificationEvaluator, "areaUnderPR"),
    (Binary.name, "log_loss"): (MulticlassClassificationEvaluator, "logLoss"),
    (Multiclass.name, "log_loss"): (MulticlassClassificationEvaluator, "logLoss"),
    (Multiclass.name, "accuracy"): (MulticlassClassificationEvaluator, "accuracy"),
    **{(Regression.name, metric): (RegressionEvaluator, metric) for metric in Regression.metrics},
}


class _OfProbabilities(
    Ranged, Evaluator, HasLabelCol, HasProbabilityCol, DefaultParamsReadable[Any], DefaultParamsWritable
):
    """What the evaluators below share: a label, and the vector of its classes' probabilities."""

    @keyword_only
    def __init__(self, *, labelCol: str = "label", probabilityCol: str = "probability") -> None:
        super().__init__()
        self._set(**self._input_kwargs)

    def _known(self, dataset: DataFrame) -> DataFrame:
        """DataFrame[label, chances] of the rows with a label."""
        label = column(self.getLabelCol())
        chances = vector_to_array(column(self.getProbabilityCol()))
        return dataset.where(label.isNotNull()).select(label.alias("label"), chances.alias("chances"))


class BrierEvaluator(_OfProbabilities):
    """Mean squared difference of probability and outcome: 0 is perfect, 0.25 a coin's answer.

    Of more than two classes the squares are summed over them. Rows with a null label are left out. One Spark job.

    References
    ----------
    Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78, 1950.

    Examples
    --------
    >>> from pyspark.ml.linalg import Vectors
    >>> rows = [(1.0, Vectors.dense(0.2, 0.8)), (0.0, Vectors.dense(0.6, 0.4))]
    >>> frame = spark.createDataFrame(rows, ["label", "probability"])
    >>> round(BrierEvaluator().evaluate(frame), 3)
    0.1
    """

    def isLargerBetter(self) -> bool:
        return False

    def _evaluate(self, dataset: DataFrame) -> float:
        truth = F.transform("chances", lambda _, place: (place == F.col("label")).cast("double"))
        squares = F.zip_with("chances", truth, lambda chance, hit: F.pow(chance - hit, 2))
        summed = F.aggregate(squares, F.lit(0.0), lambda left, right: left + right)
        error = summed / F.when(F.size("chances") == 2, 2.0).otherwise(1.0)
        return float(self._known(dataset).agg(F.avg(error)).collect()[0][0])


class OneVsRestAurocEvaluator(_OfProbabilities):
    """Mean over the classes of the AUROC of each one against the rest, as scikit-learn's macro average.

    Classes of no row, or of all, are left out, and so are rows with a null label. One Spark job.

    Examples
    --------
    >>> from pyspark.ml.linalg import Vectors
    >>> rows = [(0.0, Vectors.dense(0.7, 0.2, 0.1)), (1.0, Vectors.dense(0.1, 0.6, 0.3)),
    ...         (2.0, Vectors.dense(0.3, 0.4, 0.3))]
    >>> frame = spark.createDataFrame(rows, ["label", "probability"])
    >>> round(OneVsRestAurocEvaluator().evaluate(frame), 2)
    0.92
    """

    def _evaluate(self, dataset: DataFrame) -> float:
        each = self._known(dataset).select("label", F.posexplode("chances").alias("of", "chance"))
        hit = F.col("label") == F.col("of")
        ties = F.count("*").over(Window.partitionBy("of", "chance"))
        place = F.rank().over(Window.partitionBy("of").orderBy("chance")) + (ties - 1) / 2
        ranked = each.select("of", hit.alias("hit"), place.alias("place"))
        yes = F.count_if("hit")
        wins = F.sum(F.when(F.col("hit"), F.col("place"))) - yes * (yes + 1) / 2  # Mann and Whitney's U
        pairs = yes * F.count_if(~F.col("hit"))
        areas = ranked.groupBy("of").agg(F.when(pairs > 0, wins / pairs).alias("area"))
        return float(areas.agg(F.avg("area")).collect()[0][0])


_OURS: dict[tuple[str, str], type[_OfProbabilities]] = {
    (Binary.name, "brier"): BrierEvaluator,
    (Multiclass.name, "brier"): BrierEvaluator,
    (Multiclass.name, "auroc"): OneVsRestAurocEvaluator,
}


def evaluator_for(metric: str, labelCol: str = "label", problem: str = Binary.name) -> Evaluator:
    """The evaluator of a problem's metric by its name.

    Examples
    --------
    >>> metric_of(evaluator_for("log_loss"))
    'log_loss'
    """
    if (problem, metric) in _OURS:
        return _OURS[problem, metric](labelCol=labelCol)
    kind, name = _THEIRS[problem, metric]
    evaluator: Evaluator = kind(labelCol=labelCol, metricName=name)
    return evaluator


def metric_of(evaluator: Evaluator, problem: str = Binary.name) -> str:
    """The name of a problem's metric that an evaluator measures.

    Raises
    ------
    TiltyardError : it measures something else

    Examples
    --------
    >>> metric_of(BinaryClassificationEvaluator(metricName="areaUnderPR"))
    'aupr'
    """
    said = evaluator.getOrDefault("metricName") if evaluator.hasParam("metricName") else None
    for metric in METRICS_OF[problem]:
        if isinstance(evaluator, _OURS.get((problem, metric), ())):
            return metric
        kind, name = _THEIRS.get((problem, metric), ((), None))
        if isinstance(evaluator, kind) and said == name:
            return metric
    raise TiltyardError(
        f"Tournament: 'evaluator' must measure one of {', '.join(METRICS_OF[problem])} of a {problem} problem"
        f" (see `evaluator_for`), got {type(evaluator).__name__} of {said}."
    )
