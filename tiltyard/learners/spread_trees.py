"""Trees of rows that many workers hold, by XGBoost's own estimator for Spark."""

from __future__ import annotations

import logging
from typing import Any

import xgboost as xgb
from pyspark.sql import functions as F
from xgboost.spark import SparkXGBRegressor

from tiltyard.learners.spread import Spread
from tiltyard.learners.trees import FIXED, Growth, TreesFit, objective_of, slot_types
from tiltyard.problem import Problem

_HELD_OUT = 5  # one row in so many says where boosting stops


def grown(learner: str, spread: Spread, growth: Growth, problem: Problem) -> TreesFit:
    """The trees that `trees.train` grows, on all workers.

    Where it stops early, the rounds are counted on a fifth of the rows, and these trees stay as they are: with so many
    rows a fifth more of them changes little, and growing anew would cost as much again.
    """
    rounds, labels = growth.rounds, spread.labels()
    logging.getLogger("XGBoost-PySpark").setLevel(logging.WARNING)
    objective, mean, scale = objective_of(problem, labels.mean, labels.deviation)
    more: dict[str, Any] = {"feature_types": slot_types(spread.categorical, growth.categories)}
    if rounds.patience:
        more |= {"early_stopping_rounds": rounds.patience, "validation_indicator_col": "held"}
    # The regressor takes any objective as it is; that for classes would choose one itself, by a job that counts them.
    settings: dict[str, Any] = {
        **{"features_col": "x", "label_col": "label", "num_workers": spread.workers, "verbose": False},
        **{"n_estimators": rounds.most, **more, **FIXED, **objective, **growth.settings},
    }
    estimator = SparkXGBRegressor(**settings)
    held = F.pmod(F.xxhash64("place", F.lit(rounds.seed)), F.lit(_HELD_OUT)) == 0
    rows = spread.rows.select("x", ((F.col("y") - mean) / scale).alias("label"), held.alias("held"))
    booster = estimator.fit(rows).get_booster()
    return TreesFit(learner, _best(booster) if rounds.patience else booster, mean, scale)


def _best(booster: xgb.Booster) -> xgb.Booster:
    """The trees up to the round after which the loss of the held-out rows was least."""
    return booster[: booster.best_iteration + 1]
