"""A family is one class and one line of the registry: a toy one plays, wins, is kept as a payload and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from pyspark.ml.param import Param, Params

from tiltyard.contenders import contenders_of, from_grids
from tiltyard.errors import ConfigError
from tiltyard.learners import FAMILIES, Learner, payload
from tiltyard.learners.base import load
from tiltyard.learners.kernel import Matrix
from tiltyard.params import number
from tiltyard.play import play
from tiltyard.rules import Rules


@dataclass(frozen=True)
class CentroidFit:
    """How much nearer a row is to the middle of the positives, as a probability."""

    middles: np.ndarray
    sharpness: float

    def predict(self, matrix: Matrix) -> np.ndarray:
        values = np.nan_to_num(matrix.values.astype(float))
        away = [((values - middle) ** 2).sum(axis=1) for middle in self.middles]
        return np.asarray(1 / (1 + np.exp(np.clip(self.sharpness * (away[1] - away[0]), -50, 50))))

    def dump(self) -> bytes:
        return payload.dump("centroid", {"sharpness": self.sharpness}, {"middles": self.middles})


class CentroidKernel:
    name = "centroid"

    def fit(
        self, matrix: Matrix, labels: np.ndarray, weights: Any, params: Mapping[str, Any], *_: Any
    ) -> CentroidFit:
        values = np.nan_to_num(matrix.values.astype(float))
        middles = np.stack([values[labels == kind].mean(axis=0) for kind in (0.0, 1.0)])
        return CentroidFit(middles, params["sharpness"])

    def load(self, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> CentroidFit:
        return CentroidFit(arrays["middles"], meta["sharpness"])


class Centroid(Learner):
    kernel = CentroidKernel()
    hyperparams = MappingProxyType({"sharpness": 1.0})

    sharpness: Param[float] = Param(Params._dummy(), "sharpness", "of the answer, > 0", number(0, above=True))


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "centroid", Centroid)


def test_it_plays_against_the_others_and_serves() -> None:
    random = np.random.default_rng(0)
    labels = (np.arange(300) % 2).astype(float)
    # Two round clouds: their middles say all there is to know.
    values = (random.normal(size=(300, 8)) + 0.5 * labels[:, None]).astype(np.float32)
    matrix = Matrix(values, np.zeros(8, dtype=bool))
    grids = {"centroid": {"sharpness": [0.1, 0.5]}, "boosting": {"maxDepth": [1], "maxIter": [20]}}
    contenders = contenders_of(from_grids(["prior", "centroid", "boosting"], grids, seed=0))
    assert [one.name for one in contenders][:3] == [
        "prior", "centroid(sharpness=0.1)", "centroid(sharpness=0.5)",
    ]  # fmt: skip
    entries, verdict = play(matrix, labels, np.arange(300) // 2 % 3, contenders, Rules())
    assert all(entry.status == "ok" for entry in entries[:3])  # boosting may be left behind
    assert verdict.champion is not None and verdict.champion.contender.kernel.name == "centroid"
    assert verdict.payload is not None
    chances = load(verdict.payload).predict(matrix)
    assert ((chances > 0.5) == (labels == 1)).mean() > 0.7


def test_its_configuration_is_checked_as_that_of_any_other() -> None:
    with pytest.raises(
        ConfigError, match=r"tournament.grids.centroid.sharp: there is no such parameter, only sharpness"
    ):
        from_grids(["centroid"], {"centroid": {"sharp": [1]}}, seed=0)
    with pytest.raises(ConfigError, match=r"sharpness: must be a number above 0, got -1"):
        from_grids(["centroid"], {"centroid": {"sharpness": [-1]}}, seed=0)
