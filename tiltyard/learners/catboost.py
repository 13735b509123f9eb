"""CatBoost: boosted symmetric trees over ordered statistics of categories. Optional: extra `catboost`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from pyspark.ml.param import Param, Params

from tiltyard.errors import TiltyardError
from tiltyard.learners import payload
from tiltyard.learners.base import Learner
from tiltyard.learners.explanation import Ask, Explanation, nothing
from tiltyard.learners.kernel import Kernel, Matrix
from tiltyard.params import number, whole
from tiltyard.problem import BINARY, Binary, Multiclass, Problem, Regression

_LOSS = {Binary.name: "Logloss", Multiclass.name: "MultiClass", Regression.name: "RMSE"}
_FIXED = {"thread_count": 1, "verbose": False, "allow_writing_files": False}
# What CatBoost writes of a moment into a model: the same rows shall give the same bytes.
_MOMENT = ("model_guid", "train_finish_time")


@dataclass(frozen=True)
class CatBoostFit:
    """A model, portable in CatBoost's own binary format."""

    problem: str
    model: Any

    def predict(self, matrix: Matrix) -> np.ndarray:
        kind = "RawFormulaVal" if self.problem == Regression.name else "Probability"
        answers = self.model.predict(_rows(matrix), prediction_type=kind, thread_count=1)
        return np.asarray(answers[:, 1] if self.problem == Binary.name else answers, dtype=np.float64)

    def explain(self, matrix: Matrix, ask: Ask) -> Explanation:
        how = "Approximate" if ask.quick else "Regular"
        found = self.model.get_feature_importance(
            _rows(matrix), type="ShapValues", shap_calc_type=how, thread_count=1
        )
        if found.ndim == 3:
            found = found[np.arange(len(matrix)), ask.classes]
        return replace(nothing(matrix), slots=found[:, :-1])

    def dump(self) -> bytes:
        known = self.model.get_metadata()
        for name in _MOMENT:
            known[name] = ""
        with TemporaryDirectory() as folder:
            path = Path(folder, "model.cbm")
            self.model.save_model(str(path), format="cbm")
            content = np.frombuffer(path.read_bytes(), dtype=np.uint8)
        return payload.dump(CatBoostKernel.name, {"problem": self.problem}, {"model": content})


class CatBoostKernel:
    """About 0.6 s for 100 trees of depth 6 on 600 rows x 5 slots: many times what `boosting` takes."""

    name = "catboost"

    def fit(
        self,
        matrix: Matrix,
        labels: np.ndarray,
        weights: np.ndarray | None,
        params: Mapping[str, Any],
        problem: Problem = BINARY,
    ) -> CatBoostFit:
        own = {
            "loss_function": _LOSS[problem.name],
            "iterations": params["maxIter"],
            "depth": params["maxDepth"],
            "l2_leaf_reg": params["regLambda"],
            "random_seed": params["seed"],
        }
        if params["stepSize"]:
            own["learning_rate"] = params["stepSize"]
        model = _library().CatBoost({**own, **_FIXED})
        model.fit(matrix.once("rows of catboost", lambda: _rows(matrix, labels, weights)))
        return CatBoostFit(problem.name, model)

    def load(self, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> CatBoostFit:
        model = _library().CatBoost()
        model.load_model(blob=arrays["model"].tobytes())
        return CatBoostFit(meta["problem"], model)


class CatBoost(Learner):
    """CatBoost's trees: categories as mean labels of the rows before, in a random order; strong on few rows.

    Nulls of numbers are below all of them, and those of categories a category of their own. One Spark job per fit;
    deterministic for a seed. It takes many times the time of Boosting, and plays only where an app names it.

    Parameters
    ----------
    maxIter : trees, >= 1; default 300
    maxDepth : depth of a tree, 1 to 16; default 6
    stepSize : learning rate in [0, 1]; default 0, for CatBoost's own choice by rows and trees
    regLambda : L2 penalty on leaves, >= 0; default 3.0
    seed : of orders and samples; default 0

    Raises
    ------
    TiltyardError : the package catboost is not installed

    References
    ----------
    Prokhorenkova et al., "CatBoost: unbiased boosting with categorical features", NeurIPS 2018.

    Examples
    --------
    >>> rows = [([float(i % 2), float(i)], float(i % 2)) for i in range(40)]
    >>> frame = spark.createDataFrame(rows, "features array<float>, label double")
    >>> CatBoost(maxIter=10, maxDepth=1).fit(frame).transform(frame).where("prediction = label").count()
    40
    """

    kernel: ClassVar[Kernel] = CatBoostKernel()
    hyperparams = MappingProxyType(
        {"maxIter": 300, "maxDepth": 6, "stepSize": 0.0, "regLambda": 3.0, "seed": 0}
    )

    maxIter: Param[int] = Param(Params._dummy(), "maxIter", "trees, >= 1", whole(1))
    maxDepth: Param[int] = Param(Params._dummy(), "maxDepth", "depth of a tree, 1 to 16", whole(1, 16))
    stepSize: Param[float] = Param(
        Params._dummy(), "stepSize", "learning rate in [0, 1], 0 for CatBoost's own choice", number(0, 1)
    )
    regLambda: Param[float] = Param(Params._dummy(), "regLambda", "L2 penalty on leaves, >= 0", number(0))

    def __init__(self, **params: Any) -> None:
        if find_spec("catboost") is None:
            raise TiltyardError(_MISSING)
        super().__init__(**params)


_MISSING = "Learner 'catboost' needs a package that is not installed: pip install 'tiltyard[catboost]'."


def _library() -> Any:
    """The package, which takes a second to import and may be missing in a worker."""
    try:
        import catboost
    except ImportError as error:
        raise TiltyardError(_MISSING) from error
    return catboost


def _rows(matrix: Matrix, labels: np.ndarray | None = None, weights: np.ndarray | None = None) -> Any:
    """The rows as CatBoost takes them: codes of categories are whole numbers, -1 for null."""
    places = np.flatnonzero(matrix.categorical)
    frame = pd.DataFrame(matrix.values)
    for place in places:
        frame[place] = frame[place].fillna(-1).astype(int)
    return _library().Pool(frame, labels, cat_features=places.tolist(), weight=weights, thread_count=1)
