"""The distributed lane: the tournament of one tenant whose rows are too many for one worker."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tiltyard.crossed import Crossed
from tiltyard.entries import Contender, Entry, note
from tiltyard.evidence import Evidence
from tiltyard.games import finite, games, leave_idle, side_by_side, words
from tiltyard.learners import classed
from tiltyard.learners.base import LearnerModel, load, matrix_of
from tiltyard.learners.blend import BlendFit, BlendKernel
from tiltyard.learners.kernel import Fitted, Matrix
from tiltyard.learners.spread import SpreadTrainer
from tiltyard.problem import Multiclass, Problem, Regression, classes_of_tenant
from tiltyard.refusals import no_class, refusal
from tiltyard.results import counted, result_rows
from tiltyard.rules import Rules
from tiltyard.search import by_tpe
from tiltyard.spark_work import described
from tiltyard.spread_fit import SpreadFit
from tiltyard.streams import rows_of_floats
from tiltyard.verdict import Verdict, judged, prior_among, with_prior

EVIDENCE_ROWS = 200_000
"""About how many out-of-fold rows of a tenant its contenders are measured on; the driver holds their slots."""
_KEPT = StorageLevel.MEMORY_AND_DISK
_MOST_LABELS = 1_000  # values that a label may have where it should have few
_SHARES = 1_000_000  # the share of the evidence is counted in millionths


@dataclass(frozen=True)
class Lane:
    """How giants are played: as the packed lane plays others, each on so many workers, with folds 0 to `folds` - 1."""

    contenders: Sequence[Contender]
    rules: Rules
    categorical: tuple[bool, ...]
    problem: Problem
    folds: int
    workers: int


def giants(sizes: DataFrame, most: int) -> dict[str, int]:
    """The rows of each tenant that has more than `most`, by name.

    Parameters
    ----------
    sizes : DataFrame[tenant, rows]
    """
    large = sizes.where(F.col("rows") > most).orderBy("tenant").collect()
    return {row["tenant"]: row["rows"] for row in large}


def played(rows: DataFrame, tenant: str, count: int, lane: Lane) -> list[dict[str, Any]]:
    """One giant's tournament, as rows of RESULTS. What fails is the tenant's status.

    A family that has a form for many workers is fitted on all rows, by CrossValidator; the others are fitted on the
    evidence, a sample of the rows. All are measured on the evidence: blends, calibration and honest numbers need of a
    model nothing but its out-of-fold answers.

    Parameters
    ----------
    rows : as of `tiltyard.packed.tournaments`, of many tenants
    count : the tenant's rows
    """
    own = spread(rows.where(F.col("tenant") == tenant), count, lane.workers).persist(_KEPT)
    entries: list[Entry] = []
    known: dict[str, Any] = {"rows": count}
    try:
        with described(rows.sparkSession, f"Tenant {tenant}: {count:,} rows on {lane.workers} workers"):
            labels, known = _labels(own, lane.problem, count)
            entries, verdict = _played(own, labels, count, lane)
    except Exception as error:  # one tenant's failure is a row, never the job's
        verdict = Verdict("error", words(error))
    finally:
        own.unpersist()
    return result_rows(tenant, entries, verdict, lane.rules.metric, known)


def spread(rows: DataFrame, count: int, workers: int) -> DataFrame:
    """DataFrame[place, evidence, fold, x, y, margin], in the same order on the same workers, however they came."""
    share = int(_SHARES * min(1.0, EVIDENCE_ROWS / count))
    placed = rows.select(
        F.xxhash64("key", "x", "margin", "y").alias("place"), "fold", "x", "y", "margin"
    ).withColumn("evidence", F.pmod("place", F.lit(_SHARES)) < share)
    return placed.repartition(workers, "place").sortWithinPartitions("place")


def _labels(own: DataFrame, problem: Problem, count: int) -> tuple[np.ndarray | None, dict[str, Any]]:
    """All labels in order, None of numbers; and what the global row needs to know of them. One Spark job."""
    if problem.name == Regression.name:
        finite = F.when(F.abs("y") < float("inf"), F.col("y"))
        return None, {"rows": count, "total": own.agg(F.sum(finite)).collect()[0][0]}
    found = own.groupBy("y").count().orderBy("y").limit(_MOST_LABELS).collect()
    labels = np.repeat([row["y"] for row in found], [row["count"] for row in found])
    return labels, counted(labels, problem)


def _played(own: DataFrame, labels: np.ndarray | None, count: int, lane: Lane) -> tuple[list[Entry], Verdict]:
    problem, rules = lane.problem, lane.rules
    if labels is not None and isinstance(problem, Multiclass):
        strange = no_class(labels, problem)
        if strange:
            return [], Verdict("error", strange)
        problem, coded = classes_of_tenant(labels, problem.classes, rules.min_per_class)
        codes = np.unique(np.column_stack([labels, coded]), axis=0)
        own, labels = own.replace(dict(codes.tolist()), subset=["y"]), coded
    table = own.where("evidence").select("place", "fold", "x", "y", "margin").toArrow().sort_by("place")
    known = table["y"].to_numpy()
    refused = refusal(problem, known if labels is None else labels, rules.min_rows, rules.min_per_class)
    if refused:
        return [], Verdict(*refused)
    matrix = matrix_of(rows_of_floats(table["x"]), lane.categorical, table["margin"])
    lane = replace(lane, problem=problem, categorical=tuple(matrix.categorical.tolist()))
    return _Giant(own, matrix, known, table["fold"].to_numpy(), lane).tournament(count)


class _Giant:
    """A tenant's rows, and what has been fitted on all of them."""

    def __init__(
        self, rows: DataFrame, matrix: Matrix, labels: np.ndarray, fold: np.ndarray, lane: Lane
    ) -> None:
        self.rows, self.matrix, self.labels, self.lane = rows, matrix, labels, lane
        self.games = games(matrix, labels, fold, lane.problem, expanding=lane.rules.expanding)
        self.fitted: dict[tuple[str, str], Fitted] = {}

    def tournament(self, count: int) -> tuple[list[Entry], Verdict]:
        """Who of the field plays for a tenant of so many rows, and what it came to."""
        lane, rules = self.lane, self.lane.rules
        entries = [Entry(contender) for contender in rules.first(lane.contenders, count)]
        prior = prior_among(entries)
        idle = leave_idle(entries, self.matrix)
        self.enter(with_prior(entries, prior))
        if rules.search == "tpe" and not idle:

            def loss_of(contender: Contender) -> float:
                entries.append(Entry(contender))
                self.enter(entries[-1:])
                return entries[-1].loss(rules.metric)

            known = {one.contender.name: one.loss(rules.metric) for one in entries}
            by_tpe(lane.contenders, known, loss_of, rules.budget)
        return judged(entries, prior, self.games, self.refit, rules, lane.problem)

    def enter(self, entries: Sequence[Entry]) -> None:
        """Entries play all games, family by family: one that fails leaves the others alone."""
        families: dict[str, list[Entry]] = {}
        for entry in entries:
            if entry.status == "ok":
                families.setdefault(entry.contender.kernel.name, []).append(entry)
        for family in families.values():
            if not isinstance(family[0].contender.kernel, SpreadTrainer):
                side_by_side(family, self.games, self.lane.rules.metric, racing=False)
                continue
            try:
                self._cross(family)
            except Exception as error:
                for entry in family:
                    entry.status, entry.message = "error", words(error)

    def _cross(self, family: Sequence[Entry]) -> None:
        rules, games_by_fold = self.lane.rules, {game.number: game for game in self.games}
        evidence = Evidence(games_by_fold, rules.metric, self.lane.problem)
        estimator = self._estimator([entry.contender for entry in family])
        crossed = Crossed(
            estimator=estimator,
            estimatorParamMaps=[{estimator.place: place} for place in range(len(family))],
            evaluator=evidence,
            numFolds=self.lane.folds,
            foldCol="fold",
            expanding=rules.expanding,
            collectSubModels=True,
        )
        found = crossed.fit(self.rows)
        models = cast(list[list[LearnerModel]], found.subModels)
        for number, answered in enumerate(evidence.seen):
            fold, place = divmod(number, len(family))
            entry, game = family[place], games_by_fold.get(answered.fold)
            if game:
                note(entry, game.number, game.round, finite(answered.answers), rules.metric)
                entry.models.append(_bare(models[fold][place]))
                entry.fit_seconds += answered.fit_seconds
                entry.score_seconds += answered.score_seconds
        best = family[int(np.argmin([entry.loss(rules.metric) for entry in family]))]
        self.fitted[_key(best.contender)] = _bare(cast(LearnerModel, found.bestModel))

    def refit(self, contender: Contender) -> Fitted:
        """The contender, fitted on all rows; a family without a form for many workers on the evidence."""
        kernel = contender.kernel
        if isinstance(kernel, BlendKernel):
            members = contender.params["members"]
            each = [
                Contender(one["learner"], inner, one["params"])
                for inner, one in zip(kernel.members, members, strict=True)
            ]
            return BlendFit(tuple(map(self.refit, each)), np.array([one["weight"] for one in members]))
        if _key(contender) in self.fitted:
            return self.fitted[_key(contender)]
        if isinstance(kernel, SpreadTrainer):
            return _bare(self._estimator([contender]).fit(self.rows))
        return classed.fitted(kernel, self.matrix, self.labels, contender.params, self.lane.problem)

    def _estimator(self, contenders: Sequence[Contender]) -> SpreadFit:
        return SpreadFit(contenders, self.lane.categorical, self.lane.workers, self.lane.problem)


def _key(contender: Contender) -> tuple[str, str]:
    """What tells a contender from others, whatever its name."""
    return contender.kernel.name, json.dumps(contender.params, sort_keys=True)


def _bare(model: LearnerModel) -> Fitted:
    """The fitted model, without the names of its classes."""
    found = load(model.payload)
    return found.model if isinstance(found, classed.Classed) else found
