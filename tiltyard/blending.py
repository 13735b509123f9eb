"""The best contenders of each family together, as one more entry of a tournament."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tiltyard.entries import Contender, Entry, clocked, is_pooled, is_prior, note, ranked
from tiltyard.honest import Round
from tiltyard.learners import blend
from tiltyard.learners.blend import BlendKernel
from tiltyard.learners.pooled import PooledKernel


def blends(entries: list[Entry], rounds: list[Round], metric: str, *, expanding: bool) -> list[Entry]:
    """The best entries of each family as one more, fitted nowhere: weights are found for their answers.

    Where there is the answer of all tenants, it is the first member, and the weights are drawn to it. What a fold is
    answered by is chosen by the other folds, members and weights: so its number has no luck of the choice in it.
    """
    able = _members(entries, range(len(rounds)), metric)
    if len(able) < 2:
        return []
    truth, problem = [one.truth for one in rounds], rounds[0].problem
    # Blocks in time: of the older ones the models of all tenants, and all others, knew less than they do now.
    newest = range(len(rounds) // 2 if expanding else 0, len(rounds))
    weights = blend.over_folds(truth, *_answers(able), newest, problem)
    members = [(entry, float(weight)) for entry, weight in zip(able, weights, strict=True) if weight]
    if len(members) < 2:
        return []
    together = Entry(_blend_of(members), message=_shares(members))
    together.score_seconds = sum(entry.score_seconds for entry, _ in members)

    def choose(folds: Sequence[int]) -> blend.Members:
        return _answers(_members(entries, folds, metric))

    with clocked(together, "fit_seconds"):
        found = blend.out_of_fold(truth, choose, past_only=expanding, problem=problem)
    chosen = np.array([weight for _, weight in members])
    of_folds = zip(*(entry.models for entry, _ in members), strict=True)
    together.models = [blend.BlendFit(models, chosen) for models in of_folds]
    for fold, one, answer in zip(able[0].folds, rounds, found, strict=True):
        note(together, fold["fold"], one, answer, metric)
    return [together]


def _members(entries: Sequence[Entry], folds: Sequence[int], metric: str) -> list[Entry]:
    """Whom a blend would take by some of the folds: the best of each family, with all tenants' answer in front."""
    best: dict[str, Entry] = {}
    for entry in ranked(entries, metric, folds):
        best.setdefault(entry.contender.kernel.name, entry)
    able = sorted((one for one in best.values() if not is_prior(one)), key=is_pooled, reverse=True)
    return able[: blend.MEMBERS]


def _answers(members: Sequence[Entry]) -> blend.Members:
    before = blend.drawn_to_first(len(members)) if is_pooled(members[0]) else None
    return [entry.answers for entry in members], before


def _blend_of(members: Sequence[tuple[Entry, float]]) -> Contender:
    chosen = [(entry.contender, weight) for entry, weight in members]
    params = [{"learner": one.kernel.name, "weight": weight, "params": one.params} for one, weight in chosen]
    kernel = BlendKernel(tuple(one.kernel for one, _ in chosen))
    return Contender(BlendKernel.name, kernel, {"members": params})


def _shares(members: Sequence[tuple[Entry, float]]) -> str:
    return ", ".join(f"{weight:.0%} {entry.contender.name}" for entry, weight in members)


def blends_pooled(entry: Entry) -> bool:
    """Whether it is a blend with the answer of all tenants in it."""
    members = entry.contender.params.get("members", ())
    return any(member["learner"] == PooledKernel.name for member in members)
