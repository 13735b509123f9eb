"""Learners: one model family a file. A new family is one file here and one line of `FAMILIES`."""

from __future__ import annotations

from tiltyard.errors import TiltyardError
from tiltyard.learners.base import Learner, LearnerModel
from tiltyard.learners.boosting import Boosting
from tiltyard.learners.catboost import CatBoost
from tiltyard.learners.forest import Forest
from tiltyard.learners.kernel import Kernel
from tiltyard.learners.linear import Linear
from tiltyard.learners.pooled import Pooled
from tiltyard.learners.prior import Prior
from tiltyard.learners.residual import Residual

FAMILIES: dict[str, type[Learner]] = {
    "prior": Prior,
    "pooled": Pooled,
    "residual": Residual,
    "linear": Linear,
    "forest": Forest,
    "boosting": Boosting,
    "catboost": CatBoost,
}


def kernel_named(name: str) -> Kernel:
    """The kernel of a registered family.

    Examples
    --------
    >>> kernel_named("prior").name
    'prior'
    """
    if name not in FAMILIES:
        raise TiltyardError(f"Learner '{name}' is not known; known are {', '.join(FAMILIES)}.")
    return FAMILIES[name].kernel


__all__ = [
    "FAMILIES",
    "Boosting",
    "CatBoost",
    "Forest",
    "Learner",
    "LearnerModel",
    "Linear",
    "Pooled",
    "Prior",
    "Residual",
    "kernel_named",
]
