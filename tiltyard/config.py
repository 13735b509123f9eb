"""The configuration as frozen models: what an app predicts, and where the platform works."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

FieldType = Literal[
    "Real", "Integral", "Percent", "Currency", "Binary", "Date", "Timestamp", "Category", "MultiCategory", "Text",
    "Email", "Phone", "URL", "Company", "JobTitle", "Country", "State", "City", "PostalCode", "Geolocation", "Id",
]  # fmt: skip
Metric = Literal["auroc", "aupr", "log_loss", "brier"]
Learner = Literal["prior", "linear", "forest", "boosting"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Folds(_Frozen):
    """How rows are split: `by` hash, time (expanding window) or group (rows of a group stay together)."""

    count: int = Field(3, ge=2, le=20)
    by: Literal["hash", "time", "group"] | None = None
    group: tuple[str, ...] = ()


class TournamentConfig(_Frozen):
    """Who competes, for how long, and by which measure."""

    metric: Metric = "auroc"
    learners: tuple[Learner, ...] = ("prior", "linear", "forest", "boosting")
    search: Literal["grid"] = "grid"
    seed: int = 0
    seconds_per_tenant: float = Field(20.0, gt=0)
    packed_rows: int = Field(200_000, ge=1)
    grids: dict[str, dict[str, list[Any]]] = {}


class Gates(_Frozen):
    """What a tenant needs before it plays, and when the job counts as failed."""

    min_rows: int = Field(100, ge=1)
    min_per_class: int = Field(10, ge=1)
    max_failed_share: float = Field(0.5, ge=0, le=1)
    quarantine_after: int = Field(3, ge=1)
    quarantine_days: int = Field(7, ge=0)


class Features(_Frozen):
    """Limits of the categorical features."""

    top_k: int = Field(20, ge=1)
    min_support: int = Field(10, ge=1)


class AppConfig(_Frozen):
    """One prediction use case: one file `conf/apps/<app>.yaml`."""

    app: str
    problem: Literal["binary"] = "binary"
    source: str
    tenant: tuple[str, ...] = ()
    key: Annotated[tuple[str, ...], Field(min_length=1)]
    time: str | None = None
    time_zone: str = "UTC"
    label: str
    exclude: tuple[str, ...] = ()
    fields: dict[str, FieldType] = {}
    folds: Folds = Folds()
    tournament: TournamentConfig = TournamentConfig()
    gates: Gates = Gates()
    features: Features = Features()

    @model_validator(mode="after")
    def _choose_folds(self) -> AppConfig:
        if self.folds.by is None:
            chosen = self.folds.model_copy(update={"by": "time" if self.time else "hash"})
            object.__setattr__(self, "folds", chosen)  # frozen: the one place that fills a default
        return self


class Mlflow(_Frozen):
    """Where train jobs are tracked."""

    enabled: bool = True
    tracking_uri: str = "sqlite:///.tiltyard/mlflow.db"
    experiment: str = "tiltyard"


class PlatformConfig(_Frozen):
    """Where tables live and how Spark is set up."""

    warehouse: str = ".tiltyard/warehouse"
    artifacts: str | None = None
    spark: dict[str, str] = {}
    mlflow: Mlflow = Mlflow()


class Config(_Frozen):
    """Everything a job is told, and its hash."""

    platform: PlatformConfig
    app: AppConfig | None
    hash: str
