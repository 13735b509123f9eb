"""Evidence: an evaluator that keeps what contenders answer out of fold, as CrossValidator asks them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from pyspark.ml.evaluation import Evaluator
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tiltyard.games import Game
from tiltyard.problem import LARGER_IS_BETTER, Multiclass, Problem, Regression


@dataclass(frozen=True)
class Answered:
    """The answers to one fold's evidence, and the seconds it took to fit the model and to ask it."""

    fold: int
    answers: np.ndarray
    fit_seconds: float
    score_seconds: float


class Evidence(Evaluator):
    """Measures a model on the rows of a fold that are evidence, and keeps its answers in `seen`.

    CrossValidator fits and evaluates one model after another, so the time since the last evaluation is a fit's.

    Parameters
    ----------
    games : by fold; a fold without one has the metric 0 for all
    metric : name of the metric of selection
    """

    def __init__(self, games: Mapping[int, Game], metric: str, problem: Problem) -> None:
        super().__init__()
        self.games, self.metric, self.problem = games, metric, problem
        self.seen: list[Answered] = []
        self._before = time.perf_counter()

    def isLargerBetter(self) -> bool:
        return LARGER_IS_BETTER[self.metric]

    def _evaluate(self, dataset: DataFrame) -> float:
        began = time.perf_counter()
        fold, answers = self._asked(dataset)
        ended = time.perf_counter()
        self.seen.append(Answered(fold, answers, began - self._before, ended - began))
        self._before = ended
        game = self.games.get(fold)
        return game.round.score(answers)[self.metric] if game else 0.0

    def _asked(self, dataset: DataFrame) -> tuple[int, np.ndarray]:
        """The fold, and the answers in the order of the rows' places."""
        numbers = self.problem.name == Regression.name
        answer = F.array("prediction") if numbers else vector_to_array(F.col("probability"))
        asked = dataset.where("evidence").select("place", "fold", answer.alias("answer"))
        table = asked.toArrow().sort_by("place")
        if not len(table):
            return -1, np.empty(0)
        answers = np.array(table["answer"].to_pylist())
        if self.problem.name != Multiclass.name:
            answers = answers[:, -1]
        return table["fold"][0].as_py(), answers
