"""What boosting and forest share: XGBoost histograms of one tenant, on one thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xgboost as xgb

from tiltyard.learners import payload
from tiltyard.learners.kernel import Matrix

# 32 bins: on a thousand rows finer cuts cost time and gain nothing.
MAX_BIN = 32


class _Booster(xgb.Booster):
    """A booster of slots without names: comparing none with none before every round cost a tenth of a fit."""

    def _assign_dmatrix_features(self, data: xgb.DMatrix) -> None:
        pass


@dataclass(frozen=True)
class TreesFit:
    """A booster, portable as XGBoost's UBJSON."""

    learner: str
    booster: xgb.Booster

    def predict(self, matrix: Matrix) -> np.ndarray:
        return self.booster.inplace_predict(matrix.values).astype(np.float64)

    def dump(self) -> bytes:
        trees = np.frombuffer(self.booster.save_raw("ubj"), dtype=np.uint8)
        return payload.dump(self.learner, {}, {"trees": trees})

    @classmethod
    def load(cls, learner: str, arrays: Mapping[str, np.ndarray]) -> TreesFit:
        booster = xgb.Booster({"nthread": 1})
        booster.load_model(bytearray(arrays["trees"].tobytes()))
        return cls(learner, booster)


def train(
    matrix: Matrix, labels: np.ndarray, weights: np.ndarray | None, params: Mapping[str, Any], rounds: int
) -> xgb.Booster:
    """Grow trees on the rows' histogram, which contenders of both families share (XGBoost keeps it with its data).

    Category codes enter as numbers: they are ranks by frequency, so a cut separates the frequent from the
    rare, and small tenants keep few degrees of freedom.
    """
    data = matrix.once(
        "rows of trees",
        lambda: xgb.DMatrix(matrix.values, labels, weight=weights, nthread=1),
    )
    fixed = {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "max_bin": MAX_BIN,
        "nthread": 1,
        "verbosity": 0,
        "base_score": float(np.clip(labels.mean(), 1e-6, 1.0 - 1e-6)),
    }
    booster = _Booster({**fixed, **params}, [data])
    # What xgboost.train does around this loop (callbacks, evaluation, a reset) costs a tenth of a tournament.
    for number in range(rounds):
        booster.update(data, number)
    return booster
