"""Search: which contenders of a large field a tenant tries, each chosen by what the ones before have reached."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from tiltyard.entries import Contender
from tiltyard.learners.pooled import PooledKernel
from tiltyard.learners.prior import PriorKernel

# Trials before the first guess: drawn at random, so that a guess rests on something.
_DRAWN = 6
# Guesses that repeat a known contender cost no fit, but time: so many for each trial end a search.
_GUESSES = 4


@dataclass(frozen=True)
class Budget:
    """How much a tenant may try beside the contenders that always play.

    Attributes
    ----------
    trials : contenders fitted
    seconds : time after which no new one begins, 0 for no limit; with one, results depend on the machine
    seed : of what is drawn
    """

    trials: int = 20
    seconds: float = 0.0
    seed: int = 0


def always(contenders: Sequence[Contender]) -> list[Contender]:
    """Those that play before any search: the first of each family."""
    first: dict[str, Contender] = {}
    for contender in contenders:
        first.setdefault(contender.kernel.name, contender)
    return list(first.values())


def at_random(contenders: Sequence[Contender], budget: Budget) -> list[Contender]:
    """The first of each family, and as many of the others as the budget allows, in the order of the field.

    The same ones for every tenant.

    References
    ----------
    Bergstra and Bengio, "Random search for hyper-parameter optimization", JMLR 13, 2012.

    Examples
    --------
    >>> from tiltyard.contenders import contenders_of, from_grids
    >>> field = contenders_of(from_grids(["prior", "boosting"], {"boosting": {"maxDepth": [1, 2, 3, 4, 5]}}, seed=0))
    >>> [one.params.get("maxDepth") for one in at_random(field, Budget(trials=2))]
    [None, 1, 2, 4]
    """
    first = always(contenders)
    rest = [place for place, one in enumerate(contenders) if one not in first]
    drawn = np.random.default_rng(budget.seed).permutation(rest)[: budget.trials]
    return [one for place, one in enumerate(contenders) if one in first or place in drawn]


def bracket(count: float) -> int:
    """Half decades of a number of rows or columns: tenants of one bracket are alike in size.

    Examples
    --------
    >>> [bracket(count) for count in (1, 100, 200, 400, 1_000, 1_000_000)]
    [0, 4, 5, 5, 6, 12]
    """
    return round(2 * math.log10(max(count, 1)))


def likeliest(contenders: Sequence[Contender], order: Sequence[str], budget: Budget) -> list[Contender]:
    """Those that cost nothing, and as many of the others as the budget allows, the likeliest winners.

    In the order of the field.

    Parameters
    ----------
    order : names of the field, the likeliest winners first, as of `tiltyard.portfolio.orders`

    Examples
    --------
    >>> from tiltyard.contenders import contenders_of, from_grids
    >>> field = contenders_of(from_grids(["prior", "linear", "forest", "boosting"], {}, seed=0))
    >>> [one.name for one in likeliest(field, ["forest", "boosting", "prior", "linear"], Budget(trials=2))]
    ['prior', 'forest', 'boosting']
    """
    free = {one.name for one in contenders if one.kernel.name in (PriorKernel.name, PooledKernel.name)}
    tried = {*[name for name in order if name not in free][: budget.trials], *free}
    return [one for one in contenders if one.name in tried]


def by_tpe(
    contenders: Sequence[Contender],
    known: Mapping[str, float],
    loss_of: Callable[[Contender], float],
    budget: Budget,
) -> None:
    """Try contenders by tree-structured Parzen estimators: families first, then each parameter in its order.

    Parameters
    ----------
    contenders : the whole field; a search is over what its parameter maps hold
    known : loss, by name, of those that have played
    loss_of : plays one, and says its loss

    References
    ----------
    Bergstra, Bardenet, Bengio and Kegl, "Algorithms for hyper-parameter optimization", NeurIPS 2011; the search itself
    is hyperopt's.

    Examples
    --------
    >>> from tiltyard.contenders import contenders_of, from_grids
    >>> depths = list(range(1, 30))
    >>> field = contenders_of(from_grids(["boosting"], {"boosting": {"maxDepth": depths}}, seed=0))
    >>> tried = []
    >>> def loss_of(contender):
    ...     tried.append(contender.params["maxDepth"])
    ...     return abs(tried[-1] - 20)
    >>> by_tpe(field, {}, loss_of, Budget(trials=15))
    >>> len(tried), min(abs(depth - 20) for depth in tried) <= 1
    (15, True)
    """
    # Here, as it takes a second of every worker: most tournaments never search.
    from hyperopt import Trials, fmin, hp, tpe

    names = dict.fromkeys(one.kernel.name for one in contenders)
    families = {name: _Family.of(name, contenders) for name in names}
    searched = {name: family for name, family in families.items() if len(family.members) > 1}
    tried = _Tried(searched, known, loss_of, budget)
    if not tried.left:
        return
    fmin(
        tried.loss,
        hp.choice("family", [_space(hp, family) for family in searched.values()]),
        algo=partial(tpe.suggest, n_startup_jobs=_DRAWN),
        max_evals=min(budget.trials, len(tried.left)) * _GUESSES,
        trials=Trials(),
        rstate=np.random.default_rng(budget.seed),
        early_stop_fn=tried.over,
        show_progressbar=False,
        verbose=False,
        return_argmin=False,
    )


class _Tried:
    """What a search has tried so far, as hyperopt asks for it; nothing is fitted twice."""

    def __init__(
        self,
        families: Mapping[str, _Family],
        known: Mapping[str, float],
        loss_of: Callable[[Contender], float],
        budget: Budget,
    ) -> None:
        self.families, self.loss_of, self.budget = families, loss_of, budget
        self.losses, self.fitted, self.started = dict(known), 0, time.monotonic()
        self.left = {name for family in families.values() for name in family.names} - known.keys()

    def loss(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """The loss of the contender at a point of the space; none where no map has these values together."""
        contender = self.families[point["family"]].at(point)
        if contender is None:
            return {"status": "fail"}
        if contender.name not in self.losses:
            self.losses[contender.name] = self.loss_of(contender)
            self.left.discard(contender.name)
            self.fitted += 1
        found = self.losses[contender.name]
        return {"status": "ok", "loss": found} if np.isfinite(found) else {"status": "fail"}

    def over(self, *_: Any) -> tuple[bool, list[Any]]:
        """Whether the budget is used up, or nothing is left to try."""
        seconds = self.budget.seconds
        late = seconds > 0 and time.monotonic() - self.started > seconds
        return late or self.fitted >= self.budget.trials or not self.left, []


@dataclass(frozen=True)
class _Family:
    """A family's contenders by their parameters' values, and the values that each parameter takes, in order."""

    name: str
    members: Mapping[str, Contender]
    values: Mapping[str, Sequence[Any]]

    @classmethod
    def of(cls, name: str, contenders: Sequence[Contender]) -> _Family:
        own = [one for one in contenders if one.kernel.name == name]
        values = {
            param: sorted({one.params[param] for one in own}) for param in (own[0].params if own else ())
        }
        varied = {param: taken for param, taken in values.items() if len(taken) > 1}
        return cls(name, {_key(one.params, varied): one for one in own}, varied)

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.members.values()]

    def at(self, point: Mapping[str, Any]) -> Contender | None:
        params = {
            param: taken[min(int(point[param]), len(taken) - 1)] for param, taken in self.values.items()
        }
        return self.members.get(_key(params, self.values))


def _key(params: Mapping[str, Any], varied: Mapping[str, Any]) -> str:
    return json.dumps([params[name] for name in varied])


def _space(hp: Any, family: _Family) -> dict[str, Any]:
    """The family as hyperopt sees it: places in each parameter's ordered values."""
    places = {
        param: hp.quniform(f"{family.name}.{param}", -0.5, len(taken) - 0.5, 1)
        for param, taken in family.values.items()
    }
    return {"family": family.name, **places}
