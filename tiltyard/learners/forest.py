"""Forest: a random forest (XGBoost's parallel trees)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from pyspark.ml.param import Param, Params

from tiltyard.learners.base import Learner
from tiltyard.learners.kernel import Kernel
from tiltyard.learners.trees import Ground, Growth, Rounds, TreesKernel
from tiltyard.params import number, whole


class ForestKernel(TreesKernel):
    """One boosting round of many parallel trees at full step, each on its own sample of rows and slots."""

    name = "forest"

    def growth(self, params: Mapping[str, Any], ground: Ground) -> Growth:
        settings = {
            "num_parallel_tree": params["numTrees"],
            "max_depth": params["maxDepth"],
            "subsample": params["subsamplingRate"],
            "colsample_bynode": params["featureShare"],
            "min_child_weight": params["minInstanceWeight"],
            "eta": 1.0,
            "lambda": 1.0,
            "seed": params["seed"],
        }
        return Growth(settings, Rounds(1), categories=True)


class Forest(Learner):
    """A random forest for a class or a number.

    Nulls follow the branch that fits them best. Single categories are told apart; one never seen in training has code 0
    (other).
    One Spark job per fit; deterministic for a seed.

    Parameters
    ----------
    numTrees : trees, >= 1; default 50
    maxDepth : depth of a tree, >= 1; default 8
    subsamplingRate : share of rows a tree sees, in (0, 1]; default 0.63
    featureShare : share of slots tried at a node, in (0, 1]; default 0.33
    minInstanceWeight : least sum of hessians in a leaf, >= 0; default 2.0
    seed : of the samples; default 0

    References
    ----------
    Breiman, "Random Forests", Machine Learning 45, 2001.

    See Also
    --------
    Boosting : corrects its own errors tree by tree; sharper where the signal is strong.

    Examples
    --------
    >>> rows = [([float(i % 2), float(i)], float(i % 2)) for i in range(40)]
    >>> frame = spark.createDataFrame(rows, "features array<float>, label double")
    >>> Forest(featureShare=1.0).fit(frame).transform(frame).where("prediction = label").count()
    40
    """

    kernel: ClassVar[Kernel] = ForestKernel()
    hyperparams = MappingProxyType(
        {
            "numTrees": 50,
            "maxDepth": 8,
            "subsamplingRate": 0.63,
            "featureShare": 0.33,
            "minInstanceWeight": 2.0,
            "seed": 0,
        }
    )

    numTrees: Param[int] = Param(Params._dummy(), "numTrees", "trees, >= 1", whole(1))
    maxDepth: Param[int] = Param(Params._dummy(), "maxDepth", "depth of a tree, >= 1", whole(1))
    subsamplingRate: Param[float] = Param(
        Params._dummy(), "subsamplingRate", "share of rows a tree sees, in (0, 1]", number(0, 1, above=True)
    )
    featureShare: Param[float] = Param(
        Params._dummy(), "featureShare", "share of slots tried at a node, in (0, 1]", number(0, 1, above=True)
    )
    minInstanceWeight: Param[float] = Param(
        Params._dummy(), "minInstanceWeight", "least sum of hessians in a leaf, >= 0", number(0)
    )
