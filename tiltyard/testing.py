"""The contract every stage keeps: give a stage, a frame and the expected output, get its tests.

case = StageCase(Pivot(inputCols=["origin"]), frame, {"origin__pivot": [1.0, 0.0]})
check_stage(case)                   # everything that needs one process
check_saved([case], folder)         # all saved forms, loaded in another process, give the same output there
"""

from __future__ import annotations

import inspect
import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, runtime_checkable
from uuid import uuid4

from pyspark.ml import Estimator, Pipeline, PipelineModel, Transformer
from pyspark.ml.linalg import Vector
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import column
from tiltyard.errors import DataContractError

# Columns that `fit` reads and rows to score need not have.
_FIT_ONLY = ("labelCol", "foldCol", "keyCol", "recentCol")

# The loaded forms whose output `check_saved` reads. The other two, the stage alone and the PipelineModel, are loaded
# from the same folders and compared by their params.
_TRANSFORMED = ("Pipeline", "fitted stage")
_PIPELINE, _MODEL, _KEYS = "pipeline", "model", "keys.json"  # what `check_saved` leaves for the new process

Stage = Transformer | Estimator[Any]


@runtime_checkable
class Reads(Protocol):
    """A stage that is told its columns by other params than `inputCols`: Calculate is one."""

    def reads(self) -> list[str]: ...


@dataclass(frozen=True)
class StageCase:
    """A stage with an input and what it must give.

    Parameters
    ----------
    stage : unfitted estimator or transformer
    frame : its input; `key` names its rows
    expected : the values of output columns, in the order of the keys; numbers agree within 1e-6
    key : a column without nulls and repetitions, not read by the stage
    adds : whether the stage adds columns; False for a stage that changes metadata only
    fit_jobs : Spark jobs of a `fit`, at most: one aggregation and the count of its result, as adaptive execution
        splits them, with room to spare
    """

    stage: Stage
    frame: DataFrame
    expected: Mapping[str, Sequence[Any]]
    key: str = "id"
    adds: bool = True
    fit_jobs: int = 8

    @property
    def name(self) -> str:
        return type(self.stage).__name__

    @cached_property
    def counted_model(self) -> tuple[Transformer, int]:
        """The stage fitted on the case's own frame, once for all checks, and the Spark jobs that took."""
        with counted_jobs(self.frame.sparkSession) as jobs:
            return self.fitted(), jobs()

    @property
    def model(self) -> Transformer:
        """The fitted stage; checks read it only."""
        return self.counted_model[0]

    @cached_property
    def rows(self) -> list[tuple[Any, ...]]:
        """The rows of the case's own frame, ordered by key."""
        return _rows(self.frame, self.key)

    @cached_property
    def output(self) -> list[tuple[Any, ...]]:
        """The rows `model` makes of the case's own frame, ordered by key."""
        return _rows(self.model.transform(self.frame), self.key)

    def fitted(self, frame: DataFrame | None = None) -> Transformer:
        """The transformer: fitted on `frame` (default: the case's own), or the stage itself."""
        return _fitted(self.stage, self.frame if frame is None else frame)

    def inputs(self) -> list[str]:
        """Columns of the frame that `fit` and `transform` read: by params `...Col` and `...Cols`, and by `reads`."""
        names: list[str] = self.stage.reads() if isinstance(self.stage, Reads) else []
        for param in self.stage.params:
            if (
                param.name.endswith(("Col", "Cols"))
                and param.name not in _FIT_ONLY
                and self.stage.isDefined(param)
            ):
                value = self.stage.getOrDefault(param)
                names += [value] if isinstance(value, str) else value
        return [name for name in dict.fromkeys(names) if name in self.frame.columns]


def check_stage(case: StageCase) -> None:
    """Run every check of `CHECKS`."""
    for check in CHECKS:
        check(case)


def check_params(case: StageCase) -> None:
    """Params have words, stand in the class's docstring, and copies do not share them."""
    described = inspect.getdoc(type(case.stage)) or ""
    for param in case.stage.params:
        assert param.doc, f"{case.name}: '{param.name}' has no words"
        assert param.name in described, f"{case.name}: its docstring does not mention '{param.name}'"
    before, copied = _values(case.stage), case.stage.copy()
    assert copied is not case.stage
    assert (copied.uid, _values(copied)) == (case.stage.uid, before)
    for param in copied.params:
        copied.clear(param)
    assert _values(case.stage) == before, f"{case.name}: a copy shares its params"


def check_docstrings(case: StageCase) -> None:
    """Stage and model have numpydoc docstrings with an example; a stage that fits a Pipeline has no model class."""
    for subject in (case.stage, *([] if isinstance(case.model, PipelineModel) else [case.model])):
        described = inspect.getdoc(type(subject)) or ""
        assert "Examples\n--------\n" in described and ">>> " in described, (
            f"{type(subject).__name__}: no example"
        )
    assert "Parameters\n----------\n" in (inspect.getdoc(type(case.stage)) or ""), (
        f"{case.name}: no Parameters"
    )


def check_output(case: StageCase) -> None:
    """The output is as expected; input columns stay, in front and unchanged; no row is lost or doubled."""
    columns, given = case.model.transform(case.frame).columns, case.frame.columns
    assert columns[: len(given)] == given
    assert (len(columns) > len(given)) == case.adds
    assert [row[: len(given)] for row in case.output] == case.rows
    for name, values in case.expected.items():
        found, wanted = [row[columns.index(name)] for row in case.output], [_plain(value) for value in values]
        assert _near(found, wanted), f"{case.name}: '{name}' is {found}, expected {wanted}"


def check_jobs(case: StageCase) -> None:
    """`transform` launches no job; `fit` the same few, however many columns there are."""
    model, fit_jobs = case.counted_model
    with counted_jobs(case.frame.sparkSession) as jobs:
        model.transform(case.frame)
    assert jobs() == 0, f"{case.name}: transform launched {jobs()} jobs"
    assert fit_jobs <= case.fit_jobs, f"{case.name}: fit launched {fit_jobs} jobs"


def check_order(case: StageCase) -> None:
    """Rows in another order and partitioning give the same output, fitted on or not."""
    shuffled = case.frame.orderBy(F.desc(case.key)).repartition(3)
    found = _rows(case.fitted(shuffled).transform(shuffled), case.key)
    assert found == case.output, f"{case.name}: the order changes the output"


def check_empty(case: StageCase) -> None:
    """A frame without rows gives none, with the same columns; a stage fitted on it still transforms."""
    nothing = case.frame.limit(0)
    made = case.model.transform(nothing)
    assert made.dtypes == case.model.transform(case.frame).dtypes
    assert made.collect() == []
    assert len(_rows(case.fitted(nothing).transform(case.frame), case.key)) == len(case.rows)


def check_nulls(case: StageCase) -> None:
    """Nulls in every input, at fit or later, are no error and lose no row."""
    empty = case.frame.select(
        *[
            (F.lit(None).cast(field.dataType) if field.name in case.inputs() else column(field.name)).alias(
                field.name, metadata=field.metadata
            )
            for field in case.frame.schema
        ]
    )
    _keeps_rows(case, empty)


def check_unseen(case: StageCase) -> None:
    """Tenants and texts that were not there at fit, some of broken bytes, are no error and lose no row."""
    inputs = set(case.inputs())
    # Python refuses to read the second, and files hold such texts.
    broken = F.unhex(F.lit("6E65766572207365656EFF")).cast("string")
    unseen = F.when(F.xxhash64(column(case.key)) % 2 == 0, "never seen").otherwise(broken)
    strange = case.frame.select(
        *[
            unseen.alias(field.name, metadata=field.metadata)
            if field.name in inputs and isinstance(field.dataType, T.StringType)
            else column(field.name)
            for field in case.frame.schema
        ]
    )
    _keeps_rows(case, strange)


def check_missing_columns(case: StageCase) -> None:
    """A missing input column is a DataContractError that names it, in `fit` and in `transform`."""
    acts: list[Callable[[DataFrame], Any]] = [case.model.transform]
    if isinstance(case.stage, Estimator):
        acts.append(case.fitted)
    for name in case.inputs():
        without = case.frame.drop(column(name))
        for act in acts:
            message = _refusal(act, without)
            assert f"'{name}'" in message, f"{case.name}: the error does not name '{name}': {message}"


CHECKS: tuple[Callable[[StageCase], None], ...] = (
    check_params,
    check_docstrings,
    check_output,
    check_jobs,
    check_order,
    check_empty,
    check_nulls,
    check_unseen,
    check_missing_columns,
)


def check_saved(cases: Sequence[StageCase], folder: Path) -> None:
    """Stage, fitted stage, Pipeline and PipelineModel, saved and loaded in one new Python process, are the same there.

    All four have the same class and params there; Pipeline and fitted stage give the same rows. A stage alone is
    loaded from the folder that a pipeline made for it, as a pipeline saves its stages by what they do to be saved
    by themselves. All cases go into one pipeline and one process: each folder, and starting, takes longer than most
    stages.
    """
    Pipeline(stages=[case.stage for case in cases]).write().save(str(folder / _PIPELINE))
    PipelineModel([case.model for case in cases]).write().save(str(folder / _MODEL))
    for at, case in enumerate(cases):
        case.frame.write.parquet(str(folder / f"{at}-input"))
    (folder / _KEYS).write_text(json.dumps([case.key for case in cases]))
    command = [sys.executable, "-m", "tiltyard.testing", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    for at, case in enumerate(cases):
        found = json.loads((folder / f"{at}-found.json").read_text())
        assert found["params"] == [
            _written(one) for one in (case.stage, case.stage, case.model, case.model)
        ], f"{case.name}: saved, it has other params"
        for form in _TRANSFORMED:
            assert found[form] == _as_json(case.output), f"{case.name}: saved as a {form}, another output"


@contextmanager
def counted_jobs(spark: SparkSession) -> Iterator[Callable[[], int]]:
    """The number of Spark jobs that started inside the block."""
    context = spark.sparkContext
    group = f"counted-{uuid4()}"
    context.setJobGroup(group, "counted by tiltyard.testing")
    try:
        yield lambda: len(context.statusTracker().getJobIdsForGroup(group))
    finally:
        context.setLocalProperty("spark.jobGroup.id", None)  # type: ignore[arg-type]


def _fitted(stage: Stage, frame: DataFrame) -> Transformer:
    if isinstance(stage, Estimator):
        model: Transformer = stage.fit(frame)
        return model
    return stage


def _keeps_rows(case: StageCase, frame: DataFrame) -> None:
    """The model transforms `frame`, and one fitted on `frame` transforms the case's own."""
    assert len(_rows(case.model.transform(frame), case.key)) == len(case.rows)
    assert len(_rows(case.fitted(frame).transform(case.frame), case.key)) == len(case.rows)


def _refusal(act: Callable[[DataFrame], Any], frame: DataFrame) -> str:
    try:
        act(frame)
    except DataContractError as error:
        return str(error)
    raise AssertionError(f"no error for a frame with only {frame.columns}")


def _values(stage: Any) -> dict[str, Any]:
    return {param.name: value for param, value in stage.extractParamMap().items() if param.name != "stages"}


def _written(stage: Any) -> dict[str, Any]:
    """Class, uid and params as JSON holds them."""
    written: dict[str, Any] = _as_json({"class": type(stage).__name__, "uid": stage.uid, **_values(stage)})
    return written


def _as_json(value: Any) -> Any:
    return json.loads(json.dumps(value, default=repr))


def _rows(frame: DataFrame, key: str) -> list[tuple[Any, ...]]:
    """The rows as plain values, ordered by key; NaN equals NaN."""
    at = frame.columns.index(key)
    return sorted((tuple(map(_plain, row)) for row in frame.collect()), key=lambda row: row[at])


def _plain(value: Any) -> Any:
    if isinstance(value, Vector):
        value = value.toArray().tolist()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


def _near(found: Any, wanted: Any) -> bool:
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(_near, found, wanted))
    if isinstance(found, float) and isinstance(wanted, float | int):
        return math.isclose(found, wanted, rel_tol=1e-6, abs_tol=1e-6)
    return bool(found == wanted)


def _load_saved(folder: Path) -> None:
    """What the new process does: load every form, write down its params and output."""
    spark = _small_session()
    stages = Pipeline.load(str(folder / _PIPELINE)).getStages()
    models = PipelineModel.load(str(folder / _MODEL)).stages
    for at, key in enumerate(json.loads((folder / _KEYS).read_text())):
        frame = spark.read.parquet(str(folder / f"{at}-input"))
        alone = _loaded_alone(stages[at], folder / _PIPELINE)
        fitted = _loaded_alone(models[at], folder / _MODEL)
        made = (Pipeline(stages=[stages[at]]).fit(frame), fitted)
        rows = {form: _rows(one.transform(frame), key) for form, one in zip(_TRANSFORMED, made, strict=True)}
        params = [_written(one) for one in (stages[at], alone, models[at], fitted)]
        (folder / f"{at}-found.json").write_text(json.dumps({"params": params, **rows}, default=repr))
    spark.stop()


def _loaded_alone(stage: Any, pipeline: Path) -> Any:
    """A stage of a pipeline, loaded by its own class."""
    (saved,) = (pipeline / "stages").glob(f"*_{stage.uid}")
    return type(stage).load(str(saved))


def _small_session() -> SparkSession:
    """A session for a few rows: nothing to fetch, and no compiling of code that runs once."""
    builder = SparkSession.builder.master("local[1]").config("spark.sql.session.timeZone", "UTC")
    for name in ("spark.ui.enabled", "spark.sql.codegen.wholeStage", "spark.sql.adaptive.enabled"):
        builder = builder.config(name, "false")
    return builder.config("spark.sql.shuffle.partitions", "1").getOrCreate()


if __name__ == "__main__":
    _load_saved(Path(sys.argv[1]))
