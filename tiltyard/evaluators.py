"""Evaluators: Spark ML's own as the names of our metrics, and the one that Spark ML lacks."""

from __future__ import annotations

from typing import Any

from pyspark import keyword_only
from pyspark.ml.evaluation import BinaryClassificationEvaluator, Evaluator, MulticlassClassificationEvaluator
from pyspark.ml.functions import vector_to_array
from pyspark.ml.param.shared import HasLabelCol, HasProbabilityCol
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tiltyard.columns import column
from tiltyard.errors import TiltyardError
from tiltyard.params import Ranged

_METRICS = {"areaUnderROC": "auroc", "areaUnderPR": "aupr", "logLoss": "log_loss"}


class BrierEvaluator(
    Ranged, Evaluator, HasLabelCol, HasProbabilityCol, DefaultParamsReadable[Any], DefaultParamsWritable
):
    """Mean squared difference of probability and outcome: 0 is perfect, 0.25 a coin's answer.

    Brier (1950), Verification of forecasts expressed in terms of probability. Rows with a null label are left
    out. One Spark job.

    Examples
    --------
    >>> from pyspark.ml.linalg import Vectors
    >>> rows = [(1.0, Vectors.dense(0.2, 0.8)), (0.0, Vectors.dense(0.6, 0.4))]
    >>> frame = spark.createDataFrame(rows, ["label", "probability"])
    >>> round(BrierEvaluator().evaluate(frame), 3)
    0.1
    """

    @keyword_only
    def __init__(self, *, labelCol: str = "label", probabilityCol: str = "probability") -> None:
        super().__init__()
        self._set(**self._input_kwargs)

    def isLargerBetter(self) -> bool:
        return False

    def _evaluate(self, dataset: DataFrame) -> float:
        positive = vector_to_array(column(self.getProbabilityCol()))[1]
        error = F.pow(positive - column(self.getLabelCol()), 2)
        return float(dataset.agg(F.avg(error)).collect()[0][0])


def evaluator_for(metric: str, labelCol: str = "label") -> Evaluator:
    """The evaluator of a metric's name.

    Examples
    --------
    >>> metric_of(evaluator_for("log_loss"))
    'log_loss'
    """
    if metric == "brier":
        return BrierEvaluator(labelCol=labelCol)
    if metric == "log_loss":
        return MulticlassClassificationEvaluator(labelCol=labelCol).setMetricName("logLoss")  # type: ignore[arg-type]
    names = {ours: theirs for theirs, ours in _METRICS.items()}
    return BinaryClassificationEvaluator(labelCol=labelCol, metricName=names[metric])  # type: ignore[arg-type]


def metric_of(evaluator: Evaluator) -> str:
    """The metric's name of an evaluator.

    Raises
    ------
    TiltyardError : it measures something else

    Examples
    --------
    >>> metric_of(BinaryClassificationEvaluator(metricName="areaUnderPR"))
    'aupr'
    """
    if isinstance(evaluator, BrierEvaluator):
        return "brier"
    name = evaluator.getOrDefault("metricName") if evaluator.hasParam("metricName") else None
    if name not in _METRICS:
        raise TiltyardError(
            f"Tournament: 'evaluator' must measure one of {', '.join(_METRICS)} or be a BrierEvaluator,"
            f" got {type(evaluator).__name__} of {name}."
        )
    return _METRICS[name]
