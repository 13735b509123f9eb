"""What boosting and forest share: XGBoost histograms of one tenant, on one thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xgboost as xgb

from tiltyard.learners import payload
from tiltyard.learners.explanation import Ask, Explanation, nothing
from tiltyard.learners.kernel import Matrix
from tiltyard.problem import Binary, Multiclass, Problem

# 32 bins: on a thousand rows finer cuts cost time and gain nothing.
MAX_BIN = 32


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
        rows = xgb.DMatrix(matrix.values, nthread=1)
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


def train(
    learner: str,
    matrix: Matrix,
    labels: np.ndarray,
    weights: np.ndarray | None,
    params: Mapping[str, Any],
    rounds: int,
    problem: Problem,
) -> TreesFit:
    """Grow trees on the rows' histogram, which contenders of both families share (XGBoost keeps it with its data).

    Category codes enter as numbers: they are ranks by frequency, so a cut separates the frequent from the
    rare, and small tenants keep few degrees of freedom.
    """
    objective, mean, scale = _objective(labels, problem)
    data = matrix.once(
        "rows of trees",
        lambda: xgb.DMatrix(matrix.values, (labels - mean) / scale, weight=weights, nthread=1),
    )
    fixed = {
        **objective,
        "tree_method": "hist",
        "max_bin": MAX_BIN,
        "nthread": 1,
        "verbosity": 0,
    }
    booster = _Booster({**fixed, **params}, [data])
    # What xgboost.train does around this loop (callbacks, evaluation, a reset) costs a tenth of a tournament.
    for number in range(rounds):
        booster.update(data, number)
    return TreesFit(learner, booster, mean, scale)


def _objective(labels: np.ndarray, problem: Problem) -> tuple[dict[str, Any], float, float]:
    """What the trees make small, and the mean and scale they see numbers by: XGBoost counts in single precision."""
    if problem.name == Binary.name:
        rate = float(np.clip(labels.mean(), 1e-6, 1.0 - 1e-6))
        return {"objective": "binary:logistic", "base_score": rate}, 0.0, 1.0
    if isinstance(problem, Multiclass):
        return {"objective": "multi:softprob", "num_class": len(problem.classes)}, 0.0, 1.0
    mean, scale = float(labels.mean()), float(labels.std())
    return {"objective": "reg:squarederror", "base_score": 0.0}, mean, scale or 1.0
