"""Boosting: gradient-boosted trees (XGBoost histograms)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from pyspark.ml.param import Param, Params

from tiltyard.learners.base import Learner
from tiltyard.learners.kernel import Kernel
from tiltyard.learners.trees import Ground, Growth, Rounds, TreesKernel
from tiltyard.params import number, whole
from tiltyard.problem import Binary, Multiclass

# With fewer rows trees are not counted on a fifth of them: on 712 it changed the AUROC by .001 and doubled the cost.
# Chances of several classes and numbers need more trees than ranks do: a log loss of 921 rows fell from .21 to .17.
SPARED_FROM, SPARED_BEYOND_RANKS = 1_000, 400
# Trees for few rows.
FEW = 60
# Rows from which trees are dear, and fewer of larger steps are grown.
MANY = 100_000
# Steps of few trees, and of dear ones: twice as large do half as many.
LARGER = 2
# Slots that every cut may choose from, whatever their share: six fields that say something only together need all six.
LEAST_SLOTS = 8
# Rows of several classes weigh less, the surer their class is: where trees are counted, leaves may be as much smaller.
# On 1,382 rows of car evaluation the log loss fell from .034 to .024.
CLASSES_WEIGHT = 0.1
# Depth from which trees separate one category from the others; shallower ones cut category codes as ranks. Separating
# at all depths lost 2 % of RMSE on house prices and .002 AUROC on flights (docs/benchmarks.md).
CATEGORIES_FROM = 4


class BoostingKernel(TreesKernel):
    """About 8 ms for 60 trees of depth 3 on 1,000 rows x 20 slots."""

    name = "boosting"

    def growth(self, params: Mapping[str, Any], ground: Ground) -> Growth:
        problem, step, weight = ground.problem, params["stepSize"], params["minInstanceWeight"]
        rounds = Rounds(params["maxIter"], params["earlyStoppingRounds"], params["seed"])
        enough = SPARED_FROM if problem.name == Binary.name else SPARED_BEYOND_RANKS
        if rounds.patience and ground.rows < enough:
            step, rounds = LARGER * step, Rounds(min(FEW, rounds.most))
        elif rounds.patience and ground.rows > MANY:
            most, patience = rounds.most // LARGER or 1, rounds.patience // LARGER or 1
            step, rounds = LARGER * step, Rounds(most, patience, rounds.seed)
        if rounds.patience and problem.name == Multiclass.name:
            weight *= CLASSES_WEIGHT
        settings = {
            "max_depth": params["maxDepth"],
            "eta": min(step, 1.0),
            "subsample": params["subsamplingRate"],
            "colsample_bynode": min(max(params["featureShare"], LEAST_SLOTS / max(ground.slots, 1)), 1.0),
            "min_child_weight": weight,
            "lambda": params["regLambda"],
            "seed": params["seed"],
        }
        return Growth(settings, rounds, categories=params["maxDepth"] >= CATEGORIES_FROM)


class Boosting(Learner):
    """Gradient-boosted trees for a class or a number.

    Nulls follow the branch that fits them best. A category never seen in training has code 0 (other). Trees of depth 4
    and more tell single categories apart, shallower ones the frequent from the rare.
    One Spark job per fit; deterministic for a seed.

    Parameters
    ----------
    maxIter : trees at most, >= 1; default 1,000
    earlyStoppingRounds : with 1,000 rows and more (400 for numbers and several classes), the trees end where so many
        more bring nothing on a fifth of the rows, and as many are grown on all of them; default 50. With fewer rows 60
        trees are grown of twice the stepSize; above 100,000 rows steps are twice as large and both numbers half as
        large. 0: always maxIter trees of stepSize
    maxDepth : depth of a tree, >= 1; default 3
    stepSize : learning rate in (0, 1]; default 0.05
    subsamplingRate : share of rows a tree sees, in (0, 1]; default 1.0
    featureShare : share of slots tried at a cut, in (0, 1], but at least 8 slots; default 0.5
    minInstanceWeight : least sum of hessians in a leaf, >= 0; default 3.0. A tenth of it for several classes where
        trees end early
    regLambda : L2 penalty on leaves, >= 0; default 1.0
    seed : of the samples; default 0

    References
    ----------
    Chen and Guestrin, "XGBoost: A Scalable Tree Boosting System", KDD 2016.

    See Also
    --------
    Forest : averages deep trees; steadier on noisy labels.

    Examples
    --------
    >>> rows = [([float(i % 2), float(i)], float(i % 2)) for i in range(40)]
    >>> frame = spark.createDataFrame(rows, "features array<float>, label double")
    >>> Boosting(maxDepth=1).fit(frame).transform(frame).where("prediction = label").count()
    40
    """

    kernel: ClassVar[Kernel] = BoostingKernel()
    hyperparams = MappingProxyType(
        {
            "maxIter": 1000,
            "earlyStoppingRounds": 50,
            "maxDepth": 3,
            "stepSize": 0.05,
            "subsamplingRate": 1.0,
            "featureShare": 0.5,
            "minInstanceWeight": 3.0,
            "regLambda": 1.0,
            "seed": 0,
        }
    )

    maxIter: Param[int] = Param(Params._dummy(), "maxIter", "trees at most, >= 1", whole(1))
    earlyStoppingRounds: Param[int] = Param(
        Params._dummy(),
        "earlyStoppingRounds",
        "trees without gain after which no more grow, 0 for never",
        whole(0),
    )
    maxDepth: Param[int] = Param(Params._dummy(), "maxDepth", "depth of a tree, >= 1", whole(1))
    stepSize: Param[float] = Param(
        Params._dummy(), "stepSize", "learning rate in (0, 1]", number(0, 1, above=True)
    )
    subsamplingRate: Param[float] = Param(
        Params._dummy(), "subsamplingRate", "share of rows a tree sees, in (0, 1]", number(0, 1, above=True)
    )
    featureShare: Param[float] = Param(
        Params._dummy(), "featureShare", "share of slots tried at a cut, in (0, 1]", number(0, 1, above=True)
    )
    minInstanceWeight: Param[float] = Param(
        Params._dummy(), "minInstanceWeight", "least sum of hessians in a leaf, >= 0", number(0)
    )
    regLambda: Param[float] = Param(Params._dummy(), "regLambda", "L2 penalty on leaves, >= 0", number(0))
