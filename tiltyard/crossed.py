"""Crossed: Spark ML's CrossValidator, whose folds may also follow each other in time."""

from __future__ import annotations

from typing import Any

from pyspark.ml.param import Param, Params
from pyspark.ml.tuning import CrossValidator
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tiltyard.columns import column
from tiltyard.params import Ranged, flag


class Crossed(Ranged, CrossValidator):
    """A CrossValidator with one more param.

    Parameters
    ----------
    expanding : `foldCol` counts blocks in time, from 0 to numFolds: block i validates what was trained on
        the blocks before it (see `tiltyard.folds.time_folds`); default False

    Examples
    --------
    >>> from pyspark.ml.evaluation import BinaryClassificationEvaluator
    >>> from tiltyard.learners import Prior
    >>> rows = [([float(n)], n // 10, float(n % 2)) for n in range(30)]
    >>> frame = spark.createDataFrame(rows, "features array<float>, block int, label double")
    >>> crossed = Crossed(
    ...     estimator=Prior(), estimatorParamMaps=[{}], evaluator=BinaryClassificationEvaluator(),
    ...     numFolds=2, foldCol="block", expanding=True,
    ... )
    >>> float(crossed.fit(frame).avgMetrics[0])
    0.5
    """

    expanding: Param[bool] = Param(
        Params._dummy(),
        "expanding",
        "whether foldCol counts blocks in time, each trained on the ones before it",
        flag(),
    )

    def __init__(self, **params: Any) -> None:
        super().__init__()
        self._setDefault(expanding=False)
        self._set(**params)

    def fold_column(self) -> Column:
        """`foldCol` as a whole number; 0 without it. A row with another value than there may be fails the job."""
        if not self.getFoldCol():
            return F.lit(0)
        last = self.getNumFolds() - int(not self.getOrDefault(self.expanding))
        fold = column(self.getFoldCol())
        message = F.printf(F.lit(f"Tournament: 'foldCol' must be 0 to {last}, got %s."), fold.cast("string"))
        return F.when(fold.between(0, last), fold.cast("int")).otherwise(F.raise_error(message))

    def _kFold(self, dataset: DataFrame) -> list[tuple[DataFrame, DataFrame]]:
        """Training and validation rows; stock ones are checked by a Python function row by row, for each of them."""
        if not self.getFoldCol():
            return super()._kFold(dataset)
        checked = dataset.withColumn(self.getFoldCol(), self.fold_column())
        fold = column(self.getFoldCol())
        if self.getOrDefault(self.expanding):
            blocks = range(1, self.getNumFolds() + 1)
            return [(checked.where(fold < block), checked.where(fold == block)) for block in blocks]
        return [(checked.where(fold != one), checked.where(fold == one)) for one in range(self.getNumFolds())]
