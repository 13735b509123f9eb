"""What boosting and forest share: XGBoost histograms of one tenant, on one thread."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import xgboost as xgb

from tiltyard.learners import payload
from tiltyard.learners.explanation import Ask, Explanation, nothing
from tiltyard.learners.kernel import Matrix
from tiltyard.learners.spread import Spread
from tiltyard.problem import BINARY, Binary, Multiclass, Problem

# 32 bins: on a thousand rows finer cuts cost time and gain nothing.
MAX_BIN = 32
FIXED: Mapping[str, Any] = {
    "tree_method": "hist",
    "max_bin": MAX_BIN,
    "max_cat_to_onehot": MAX_BIN,
    "verbosity": 0,
}


class _Booster(xgb.Booster):
    """A booster of slots without names: comparing none with none before every round cost a tenth of a fit."""

    def _assign_dmatrix_features(self, data: xgb.DMatrix) -> None:
        pass


@dataclass(frozen=True)
class TreesFit:
    """A booster, portable as XGBoost's UBJSON. Of a number it answers (number - mean) / scale."""

    learner: str
    booster: xgb.Booster
    mean: float = 0.0
    scale: float = 1.0

    def predict(self, matrix: Matrix) -> np.ndarray:
        answers = self.booster.inplace_predict(matrix.values).astype(np.float64)
        if answers.ndim == 2:  # sums of single precision
            return np.asarray(answers / answers.sum(axis=1, keepdims=True))
        return np.asarray(self.mean + self.scale * answers)

    def explain(self, matrix: Matrix, ask: Ask) -> Explanation:
        types = self.booster.feature_types
        rows = xgb.DMatrix(matrix.values, feature_types=types, enable_categorical=True, nthread=1)
        found = self.booster.predict(rows, pred_contribs=True, approx_contribs=ask.quick)
        if found.ndim == 3:
            found = found[np.arange(len(matrix)), ask.classes]
        return replace(nothing(matrix), slots=self.scale * found[:, :-1].astype(np.float64))

    def dump(self) -> bytes:
        trees = np.frombuffer(self.booster.save_raw("ubj"), dtype=np.uint8)
        return payload.dump(self.learner, {"mean": self.mean, "scale": self.scale}, {"trees": trees})

    @classmethod
    def load(cls, learner: str, meta: Mapping[str, float], arrays: Mapping[str, np.ndarray]) -> TreesFit:
        booster = xgb.Booster({"nthread": 1})
        booster.load_model(bytearray(arrays["trees"].tobytes()))
        return cls(learner, booster, **meta)


@dataclass(frozen=True)
class Rounds:
    """How many boosting rounds: `most` of them, or fewer where `patience` more bring nothing to held-out rows.

    Without patience it is always `most`. Held out is a fifth of the rows, drawn by the seed.
    """

    most: int
    patience: int = 0
    seed: int = 0


@dataclass(frozen=True)
class Ground:
    """What trees are to grow on: so many rows and slots, and the problem."""

    rows: int
    slots: int
    problem: Problem


@dataclass(frozen=True)
class Growth:
    """How trees grow: XGBoost's parameters, rounds, and whether a cut separates one category from the others."""

    settings: Mapping[str, Any]
    rounds: Rounds
    categories: bool


class TreesKernel:
    """What kernels of trees share; a leaf says how they grow."""

    name: ClassVar[str]

    @abstractmethod
    def growth(self, params: Mapping[str, Any], ground: Ground) -> Growth: ...

    def fit(
        self,
        matrix: Matrix,
        labels: np.ndarray,
        weights: np.ndarray | None,
        params: Mapping[str, Any],
        problem: Problem = BINARY,
    ) -> TreesFit:
        growth = self.growth(params, Ground(len(matrix), matrix.values.shape[1], problem))
        return train(self.name, matrix, labels, weights, growth, problem)

    def fit_spread(self, spread: Spread, params: Mapping[str, Any], problem: Problem) -> TreesFit:
        # Here, as no worker needs what it imports.
        from tiltyard.learners.spread_trees import grown

        growth = self.growth(params, Ground(spread.labels().rows, len(spread.categorical), problem))
        return grown(self.name, spread, growth, problem)

    def load(self, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> TreesFit:
        return TreesFit.load(self.name, meta, arrays)


def train(
    learner: str,
    matrix: Matrix,
    labels: np.ndarray,
    weights: np.ndarray | None,
    growth: Growth,
    problem: Problem,
) -> TreesFit:
    """Grow trees on the rows' histogram, which contenders of both families share (XGBoost keeps it with its data).

    Where no cut separates single categories, their codes enter as numbers: they are ranks by frequency, so a cut
    separates the frequent from the rare, and trees keep few degrees of freedom.
    """
    categories, rounds = growth.categories, growth.rounds
    types = slot_types(matrix.categorical, categories)
    objective, mean, scale = objective_of(problem, float(labels.mean()), float(labels.std()))

    def rows(index: np.ndarray | None = None) -> xgb.DMatrix:
        at = slice(None) if index is None else index
        return xgb.DMatrix(
            matrix.values[at],
            (labels[at] - mean) / scale,
            weight=None if weights is None else weights[at],
            feature_types=types,
            enable_categorical=True,
            nthread=1,
        )

    settings = {**objective, **FIXED, "nthread": 1, **growth.settings}
    number = rounds.most
    if rounds.patience:
        most, rest = matrix.once(
            ("parts of trees", rounds.seed, categories),
            lambda: tuple(map(rows, _parts(len(matrix), rounds.seed))),
        )
        number = _best(settings, most, rest, rounds)
    data = matrix.once(("rows of trees", categories), rows)
    booster = _Booster(settings, [data])
    # What xgboost.train does around this loop (callbacks, evaluation, a reset) costs a tenth of a tournament.
    for place in range(number):
        booster.update(data, place)
    return TreesFit(learner, booster, mean, scale)


def slot_types(categorical: Sequence[bool] | np.ndarray, categories: bool) -> list[str] | None:
    """XGBoost's words for numeric and categorical slots; None where all are numbers to it."""
    return ["c" if flag else "q" for flag in categorical] if categories and any(categorical) else None


def _parts(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Four fifths of the rows, and the others."""
    drawn = np.random.default_rng(seed).permutation(rows)
    return np.sort(drawn[rows // 5 :]), np.sort(drawn[: rows // 5])


def _best(settings: Mapping[str, Any], most: xgb.DMatrix, rest: xgb.DMatrix, rounds: Rounds) -> int:
    """The rounds after which the loss of the held-out rows was least."""
    found = xgb.train(
        dict(settings),
        most,
        rounds.most,
        evals=[(rest, "rest")],
        early_stopping_rounds=rounds.patience,
        verbose_eval=False,
    )
    return int(found.best_iteration) + 1


def objective_of(problem: Problem, mean: float, deviation: float) -> tuple[dict[str, Any], float, float]:
    """What the trees make small, and the mean and scale they see numbers by: XGBoost counts in single precision.

    Parameters
    ----------
    mean, deviation : of the labels
    """
    if problem.name == Binary.name:
        return (
            {"objective": "binary:logistic", "base_score": float(np.clip(mean, 1e-6, 1.0 - 1e-6))},
            0.0,
            1.0,
        )
    if isinstance(problem, Multiclass):
        return {"objective": "multi:softprob", "num_class": len(problem.classes)}, 0.0, 1.0
    return {"objective": "reg:squarederror", "base_score": 0.0}, mean, deviation or 1.0
