"""Tournament: a CrossValidator that holds one tournament for every tenant, all in one Spark job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from pyspark import keyword_only
from pyspark.ml import Estimator
from pyspark.ml.evaluation import Evaluator
from pyspark.ml.param import Param, Params
from pyspark.ml.util import DefaultParamsReader, DefaultParamsWriter, MLReader, MLWriter
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from tiltyard import contenders
from tiltyard.columns import column, field_of
from tiltyard.crossed import Crossed
from tiltyard.entries import Contender
from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.evaluators import metric_of
from tiltyard.folds import hash_folds
from tiltyard.giants import Lane, giants, played
from tiltyard.keyed import restored
from tiltyard.learners import Learner
from tiltyard.learners.base import categorical_slots, packed_floats
from tiltyard.packed import tournaments
from tiltyard.params import Range, flag, number, one_of, text, whole
from tiltyard.portfolio import from_json, orders, share
from tiltyard.problem import Problem
from tiltyard.results import with_rows
from tiltyard.rules import Rules
from tiltyard.search import Budget, at_random
from tiltyard.state import computed
from tiltyard.thresholds import RULES, ThresholdRule
from tiltyard.tournament_model import TournamentModel

__all__ = ["Tournament", "TournamentModel"]

_NESTED = ("estimator", "estimatorParamMaps", "evaluator")  # params that hold objects: saved apart


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not 0 <= float(value) < float("inf"):
        raise ValueError(value)
    return float(value)


class Tournament(Crossed):
    """Find every tenant's best contender by cross-validation, and fit it on all of the tenant's rows.

    With `tenantCol` one Spark job plays all tournaments: a tenant's rows meet in one Python worker, which
    fits every contender on every fold with one thread. A tenant that cannot play (too few rows, one class,
    a failing fit, out of time) has a status and is served by the global prior; it never fails the job.
    Without `tenantCol` this is Spark ML's CrossValidator, and `fit` returns its model.

    Rows without a label or without features are left out; nulls among the features are for the learners. Rows
    of a null tenant train nobody. The result does not depend on row order or partitioning.

    Parameters
    ----------
    estimator, estimatorParamMaps, evaluator, numFolds, foldCol, seed, parallelism, collectSubModels
        as for CrossValidator, but seed 0 by default. With `tenantCol` each map must choose one learner of
        `tiltyard.learners`, and earlier ones win ties. `foldCol` has 0 to numFolds - 1; without it a row's fold
        is a hash of its key.
    contenders : mapping of learner to its parameter maps, instead of estimator and estimatorParamMaps
    tenantCol : column of the tenant
    keyCol : column that names a row of a tenant; orders rows before a fit and draws the folds. Unset:
        features and label do both, so equal rows share a fold.
    expanding : `foldCol` counts blocks in time, from 0 to numFolds: block i validates what was trained on
        the blocks before it (see `tiltyard.folds.time_folds`)
    minRows, minPerClass : least rows, and rows of each class, of a tenant that plays; default 100 and 10
    seconds : limit for one tenant of up to 10,000 rows, in proportion for one of more, 0 for none; default 20
    partitions : Python tasks that share the tenants; default `spark.sql.shuffle.partitions`
    packedRows : a tenant of more rows is played by many workers: Spark ML and `xgboost.spark` fit its contenders, one
        after another, racing and `seconds` apart (see `tiltyard.giants`); default 200,000
    workers : that share such a tenant, each with a core; its answers depend on them. Default 2
    thresholdBy : the probability above which a model predicts 1: "half" (default) is 0.5; "accuracy",
        "balanced_accuracy" or "f1" takes what is best out of fold; "costs" weighs the two costs
    falsePositive, falseNegative : what such a mistake costs, > 0, default 1
    racing : whether contenders that are clearly behind after a fold stop playing; default True
    blend : whether the best contenders of each family together are one more, "blend"; default True
    search : "grid" (default) plays all contenders. Of a large field "random" plays the first of each family and
        `trials` others, the same for all tenants; "tpe" the first of each family, and then, tenant by tenant, up to
        `trials` that hyperopt chooses by what the ones before have reached
        "portfolio" those that cost nothing (prior, pooled) and the `trials` others that have won most often for tenants
        of about as many rows, columns and categories
    trials : default 20
    searchSeconds : time of a tenant after which "tpe" begins no new one, 0 (default) for no limit. With a limit
        results depend on the machine
    portfolio : what has won, as `tiltyard.portfolio.to_json` says it; default nothing, and the field's order counts

    See Also
    --------
    pyspark.ml.tuning.CrossValidator : one model for all rows; its contenders may be any estimators.

    Examples
    --------
    >>> from pyspark.ml.evaluation import BinaryClassificationEvaluator
    >>> from tiltyard.learners import Boosting, Prior
    >>> rows = [(f"t{n % 2}", n, [float(n % 7), float(n % 5)], float(n % 7 > 3)) for n in range(400)]
    >>> frame = spark.createDataFrame(rows, "tenant string, id int, features array<float>, label double")
    >>> tournament = Tournament(
    ...     contenders={Prior(): [{}], Boosting(maxIter=20): [{}]},
    ...     evaluator=BinaryClassificationEvaluator(), tenantCol="tenant", keyCol="id",
    ... )
    >>> model = tournament.fit(frame)
    >>> model.champions.select("tenant", "learner", "status").orderBy("tenant").show()
    +------+--------+------+
    |tenant| learner|status|
    +------+--------+------+
    |  NULL|   prior|    ok|
    |    t0|boosting|    ok|
    |    t1|boosting|    ok|
    +------+--------+------+
    >>> model.transform(frame).where("prediction = label").count()
    400
    """

    tenantCol: Param[str] = Param(
        Params._dummy(), "tenantCol", "column of the tenant; unset: stock CrossValidator", text()
    )
    keyCol: Param[str] = Param(Params._dummy(), "keyCol", "column that names a row of a tenant", text())
    minRows: Param[int] = Param(Params._dummy(), "minRows", "least rows of a tenant that plays", whole(1))
    minPerClass: Param[int] = Param(
        Params._dummy(), "minPerClass", "least rows of each class of a tenant that plays", whole(1)
    )
    seconds: Param[float] = Param(
        Params._dummy(),
        "seconds",
        "limit for one tenant, 0 for none",
        Range("a finite number of seconds, 0 or more", _seconds),
    )
    partitions: Param[int] = Param(
        Params._dummy(), "partitions", "Python tasks that share the tenants", whole(1)
    )
    thresholdBy: Param[str] = Param(
        Params._dummy(), "thresholdBy", "how decision thresholds are found", one_of(*RULES)
    )
    falsePositive: Param[float] = Param(
        Params._dummy(), "falsePositive", "what a false positive costs", number(0, above=True)
    )
    falseNegative: Param[float] = Param(
        Params._dummy(), "falseNegative", "what a false negative costs", number(0, above=True)
    )
    packedRows: Param[int] = Param(
        Params._dummy(), "packedRows", "most rows of a tenant that one worker plays", whole(1)
    )
    workers: Param[int] = Param(
        Params._dummy(), "workers", "workers that share a tenant of more rows", whole(1)
    )
    racing: Param[bool] = Param(
        Params._dummy(),
        "racing",
        "whether contenders that are clearly behind after a fold stop playing",
        flag(),
    )
    blend: Param[bool] = Param(
        Params._dummy(),
        "blend",
        "whether the best contenders of each family together are one more",
        flag(),
    )

    search: Param[str] = Param(
        Params._dummy(), "search", "which contenders play", one_of("grid", "random", "tpe", "portfolio")
    )
    trials: Param[int] = Param(Params._dummy(), "trials", "contenders that a search tries", whole(1))
    searchSeconds: Param[float] = Param(
        Params._dummy(),
        "searchSeconds",
        "seconds after which a search begins no new one, 0 for no limit",
        Range("a finite number of seconds, 0 or more", _seconds),
    )
    portfolio: Param[str] = Param(
        Params._dummy(), "portfolio", "records of what has won for which tenants", text()
    )

    @keyword_only
    def __init__(
        self,
        *,
        estimator: Estimator[Any] | None = None,
        estimatorParamMaps: Sequence[contenders.ParamMap] | None = None,
        evaluator: Evaluator | None = None,
        numFolds: int = 3,
        seed: int | None = None,
        parallelism: int = 1,
        collectSubModels: bool = False,
        foldCol: str = "",
        contenders: Mapping[Learner, Sequence[contenders.ParamMap]] | None = None,
        tenantCol: str | None = None,
        keyCol: str | None = None,
        expanding: bool = False,
        minRows: int = 100,
        minPerClass: int = 10,
        seconds: float = 20.0,
        partitions: int | None = None,
        packedRows: int = 200_000,
        workers: int = 2,
        thresholdBy: str = "half",
        falsePositive: float = 1.0,
        falseNegative: float = 1.0,
        racing: bool = True,
        blend: bool = True,
        search: str = "grid",
        trials: int = 20,
        searchSeconds: float = 0.0,
        portfolio: str = "[]",
    ) -> None:
        given = self._input_kwargs
        super().__init__()
        # Spark ML's default seed differs from one Python process to the next.
        self._setDefault(minRows=100, minPerClass=10, seconds=20.0, seed=0)
        self._setDefault(thresholdBy="half", falsePositive=1.0, falseNegative=1.0, racing=True, blend=True)
        self._setDefault(packedRows=200_000, workers=2, search="grid", trials=20, searchSeconds=0.0)
        self._setDefault(portfolio="[]")
        self._set(**{name: value for name, value in given.items() if name != "contenders"})
        if contenders is not None:
            self._compete(contenders)

    def learners(self) -> list[Learner]:
        """The contenders' learners, in their order."""
        return contenders.learners_of(self.getEstimator(), self.getEstimatorParamMaps())

    def write(self) -> MLWriter:
        return _TournamentWriter(self)

    @classmethod
    def read(cls) -> Any:
        return _TournamentReader()

    def _compete(self, grids: Mapping[Learner, Sequence[contenders.ParamMap]]) -> None:
        if self.isSet(self.estimator) or self.isSet(self.estimatorParamMaps):
            raise TiltyardError(
                "Tournament: 'contenders' must stand alone, got it beside 'estimator' or 'estimatorParamMaps'."
            )
        learners = [
            learner for base, maps in grids.items() for learner in contenders.learners_of(base, maps or [{}])
        ]
        estimator, maps = contenders.arena(learners)
        self._set(estimator=estimator, estimatorParamMaps=maps)

    def _fit(self, dataset: DataFrame) -> Any:
        self._check()
        if not self.isSet(self.tenantCol):
            return super()._fit(dataset)
        learners = self.learners()
        face = contenders.shared_face(learners)
        features = face.getFeaturesCol()
        problem = contenders.problem_of(dataset.schema, face)
        categorical, rules = categorical_slots(dataset.schema, features), self._rules(problem)
        field, rules = self._field(learners, rules, categorical)
        rows = self._rows(dataset, face)
        sizes = self._sizes(dataset, face)
        most = self.getOrDefault(self.packedRows)
        large = giants(sizes, most)
        lane = Lane(field, rules, categorical, problem, self.getNumFolds(), self.getOrDefault(self.workers))
        apart = [row for tenant, count in large.items() for row in played(rows, tenant, count, lane)]
        others = rows.where(~F.col("tenant").isin(*large) | F.col("tenant").isNull()) if large else rows
        partitions = self.getOrDefault(self.partitions) if self.isSet(self.partitions) else None
        packed = tournaments(
            others, field, rules, categorical, partitions, problem, sizes.where(F.col("rows") <= most)
        )
        results = computed(with_rows(packed, apart))
        if results.isEmpty():
            raise DataContractError(
                f"Tournament: no row has a label in '{face.getLabelCol()}'; nothing to learn."
            )
        model = TournamentModel(results, categorical)
        if face.isDefined(face.baseMarginCol):
            model._set(baseMarginCol=face.getOrDefault(face.baseMarginCol))
        return model._set(
            tenantCol=self.getOrDefault(self.tenantCol),
            problem=problem.name,
            featuresCol=features,
            predictionCol=face.getPredictionCol(),
            probabilityCol=face.getProbabilityCol(),
            threshold=rules.threshold.without_evidence,
        )._resetUid(self.uid)

    def _check(self) -> None:
        """Refuse what cannot be played, before any job starts."""
        for name in _NESTED:
            if not self.isSet(name):
                way_out = "" if name == "evaluator" else " Or give 'contenders'."
                raise TiltyardError(f"Tournament: '{name}' must be set, got nothing.{way_out}")
        expanding = self.getOrDefault(self.expanding)
        if expanding and not self.getFoldCol():
            raise TiltyardError("Tournament: 'expanding' must come with 'foldCol', the blocks in time.")
        if not expanding and self.getNumFolds() < 2:
            raise TiltyardError(f"Tournament: 'numFolds' must be at least 2, got {self.getNumFolds()}.")

    def _rules(self, problem: Problem) -> Rules:
        return Rules(
            metric=metric_of(self.getEvaluator(), problem.name),
            expanding=self.getOrDefault(self.expanding),
            min_rows=self.getOrDefault(self.minRows),
            min_per_class=self.getOrDefault(self.minPerClass),
            seconds=self.getOrDefault(self.seconds),
            threshold=ThresholdRule(
                self.getOrDefault(self.thresholdBy),
                self.getOrDefault(self.falsePositive),
                self.getOrDefault(self.falseNegative),
            ),
            racing=self.getOrDefault(self.racing),
            blend=self.getOrDefault(self.blend),
            search=self.getOrDefault(self.search),
            budget=Budget(
                self.getOrDefault(self.trials), self.getOrDefault(self.searchSeconds), self.getSeed()
            ),
        )

    def _field(
        self, learners: Sequence[Learner], rules: Rules, categorical: tuple[bool, ...]
    ) -> tuple[list[Contender], Rules]:
        """Who may play, and the rules that know in which order they are likely to win."""
        field = contenders.contenders_of(learners)
        if rules.search == "random":
            return at_random(field, rules.budget), rules
        if rules.search == "portfolio":
            known, columns = from_json(self.getOrDefault(self.portfolio)), len(categorical)
            return field, replace(rules, orders=orders(field, known, columns, share(categorical)))
        return field, rules

    def _rows(self, dataset: DataFrame, face: Learner) -> DataFrame:
        """The labelled rows as the packed lane takes them: tenant, key, fold, y, x, margin."""
        features, label = face.getFeaturesCol(), face.getLabelCol()
        tenant = field_of(dataset.schema, self.getOrDefault(self.tenantCol), "Tournament").name
        key = self._key(dataset.schema)
        known = column(label).isNotNull() & column(features).isNotNull()
        rows = dataset.where(known).select(
            column(tenant).cast("string").alias("tenant"),
            key.alias("key"),
            self.fold_column().alias("fold"),
            column(label).cast("double").alias("y"),
            packed_floats(dataset.schema, features).alias("x"),
            face.base_margin(dataset.schema).alias("margin"),
        )
        if self.getFoldCol():
            return rows
        drawn_by = ("key",) if self.isSet(self.keyCol) else ("x", "y")
        return rows.withColumn("fold", hash_folds(drawn_by, self.getNumFolds(), self.getSeed()))

    def _sizes(self, dataset: DataFrame, face: Learner) -> DataFrame:
        """DataFrame[tenant, rows]: each tenant's labelled rows. One Spark job, which makes no features."""
        tenant = column(self.getOrDefault(self.tenantCol)).cast("string").alias("tenant")
        known = dataset.where(column(face.getLabelCol()).isNotNull()).select(tenant)
        return computed(known.where("tenant IS NOT NULL").groupBy("tenant").agg(F.count("*").alias("rows")))

    def _key(self, schema: StructType) -> Column:
        if not self.isSet(self.keyCol):
            return F.lit(None).cast("string")
        name = field_of(schema, self.getOrDefault(self.keyCol), "Tournament").name
        return column(name).cast("string")


class _TournamentWriter(MLWriter):
    """Contenders as JSON: stock CrossValidator cannot save learners that enter through a Pipeline's stages."""

    def __init__(self, tournament: Tournament) -> None:
        super().__init__()
        self.tournament = tournament

    def saveImpl(self, path: str) -> None:
        own, spark = self.tournament, self.sparkSession
        plain = {param.name: value for param, value in own._paramMap.items() if param.name not in _NESTED}
        nested = {
            "contenders": contenders.to_json(own.learners(), spark),
            "evaluator": DefaultParamsWriter._get_metadata_to_save(cast(Params, own.getEvaluator()), spark),
        }
        DefaultParamsWriter.saveMetadata(own, path, spark, extraMetadata=nested, paramMap=plain)


class _TournamentReader(MLReader[Any]):
    def load(self, path: str) -> Tournament:
        import json

        metadata = DefaultParamsReader.loadMetadata(path, self.sparkSession)
        tournament = Tournament()._resetUid(metadata["uid"])
        DefaultParamsReader.getAndSetParams(tournament, metadata)
        estimator, maps = contenders.arena(contenders.from_json(metadata["contenders"]))
        evaluator = restored(json.loads(metadata["evaluator"]))
        return tournament._set(estimator=estimator, estimatorParamMaps=maps, evaluator=evaluator)
