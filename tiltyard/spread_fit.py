"""SpreadFit: one of a family's contenders, fitted where many workers hold the rows, as a Spark ML estimator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Lock
from typing import Any, cast

from pyspark.ml import Estimator
from pyspark.ml.base import _FitMultipleIterator
from pyspark.ml.param import Param, Params
from pyspark.sql import DataFrame

from tiltyard.entries import Contender
from tiltyard.learners import classed
from tiltyard.learners.base import LearnerModel
from tiltyard.learners.spread import Spread, SpreadTrainer
from tiltyard.params import Ranged, whole
from tiltyard.problem import Multiclass, Problem


class SpreadFit(Ranged, Estimator[LearnerModel]):
    """Fits contender `place` on rows as `tiltyard.learners.spread.Spread` has them; maps over `place` are a grid.

    The model answers as a learner's does; of several classes by the number of a class.

    Parameters
    ----------
    contenders : of one family, whose kernel is a SpreadTrainer
    categorical, workers : as of Spread
    problem : what is predicted
    """

    place: Param[int] = Param(Params._dummy(), "place", "which of the contenders is fitted", whole(0))

    def __init__(
        self,
        contenders: Sequence[Contender] = (),
        categorical: tuple[bool, ...] = (),
        workers: int = 1,
        problem: Problem | None = None,
    ) -> None:
        super().__init__()
        self._setDefault(place=0)
        self.contenders, self.categorical, self.workers, self.problem = (
            contenders,
            categorical,
            workers,
            problem,
        )

    def fitMultiple(self, dataset: DataFrame, paramMaps: Sequence[Any]) -> Iterator[tuple[int, LearnerModel]]:
        """As any estimator's; contenders share what they make of the rows, until all are fitted."""
        spread, lock, left = self._spread(dataset), Lock(), [len(paramMaps)]

        def fit(index: int) -> LearnerModel:
            try:
                return self.copy(paramMaps[index])._fitted(spread)
            finally:
                with lock:
                    left[0] -= 1
                    if not left[0]:
                        spread.release()

        return _FitMultipleIterator(fit, len(paramMaps))

    def _fit(self, dataset: DataFrame) -> LearnerModel:
        spread = self._spread(dataset)
        try:
            return self._fitted(spread)
        finally:
            spread.release()

    def _spread(self, dataset: DataFrame) -> Spread:
        return Spread(dataset, self.categorical, self.workers)

    def _fitted(self, spread: Spread) -> LearnerModel:
        contender = self.contenders[self.getOrDefault(self.place)]
        problem = cast(Problem, self.problem)
        fitted = cast(SpreadTrainer, contender.kernel).fit_spread(spread, contender.params, problem)
        if isinstance(problem, Multiclass):
            fitted = classed.Classed(fitted, tuple(map(str, range(len(problem.classes)))))
        return LearnerModel(fitted.dump())._set(featuresCol="x", problem=problem.name)
