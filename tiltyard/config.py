"""The configuration: frozen models of what an app predicts and where the platform works; their loading."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tiltyard._conflicts import app_conflicts
from tiltyard._layers import Layers, canonical, set_document, value_at, with_secrets
from tiltyard._problems import conflict, findings, nearest
from tiltyard._yaml import Document, Problem, read_yaml
from tiltyard.errors import ConfigError

FieldType = Literal[
    "Real", "Integral", "Percent", "Currency", "Binary", "Date", "Timestamp", "Category", "MultiCategory",
    "Text", "Email", "Phone", "URL", "Company", "JobTitle", "Country", "State", "City", "PostalCode",
    "Geolocation", "Id", "Custom", "Other",
]  # fmt: skip
ProblemName = Literal["binary", "multiclass", "regression"]
Metric = Literal["auroc", "aupr", "log_loss", "brier", "accuracy", "rmse", "mae", "r2"]
Learner = Literal["prior", "pooled", "linear", "residual", "forest", "boosting", "catboost"]
Word = Annotated[str, Field(pattern=r"^\w+$")]  # becomes part of a path
Text = Annotated[str, Field(min_length=1)]
Columns = tuple[Text, ...]
Candidates = Annotated[list[Any], Field(min_length=1)]
GridCheck = Callable[[Mapping[str, Mapping[str, Sequence[Any]]]], Sequence[tuple[tuple[str, ...], str]]]
DEFAULT_METRIC: Mapping[ProblemName, Metric] = {
    "binary": "auroc",
    "multiclass": "log_loss",
    "regression": "rmse",
}
_GRIDS = ("tournament", "grids")
_POOLING = frozenset({"pooled", "residual"})
_OPTIONAL = frozenset({"catboost"})  # needs a package of its own, and many times the time of the others


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Folds(_Frozen):
    """How rows are split: `by` hash, time (train on the past, validate on the next block) or group.

    Without `by` it is time for an app that declares `time`, else hash. Rows of one `group` stay together.
    `holdout` is the share of rows that no training reads, and every champion is measured on.
    """

    count: int = Field(3, ge=2, le=20)
    by: Literal["hash", "time", "group"] | None = None
    holdout: float = Field(0.0, ge=0, le=0.9)
    group: Columns = ()


class ThresholdConfig(_Frozen):
    """Where a probability becomes a prediction: at one half, where a metric is best, or by what mistakes cost."""

    by: Literal["half", "accuracy", "balanced_accuracy", "f1", "costs"] = "half"
    false_positive: float = Field(1.0, gt=0)
    false_negative: float = Field(1.0, gt=0)


class TournamentConfig(_Frozen):
    """Who competes, by which measure, and how long a tenant may take.

    Without `metric` it is auroc for a binary problem, log_loss for several classes, rmse for a number.
    A tenant of more than `packed_rows` rows is played by `workers` workers.
    `grids` has, for each learner, the values to try of each parameter. Without `learners` all play, but for those that
    the app has no use for (see `AppConfig.learners`).
    """

    metric: Metric | None = None
    learners: Annotated[tuple[Learner, ...] | None, Field(min_length=1)] = None
    search: Literal["grid", "random", "tpe", "portfolio"] = "grid"
    trials: int = Field(20, ge=1)
    search_seconds: float = Field(0.0, ge=0)
    seed: int = 0
    seconds_per_tenant: float = Field(20.0, gt=0)
    packed_rows: int = Field(200_000, ge=1)
    workers: int = Field(2, ge=1)
    grids: dict[Learner, dict[str, Candidates]] = {}
    threshold: ThresholdConfig = ThresholdConfig()
    racing: bool = True
    blend: bool = True


class ScoreConfig(_Frozen):
    """What a score tells: `reasons` fields that moved it most, 0 for none. They cost many times a score."""

    reasons: int = Field(0, ge=0, le=50)


class Gates(_Frozen):
    """What a tenant needs before it plays, and when its failures count."""

    min_rows: int = Field(100, ge=1)
    min_per_class: int = Field(10, ge=1)
    max_failed_share: float = Field(0.5, ge=0, le=1)
    quarantine_after: int = Field(3, ge=1)
    quarantine_days: int = Field(7, ge=0)


class Features(_Frozen):
    """Limits of features: values or terms kept per tenant, rows one needs, and what becomes of bad ones."""

    top_k: int = Field(20, ge=1)
    min_support: int = Field(10, ge=1)
    check: bool = True
    remove: bool = True


class AppConfig(_Frozen):
    """One prediction use case: one file `conf/apps/<app>.yaml`. conf/README.md says what each key means."""

    app: Word
    problem: ProblemName = "binary"
    source: Word
    tenant: Columns = ()
    key: Annotated[Columns, Field(min_length=1)]
    time: Text | None = None
    time_zone: str = "UTC"
    label: Text
    exclude: Columns = ()
    fields: dict[str, FieldType] = {}
    folds: Folds = Folds()
    tournament: TournamentConfig = TournamentConfig()
    gates: Gates = Gates()
    features: Features = Features()
    score: ScoreConfig = ScoreConfig()

    @property
    def learners(self) -> tuple[Learner, ...]:
        """Who competes: of those that are configured, none that starts from other tenants where there are none.

        Nor for several classes: tenants have classes of their own. By default a forest plays only where there is no
        model of all tenants: beside one it took a third of a tournament and gained nothing (hotel bookings by agent
        .9395 with, .9393 without; flights by route .6957 and .6955, mean AUROC over tenants). An optional learner plays
        only where it is named.

        Examples
        --------
        >>> AppConfig(app="late", source="flights", key=("id",), label="delay > 15").learners
        ('prior', 'linear', 'forest', 'boosting')
        """
        pools = bool(self.tenant) and self.problem != "multiclass"
        idle = _POOLING if not pools else frozenset() if self.tournament.learners else frozenset({"forest"})
        named = self.tournament.learners or [name for name in get_args(Learner) if name not in _OPTIONAL]
        return tuple(name for name in named if name not in idle)

    @property
    def metric(self) -> Metric:
        """The measure that ranks contenders, and by which tenants are judged."""
        return self.tournament.metric or DEFAULT_METRIC[self.problem]

    @property
    def pools(self) -> bool:
        """Whether a model of all tenants plays a part."""
        return not _POOLING.isdisjoint(self.learners)

    @model_validator(mode="after")
    def _complete(self) -> AppConfig:
        conflict(app_conflicts(self))
        if self.folds.by is None:
            by = "time" if self.time else "hash"
            # The one default that depends on another key; nobody has seen the object yet.
            object.__setattr__(self, "folds", self.folds.model_copy(update={"by": by}))
        return self


class Mlflow(_Frozen):
    """Where train jobs are tracked."""

    enabled: bool = True
    tracking_uri: str = "sqlite:///.tiltyard/mlflow.db"
    experiment: str = "tiltyard"


class PlatformConfig(_Frozen):
    """Where tables live and how Spark is set up."""

    warehouse: Text = ".tiltyard/warehouse"
    artifacts: Text | None = None
    spark: dict[str, str] = {}
    mlflow: Mlflow = Mlflow()

    @field_validator("spark", mode="before")
    @classmethod
    def _as_text(cls, settings: Any) -> Any:
        """Spark's settings are texts, but nobody quotes an 8."""
        if not isinstance(settings, dict):
            return settings
        return {name: _spark_text(value) for name, value in settings.items()}

    @model_validator(mode="after")
    def _complete(self) -> PlatformConfig:
        if self.artifacts is None and re.fullmatch(r"\w+\.\w+", self.warehouse):
            reason = f"is required: '{self.warehouse}' is a catalog schema, and saved pipelines need a folder"
            conflict([(("artifacts", "warehouse"), reason)])
        return self


class Config(_Frozen):
    """Everything a job is told. `hash` is the SHA-256 of the rest as canonical JSON."""

    platform: PlatformConfig
    app: AppConfig | None
    hash: str


def load_config(
    conf: Traversable | None = None,
    app: str | None = None,
    env: str = "local",
    overrides: Sequence[str] = (),
    check_grids: GridCheck = lambda grids: [],
) -> Config:
    """Read base.yaml, env/<env>.yaml and apps/<app>.yaml, the later ones winning, and then the overrides.

    Parameters
    ----------
    conf : folder of the configuration, default `default_conf()`
    app : app to load; None for work that concerns no app
    overrides : `key.path=value` with the value as YAML, as in `--set`
    check_grids : what is wrong with `tournament.grids`, as path and sentence: `tiltyard.contenders.grid_problems`,
        which a job gives; this module knows no learner's parameters

    Raises
    ------
    ConfigError : a line for each problem of all files: file, dotted path, what is wrong, nearest match

    Examples
    --------
    >>> config = load_config(app="flight_delay", overrides=["gates.min_rows=50"])
    >>> config.app.tenant, config.app.folds.by, config.app.gates.min_rows
    (('carrier', 'dest'), 'time', 50)
    """
    folder = conf or default_conf()
    documents = [_document(folder, "base.yaml"), _chosen(folder, "env", env)]
    documents += [_chosen(folder, "apps", app)] if app is not None else []
    layers = Layers((*documents, *map(set_document, overrides)))
    values, unset = with_secrets(layers.values)
    if app is not None:
        values.setdefault("app", app)
    problems = layers.problems + [layers.problem(path, text) for path, text in unset]
    unread = any(document.problems and not document.values for document in documents)
    problems += _wrong_values(layers, values, app, complete=not unread)
    if app is not None:
        problems += _wrong_grids(layers, values, check_grids, problems)
    if problems:
        raise ConfigError(_report(problems))
    return _build(values, app)


def list_apps(conf: Path | None = None) -> list[str]:
    """Return the names of the apps a configuration folder has, sorted.

    Examples
    --------
    >>> list_apps()
    ['flight_delay', 'lead_scoring']
    """
    return _names(conf or default_conf(), "apps")


def default_conf() -> Traversable:
    """Return `./conf` if it is a configuration folder, else the defaults that come with the package."""
    here = Path("conf")
    return here if (here / "base.yaml").is_file() else packaged_conf()


def packaged_conf() -> Traversable:
    """Return the configuration that comes with the package; it may lie inside a zip."""
    return files("tiltyard") / "_conf"


def _document(folder: Traversable, *parts: str) -> Document:
    file = folder.joinpath(*parts)
    name = str(file)
    if not file.is_file():
        hint = "; write a first configuration with `tiltyard init DIR`"
        return Document(name, problems=(Problem(name, (), f"there is no such file{hint}"),))
    try:
        return read_yaml(file.read_text(encoding="utf-8"), name)
    except UnicodeDecodeError as error:
        return Document(name, problems=(Problem(name, (), f"is not UTF-8 text: {error.reason}"),))


def _chosen(folder: Traversable, kind: str, name: str) -> Document:
    known = _names(folder, kind)
    if name in known:
        return _document(folder, kind, f"{name}.yaml")
    place = str(folder.joinpath(kind))
    text = f"there is no '{name}', only {', '.join(known) or 'an empty folder'}{nearest(name, known)}"
    return Document(place, problems=(Problem(place, (), text),))


def _names(folder: Traversable, kind: str) -> list[str]:
    inside = folder.joinpath(kind)
    found = [file.name for file in inside.iterdir()] if inside.is_dir() else []
    return sorted(name.removesuffix(".yaml") for name in found if name.endswith(".yaml"))


def _wrong_values(layers: Layers, values: dict[str, Any], app: str | None, complete: bool) -> list[Problem]:
    platform, rest = _split(values)
    known = [*PlatformConfig.model_fields, *AppConfig.model_fields]
    shown = layers.values
    found = findings(PlatformConfig, platform, shown, known, complete)
    found += findings(AppConfig, rest, shown, known, complete and app is not None)
    if app is not None and values["app"] != app:
        found += [(("app",), f"must be '{app}', the file's name, got '{values['app']}'", ())]
    return [layers.problem(path, text, *related) for path, text, related in found]


def _wrong_grids(
    layers: Layers, values: dict[str, Any], check: GridCheck, problems: Sequence[Problem]
) -> list[Problem]:
    """What the learners say of their grids, where these have the right form."""
    grids = value_at(values, _GRIDS)
    paths = [problem.path for problem in problems if problem.path]
    if grids is None or any(path[: len(_GRIDS)] == _GRIDS[: len(path)] for path in paths):
        return []
    return [layers.problem(path, sentence) for path, sentence in check(grids)]


def _split(values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    platform = {key: value for key, value in values.items() if key in PlatformConfig.model_fields}
    return platform, {key: value for key, value in values.items() if key not in platform}


def _report(problems: Sequence[Problem]) -> str:
    lines = list(dict.fromkeys(f"  {problem}" for problem in problems))
    count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
    return "\n".join([f"The configuration has {count}:", *lines])


def _build(values: dict[str, Any], app: str | None) -> Config:
    platform, rest = _split(values)
    parts = {
        "platform": PlatformConfig.model_validate_json(canonical(platform)),
        "app": AppConfig.model_validate_json(canonical(rest)) if app is not None else None,
    }
    plain = {name: part.model_dump(mode="json") if part else None for name, part in parts.items()}
    digest = hashlib.sha256(canonical(plain).encode()).hexdigest()
    return Config.model_validate({**parts, "hash": digest})


def _spark_text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value
