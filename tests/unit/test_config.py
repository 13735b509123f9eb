"""Loading configuration: layers, everything wrong at once, secrets, the hash, and the defaults that ship."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from tiltyard import _conflicts
from tiltyard.config import AppConfig, FieldType, default_conf, list_apps, load_config, packaged_conf
from tiltyard.contenders import grid_problems
from tiltyard.errors import ConfigError
from tiltyard.problem import METRICS_OF

TYPES = ", ".join(get_args(FieldType))
APP = "source: leads\nkey: [id]\nlabel: won\n"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def files(base: str = "", local: str = "", **apps: str) -> Path:
        (tmp_path / "env").mkdir()
        (tmp_path / "apps").mkdir()
        (tmp_path / "base.yaml").write_text(base)
        (tmp_path / "env" / "local.yaml").write_text(local)
        for name, text in apps.items():
            (tmp_path / "apps" / f"{name}.yaml").write_text(text)
        return tmp_path

    return files


def _problems(
    conf: Path, app: str | None = "x", env: str = "local", overrides: tuple[str, ...] = ()
) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load_config(conf, app, env, overrides)
    return [line.strip().replace(f"{conf}/", "") for line in str(error.value).splitlines()[1:]]


def test_base_then_env_then_app_then_set(write: Write) -> None:
    conf = write(
        "gates: {min_rows: 50, min_per_class: 1, quarantine_days: 1}",
        "gates: {min_rows: 60, min_per_class: 2}",
        x=APP + "gates: {min_rows: 70}",
    )
    app = load_config(conf, "x", "local", ["gates.min_rows=80"]).app
    assert app is not None
    assert (app.gates.quarantine_days, app.gates.min_per_class, app.gates.min_rows) == (1, 2, 80)


def test_the_name_of_the_file_is_the_name_of_the_app(write: Write) -> None:
    conf = write(x=APP, y=APP + "app: z")
    loaded = load_config(conf, "x").app
    assert loaded is not None and loaded.app == "x"
    assert _problems(conf, "y") == ["apps/y.yaml:4: app: must be 'y', the file's name, got 'z'"]


def test_grids_are_held_against_the_learners_and_told_with_the_rest(write: Write) -> None:
    grids = "tournament:\n  grids:\n    linear: {regParm: [1]}\n    forest: {numTrees: [0]}\n"
    conf = write(x=APP + grids + "gates: {min_rows: 0}\n")
    with pytest.raises(ConfigError) as error:
        load_config(conf, "x", check_grids=grid_problems)
    assert {line.split(": ", 1)[1] for line in str(error.value).splitlines()[1:]} == {
        "gates.min_rows: must be at least 1, got 0",
        "tournament.grids.linear.regParm: there is no such parameter, only regParam, elasticNetParam, maxIter, did"
        " you mean 'regParam'?",
        "tournament.grids.forest.numTrees: must be an integer of at least 1, got 0",
    }
    assert "x.yaml:6: tournament.grids.linear.regParm" in str(error.value)


def test_everything_wrong_in_all_files_is_told_at_once(write: Write) -> None:
    conf = write(
        "warehous: x\ngates: {min_rows: 15}\ntournament:\n  metric: aucroc\n",
        "gates:\n  quarantine_days: 1\n  quarantine_days: soon\n",
        x="source: leads\nkey: [id]\nexclude: [id]\nfields: {mail: E-mail}\nfolds: {by: time, count: 1}\n",
    )
    assert sorted(_problems(conf, overrides=("tournament.learners=[lineer, prior]", "nonsense"))) == sorted(
        [
            "base.yaml:1: warehous: unknown key, did you mean 'warehouse'?",
            "base.yaml:4: tournament.metric: must be one of auroc, aupr, log_loss, brier, accuracy, rmse, mae, r2, got "
            "\"aucroc\", did you mean 'auroc'?",
            "env/local.yaml:3: gates.quarantine_days: is there twice, first in line 2",
            'env/local.yaml:3: gates.quarantine_days: must be a whole number, got "soon"',
            "apps/x.yaml: label: is required",
            f"apps/x.yaml:4: fields.mail: must be one of {TYPES}, got \"E-mail\", did you mean 'Email'?",
            "apps/x.yaml:5: folds.count: must be at least 2, got 1",
            "--set tournament.learners=[lineer, prior]: tournament.learners.0: must be one of "
            "prior, pooled, linear, residual, forest, boosting, catboost, got \"lineer\", did you mean 'linear'?",
            "--set nonsense: must be key=value, such as gates.min_rows=50",
            "apps/x.yaml:5: folds.by: is time, but the app names no 'time' column",
            "base.yaml:2: gates.min_per_class: is impossible: two classes need 20 rows, min_rows is 15",
            "apps/x.yaml:3: exclude: names 'id', which is part of key and never a feature anyway",
        ]
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("gates: {min_per_class: 0}", "gates.min_per_class: must be at least 1, got 0"),
        ("gates: {max_failed_share: 1.5}", "gates.max_failed_share: must be at most 1.0, got 1.5"),
        ("gates: {min_rows: '100'}", 'gates.min_rows: must be a whole number, got "100"'),
        ("gates: {min_rows: 100.5}", "gates.min_rows: must be a whole number, got 100.5"),
        ("gates: {min_row: 100}", "gates.min_row: unknown key, did you mean 'min_rows'?"),
        ("gates: 3", "gates: must be a mapping, got 3"),
        (
            "tournament: {seconds_per_tenant: 0}",
            "tournament.seconds_per_tenant: must be more than 0.0, got 0",
        ),
        ("tournament: {learners: []}", "tournament.learners: must not be empty"),
        (
            "tournament: {learners: [linear]}",
            "tournament.learners: must contain prior: the others must beat it",
        ),
        ("tournament: {learners: [prior, prior]}", "tournament.learners: names prior twice"),
        (
            "tournament: {grids: {boostin: {depth: [1]}}}",
            "tournament.grids.boostin: must be one of prior, pooled, linear, residual, forest, boosting, catboost, got "
            "\"boostin\", did you mean 'boosting'?",
        ),
        (
            "tournament: {grids: {linear: {regParam: []}}}",
            "tournament.grids.linear.regParam: must not be empty",
        ),
        (
            "tournament: {grids: {linear: {regParam: 1}}}",
            "tournament.grids.linear.regParam: must be a list, got 1",
        ),
        ("tenant: carrier", 'tenant: must be a list, got "carrier"'),
        ("tenant: [a, a]", "tenant: names a twice"),
        (
            "tenant: [a]\nexclude: [a]",
            "exclude: names 'a', which is part of tenant and never a feature anyway",
        ),
        ("folds: {by: group}", "folds.group: must name the columns, because folds.by is group"),
        ("folds: {group: [a]}", "folds.group: is only used with folds.by: group"),
        (
            "tournament: {threshold: {false_negative: 5}}",
            "tournament.threshold.by: must be costs for costs to count, it is half",
        ),
        (
            "tournament: {threshold: {by: costs, false_positive: 0}}",
            "tournament.threshold.false_positive: must be more than 0.0, got 0",
        ),
        ("folds: {by: tme}", "folds.by: must be one of hash, time, group, got \"tme\", did you mean 'time'?"),
        (
            "time_zone: Europe/Berlim",
            "time_zone: unknown zone 'Europe/Berlim', did you mean 'Europe/Berlin'?",
        ),
        ("problem: ranking", 'problem: must be one of binary, multiclass, regression, got "ranking"'),
        (
            "problem: regression\ntournament: {metric: auroc}",
            "tournament.metric: must be one of rmse, mae, r2 for regression, got auroc",
        ),
        (
            "problem: multiclass\ntournament: {threshold: {by: f1}}",
            "tournament.threshold: is for binary problems, this one is multiclass",
        ),
        ("spark: {spark.a: [4]}", "spark.spark.a: must be text, got [4]"),
        ("spark: 4", "spark: must be a mapping, got 4"),
        (
            "warehouse: main.tiltyard",
            "artifacts: is required: 'main.tiltyard' is a catalog schema, and saved pipelines need a folder",
        ),
        ("mlflow: {enabled: maybe}", 'mlflow.enabled: must be true or false, got "maybe"'),
    ],
)
def test_wrong_and_impossible_values(write: Write, text: str, problem: str) -> None:
    conf = write(x=APP + text)
    assert [line.split(": ", 1)[1] for line in _problems(conf)] == [problem]


def test_a_conflict_is_not_told_about_a_value_that_is_wrong_anyway(write: Write) -> None:
    conf = write(x=APP + "folds: {by: time}\ntime: 3\n")
    assert _problems(conf) == ["apps/x.yaml:5: time: must be text, got 3"]


def test_missing_folders_files_and_near_misses(write: Write, tmp_path: Path) -> None:
    conf = write(flights=APP)
    assert _problems(conf, "flihgts", "prod") == [
        "env: there is no 'prod', only local",
        "apps: there is no 'flihgts', only flights, did you mean 'flights'?",
    ]
    assert "tiltyard init" in _problems(tmp_path / "nowhere", None)[0]


def test_a_broken_file_does_not_hide_the_others_nor_make_up_problems(write: Write) -> None:
    conf = write("gates: {min_rows: x}", x="source: [")
    assert _problems(conf) == [
        "apps/x.yaml:1: is not YAML: expected the node content, but found '<stream end>'",
        'base.yaml:1: gates.min_rows: must be a whole number, got "x"',
    ]


def test_app_keys_of_base_are_checked_without_an_app(write: Write) -> None:
    assert _problems(write("gates: {min_rows: x}"), None) == [
        'base.yaml:1: gates.min_rows: must be a whole number, got "x"'
    ]


def test_secrets_come_from_the_environment_and_stay_out_of_messages(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    conf = write("mlflow:\n  tracking_uri: http://u:${env:TILTYARD_T}@host\nspark: {}", x=APP)
    assert _problems(conf) == [
        "base.yaml:2: mlflow.tracking_uri: the environment variable TILTYARD_T is not set"
    ]
    monkeypatch.setenv("TILTYARD_T", "s3cret")
    assert load_config(conf, "x").platform.mlflow.tracking_uri == "http://u:s3cret@host"
    assert "s3cret" not in str(_problems(conf, overrides=("problem=${env:TILTYARD_T}",)))


def test_the_hash_is_of_meaning_not_of_spelling(write: Write) -> None:
    conf = write("gates: {min_rows: 50, min_per_class: 5}", x=APP, y=APP)
    same = load_config(conf, "x", overrides=["gates={min_per_class: 5, min_rows: 50}", "folds.by=hash"])
    assert same.hash == load_config(conf, "x").hash
    assert same.hash != load_config(conf, "x", overrides=["gates.min_rows=51"]).hash
    assert same.hash != load_config(conf, "y").hash


def test_a_dotted_spark_key_can_be_set(write: Write) -> None:
    conf = write("spark: {spark.sql.shuffle.partitions: 4, spark.ui.enabled: true}")
    loaded = load_config(conf, overrides=["spark.spark.sql.shuffle.partitions=8"])
    assert loaded.platform.spark == {"spark.sql.shuffle.partitions": "8", "spark.ui.enabled": "true"}


@pytest.mark.parametrize(("time", "by"), [("", "hash"), ("time: at", "time")])
def test_folds_are_by_time_where_there_is_one(write: Write, time: str, by: str) -> None:
    app = load_config(write(x=APP + time), "x").app
    assert app is not None and app.folds.by == by


@pytest.mark.parametrize("problem", METRICS_OF)
def test_metrics_are_those_that_the_problem_has(problem: str) -> None:
    assert _conflicts.METRICS[problem] == tuple(METRICS_OF[problem])
    app = AppConfig.model_validate(
        {"app": "x", "source": "x", "key": ("id",), "label": "y", "problem": problem}
    )
    assert app.metric == next(iter(METRICS_OF[problem]))


@pytest.mark.parametrize(
    ("tenant", "problem", "expected"),
    [
        (("city",), "binary", "prior pooled linear residual boosting"),
        (("city",), "regression", "prior pooled linear residual boosting"),
        (("city",), "multiclass", "prior linear forest boosting"),
        ((), "binary", "prior linear forest boosting"),
    ],
)
def test_learners_are_those_that_the_app_has_a_use_for(
    tenant: tuple[str, ...], problem: str, expected: str
) -> None:
    known = {"app": "x", "source": "x", "key": ("id",), "label": "y", "tenant": tenant, "problem": problem}
    assert " ".join(AppConfig.model_validate(known).learners) == expected
    named = {**known, "tournament": {"learners": ("prior", "pooled", "forest")}}
    pools = " pooled" if "pooled" in expected else ""
    assert " ".join(AppConfig.model_validate(named).learners) == f"prior{pools} forest"


def test_models_made_in_code_are_checked_and_frozen() -> None:
    with pytest.raises(ValidationError, match="must contain prior"):
        AppConfig.model_validate(
            {"app": "x", "source": "s", "key": ("id",), "label": "y", "tournament": {"learners": ("linear",)}}
        )
    app = AppConfig(app="x", source="s", key=("id",), label="y")
    with pytest.raises(ValidationError, match="frozen"):
        app.label = "z"  # type: ignore[misc]


@pytest.mark.parametrize("app", ["flight_delay", "lead_scoring"])
def test_the_configuration_that_ships_is_right(app: str) -> None:
    loaded = load_config(Path(str(packaged_conf())), app).app
    assert loaded is not None and loaded.app == app and loaded.tenant


def test_no_outcome_of_a_flight_is_a_feature() -> None:
    from tiltyard.apps import input_fields
    from tiltyard.datasets import OUTCOMES

    app = load_config(Path(str(packaged_conf())), "flight_delay").app
    assert app is not None
    assert input_fields([*OUTCOMES, "distance"], app) == ["distance"]


def test_the_cluster_says_which_variables_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TILTYARD_WAREHOUSE", "TILTYARD_ARTIFACTS", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="has 3 problems"):
        load_config(Path(str(packaged_conf())), "flight_delay", "cluster")


def test_here_wins_over_packaged_only_when_it_is_a_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf").mkdir()
    assert default_conf() == packaged_conf()
    (tmp_path / "conf" / "base.yaml").write_text("")
    (tmp_path / "conf" / "apps").mkdir()
    (tmp_path / "conf" / "apps" / "mine.yaml").write_text(APP)
    assert list_apps() == ["mine"]


def test_a_file_that_is_no_text_is_a_problem_among_others(write: Write) -> None:
    conf = write(x=APP)
    (conf / "env" / "local.yaml").write_bytes(b"warehouse: \xff")
    assert _problems(conf, overrides=("gates.min_rows=x",))[0].startswith("env/local.yaml: is not UTF-8 text")
