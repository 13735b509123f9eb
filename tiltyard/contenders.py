"""Contenders: from Spark ML's way of writing a grid over learners to a plain list, and to JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from pyspark.ml import Estimator, Pipeline
from pyspark.ml.param import Param
from pyspark.ml.util import DefaultParamsWriter
from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

from tiltyard._problems import nearest
from tiltyard.columns import field_of
from tiltyard.entries import Contender
from tiltyard.errors import ConfigError, TiltyardError
from tiltyard.keyed import restored
from tiltyard.learners import FAMILIES, Learner
from tiltyard.problem import Multiclass, Problem, problem_named

ParamMap = Mapping[Param[Any], Any]


def learners_of(estimator: Estimator[Any], maps: Iterable[ParamMap]) -> list[Learner]:
    """The learner each parameter map stands for, with its values.

    Parameters
    ----------
    estimator : a learner, or a Pipeline whose only stage is one; the maps may set the stages
    maps : as `ParamGridBuilder` builds them

    Raises
    ------
    TiltyardError : a map does not come to exactly one learner
    """
    return [_learner(estimator, param_map) for param_map in maps]


def contender_of(learner: Learner) -> Contender:
    """A learner as a contender; its name has the values that somebody set.

    Examples
    --------
    >>> contender_of(FAMILIES["boosting"](maxDepth=2, seed=7)).name
    'boosting(maxDepth=2)'
    """
    params = learner.kernel_params()
    chosen = [f"{name}={_short(params[name])}" for name in params if learner.isSet(name) and name != "seed"]
    family = learner.kernel.name
    return Contender(f"{family}({', '.join(chosen)})" if chosen else family, learner.kernel, params)


def contenders_of(learners: Sequence[Learner]) -> list[Contender]:
    """The learners as contenders, in their order, each once; those that differ in seed only have it in their name.

    Examples
    --------
    >>> forest = FAMILIES["forest"]
    >>> [contender.name for contender in contenders_of([forest(), forest(), forest(seed=2)])]
    ['forest seed=0', 'forest seed=2']
    """
    every = [contender_of(learner) for learner in learners]
    known = {(one.kernel.name, json.dumps(one.params, sort_keys=True)): one for one in reversed(every)}
    kept = sorted(known.values(), key=every.index)
    times = Counter(one.name for one in kept)
    return [one if times[one.name] == 1 else _with_seed(one) for one in kept]


def arena(learners: Iterable[Learner]) -> tuple[Pipeline, list[ParamMap]]:
    """Estimator and parameter maps in which the learners compete."""
    pipeline = Pipeline(stages=[])
    return pipeline, [{pipeline.stages: [learner]} for learner in learners]


def from_grids(
    families: Sequence[str], grids: Mapping[Any, Mapping[str, Sequence[Any]]], seed: int, **shared: str
) -> list[Learner]:
    """The learners of a configuration: for each family every combination of its grid's values.

    `shared` are params that all of them have, such as columns and the problem.

    Raises
    ------
    ConfigError : a parameter or value the learner does not have

    Examples
    --------
    >>> learners = from_grids(["prior", "linear"], {"linear": {"regParam": [0.01, 0.1]}}, seed=0)
    >>> [contender_of(learner).name for learner in learners]
    ['prior', 'linear(regParam=0.01)', 'linear(regParam=0.1)']
    """
    problems = grid_problems({family: grids.get(family, {}) for family in families})
    if problems:
        raise ConfigError("\n".join(f"{'.'.join(path)}: {sentence}" for path, sentence in problems))
    return [
        _configured(family, values, seed)._set(**shared)
        for family in families
        for values in _combinations(grids.get(family, {}))
    ]


def grid_problems(grids: Mapping[str, Mapping[str, Sequence[Any]]]) -> list[tuple[tuple[str, ...], str]]:
    """What is wrong with the grids of a configuration: path and sentence of each parameter.

    Examples
    --------
    >>> grid_problems({"linear": {"regParm": [1], "maxIter": [5]}})[0][1]
    "there is no such parameter, only regParam, elasticNetParam, maxIter, did you mean 'regParam'?"
    """
    return [
        (("tournament", "grids", family, name), sentence)
        for family, grid in grids.items()
        for name, values in grid.items()
        if (sentence := _wrong(FAMILIES[family], name, values))
    ]


def shared_face(learners: Sequence[Learner]) -> Learner:
    """The learner that speaks for all: they must read and write the same columns."""
    if not learners:
        raise TiltyardError("Tournament: 'estimatorParamMaps' must choose at least one learner, got none.")
    names = ("featuresCol", "labelCol", "predictionCol", "probabilityCol", "baseMarginCol", "problem")
    for name in names:
        values = sorted({learner.getOrDefault(name) for learner in learners if learner.isDefined(name)})
        if len(values) > 1:
            raise TiltyardError(f"Tournament: all contenders must have the same '{name}', got {values}.")
    for learner in learners:
        learner.checked_problem()
    # A base margin is for those that start from it; the others need not name it.
    return next((one for one in learners if one.isDefined(one.baseMarginCol)), learners[0])


def problem_of(schema: StructType, face: Learner) -> Problem:
    """What the contenders predict; of several classes their names, from the label's metadata.

    Raises
    ------
    TiltyardError : the learners' problem is "multiclass", and the label column does not name the classes
    """
    name = face.getOrDefault(face.problem)
    if name != Multiclass.name:
        return problem_named(name)
    label = field_of(schema, face.getLabelCol(), "Tournament")
    classes = label.metadata.get("ml_attr", {}).get("vals")
    if not classes:
        raise TiltyardError(
            f"Tournament: label column '{label.name}' must name its classes, as the output of StringIndexer does"
            " (metadata ml_attr.vals), got none."
        )
    return problem_named(name, tuple(classes))


def to_json(learners: Iterable[Learner], spark: SparkSession) -> list[str]:
    """The learners as JSON texts: class and params."""
    return [DefaultParamsWriter._get_metadata_to_save(learner, spark) for learner in learners]


def from_json(texts: Iterable[str]) -> list[Learner]:
    """What `to_json` wrote."""
    return [restored(json.loads(text)) for text in texts]


def _learner(estimator: Estimator[Any], param_map: ParamMap) -> Learner:
    chosen = estimator.copy(dict(param_map))
    stages = chosen.getStages() if isinstance(chosen, Pipeline) else [chosen]
    if len(stages) != 1 or not isinstance(stages[0], Learner):
        names = [type(stage).__name__ for stage in stages]
        raise TiltyardError(
            "Tournament: with 'tenantCol', or to be saved, each parameter map must choose exactly one of"
            f" {', '.join(FAMILIES)}, got {names}. Put feature stages before the tournament."
        )
    return stages[0].copy(dict(param_map))


def _short(value: float) -> str:
    """Six digits where they are the whole number, else all."""
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


def _with_seed(contender: Contender) -> Contender:
    return replace(contender, name=f"{contender.name} seed={contender.params['seed']}")


def _combinations(grid: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def _configured(family: str, values: Mapping[str, Any], seed: int) -> Learner:
    kind = FAMILIES[family]
    shared = {"seed": seed} if "seed" in kind.hyperparams else {}
    return kind(**{**shared, **values})


def _wrong(kind: type[Learner], name: str, values: Iterable[Any]) -> str | None:
    """What is wrong with the values of one parameter; None where nothing is."""
    if name not in kind.hyperparams:
        known = ", ".join(kind.hyperparams) or "none"
        return f"there is no such parameter, only {known}{nearest(name, kind.hyperparams)}"
    accepted = getattr(kind, name).typeConverter
    for value in values:
        try:
            accepted(value)
        except (TypeError, ValueError):
            return f"must be {accepted.words}, got {value!r}"
    return None
