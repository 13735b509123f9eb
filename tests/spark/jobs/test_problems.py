"""Apps that predict a number, and one of several classes: trained, scored, evaluated, and shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from sklearn.metrics import accuracy_score, log_loss, root_mean_squared_error

from tests.rides import EVALUATED, SCORED, Place
from tiltyard.errors import DataContractError
from tiltyard.job import execute
from tiltyard.tables import Warehouse

BASE = """
spark: {spark.sql.codegen.factoryMode: NO_CODEGEN}
mlflow: {enabled: false}
tournament: {grids: {linear: {regParam: [0.01, 0.1]}, boosting: {maxDepth: [2], maxIter: [20]}}}
"""
APP = """
source: rides
tenant: [city]
key: [id]
time: at
"""
MINUTES = APP + "score: {reasons: 2}\nproblem: regression\nlabel: minutes\nexclude: [cause]\n"
CAUSES = APP + "score: {reasons: 1}\nproblem: multiclass\nlabel: cause\nexclude: [minutes]\n"
ROWS, OPEN = 240, 60
CITIES = ("Rome", "Oslo", "Ulm")


def rides(known: bool = False) -> pd.DataFrame:
    """Delays of rides and what caused them; those of the last rows are open unless `known`. Ulm has few rides.

    A stop takes 2 minutes (4 in Oslo), and rain holds everybody up. Snow causes delays in Oslo only.
    """
    random = np.random.default_rng(0)
    parts = []
    for city in CITIES:
        before = 30 if city == "Ulm" else ROWS
        rows = before + OPEN
        day = np.concatenate([random.uniform(0, 58, before), np.full(OPEN, 65.0)])
        stops, rain = random.integers(1, 20, rows), random.normal(size=rows)
        minutes = (4.0 if city == "Oslo" else 2.0) * stops + 5.0 * rain + random.normal(size=rows)
        odds = np.column_stack(
            [np.zeros(rows), 3 * rain, 3 * (stops - 10) / 5 + (-99 if city != "Oslo" else 0)]
        )
        chances = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
        cause = (random.random((rows, 1)) > chances.cumsum(axis=1)).sum(axis=1)
        seen = known | (day < 60)
        at = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(day, unit="D").floor("s")
        part = pd.DataFrame({"id": [f"{city}-{n:04d}" for n in range(rows)], "city": city, "at": at})
        part["stops"], part["rain"] = stops, rain
        part["minutes"] = np.where(seen, minutes, np.nan)
        part["cause"] = pd.Series(np.array(["crowd", "rain", "snow"])[cause]).where(seen)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def through(folder: Path, app: str) -> Place:
    """The app trained and scored; then its outcomes arrived, and it was evaluated."""
    place = Place(folder)
    (folder / "conf/base.yaml").write_text(BASE)
    (folder / "conf/apps/rides.yaml").write_text(app)
    place.ingest(rides())
    place.train()
    place.score()
    place.ingest(rides(known=True), day=EVALUATED)
    place.evaluate()
    return place


@pytest.fixture(scope="module")
def numbers(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Place:
    return through(tmp_path_factory.mktemp("numbers"), MINUTES)


@pytest.fixture(scope="module")
def classes(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Place:
    return through(tmp_path_factory.mktemp("classes"), CAUSES)


def table(spark: SparkSession, place: Place, name: str) -> pd.DataFrame:
    return Warehouse(spark, place.root).read(name).toPandas()


def met(spark: SparkSession, place: Place) -> pd.DataFrame:
    """The scores beside what came."""
    truth = rides(known=True).set_index("id")[["minutes", "cause"]]
    return table(spark, place, "scores").set_index("key").join(truth)


def test_a_number_is_predicted_for_every_open_row(spark: SparkSession, numbers: Place) -> None:
    found = met(spark, numbers)
    assert len(found) == OPEN * len(CITIES)
    assert (found["score"] == found["prediction"]).all() and found["label"].isna().all()
    by = found.groupby("tenant")["fallback"].unique().map(list).to_dict()
    assert by == {"Oslo": ["tenant"], "Rome": ["tenant"], "Ulm": ["pooled"]}
    errors = {
        city: root_mean_squared_error(rows["minutes"], rows["score"])
        for city, rows in found.groupby("tenant")
    }
    # The noise has a deviation of 1, the delays one of 12 and more; Ulm has the model of all, which knows it little.
    assert errors["Rome"] < 2.5 and errors["Oslo"] < 4.0 and errors["Ulm"] < 9.0


def test_a_numbers_reasons_add_up_to_it(spark: SparkSession, numbers: Place) -> None:
    """Those of the tenant's own model, and of the model of all, which knows the tenant as a field."""
    found, known = met(spark, numbers), rides().set_index("id")
    for key, row in found.iterrows():
        reasons = row["reasons"]
        assert sum(one["contribution"] for one in reasons) == pytest.approx(row["score"], abs=1e-2)
        assert reasons[-1]["field"] == "(base)" and len(reasons) <= 4
        first, second = (abs(one["contribution"]) for one in reasons[:2])
        assert first >= second
        for one in reasons[:2]:
            if one["field"] in ("stops", "rain"):
                assert float(one["value"]) == pytest.approx(float(known.loc[key, one["field"]]))
    named = {
        city: {one["field"] for row in rows["reasons"] for one in row}
        for city, rows in found.groupby("tenant")
    }
    assert named["Rome"] >= {"stops", "rain"} and named["Ulm"] >= {"stops", "rain"}


def test_models_of_numbers_have_no_threshold_and_an_honest_error(spark: SparkSession, numbers: Place) -> None:
    models = table(spark, numbers, "models").set_index("tenant")
    assert models["threshold"].isna().all() and models["positives"].isna().all()
    assert models.loc["Rome", "metric"] == "rmse" and models.loc["Ulm", "status"] == "too_few_rows"
    assert models.loc["Rome", "low"] < models.loc["Rome", "value"] < models.loc["Rome", "high"]
    board = table(spark, numbers, "leaderboard")
    assert set(board["learner"].dropna()) >= {"prior", "pooled", "linear", "residual", "boosting"}


def test_numbers_are_evaluated_by_tenant_and_together(spark: SparkSession, numbers: Place) -> None:
    found, evaluations = met(spark, numbers), table(spark, numbers, "evaluations")
    for city, rows in [*found.groupby("tenant"), (None, found)]:
        same = evaluations["tenant"].isna() if city is None else evaluations["tenant"] == city
        (said,) = evaluations[same].to_dict("records")
        error = root_mean_squared_error(rows["minutes"], rows["score"])
        assert said["status"] == "ok" and said["outcomes"] == len(rows) and said["coverage"] == 1.0
        assert said["value"] == pytest.approx(error) and said["low"] < error < said["high"]
        assert said["mean_outcome"] == pytest.approx(rows["minutes"].mean())
        assert dict(said["metrics"])["r2"] == pytest.approx(
            1 - error**2 / rows["minutes"].var(ddof=0), abs=1e-9
        )


def test_a_class_is_predicted_with_the_chance_of_each(spark: SparkSession, classes: Place) -> None:
    found = met(spark, classes)
    assert len(found) == OPEN * len(CITIES) and found["prediction"].isna().all()
    for _, row in found.iterrows():
        chances = dict(row["probabilities"])
        assert sum(chances.values()) == pytest.approx(1.0)
        assert chances[row["label"]] == row["score"] == max(chances.values())
    names = {city: set(dict(rows["probabilities"].iloc[0])) for city, rows in found.groupby("tenant")}
    assert names["Rome"] == {"crowd", "rain"} and names["Oslo"] == {"crowd", "rain", "snow"}
    right = {city: accuracy_score(rows["cause"], rows["label"]) for city, rows in found.groupby("tenant")}
    assert right["Rome"] > 0.75 and right["Oslo"] > 0.6
    assert (found.loc[found["tenant"] == "Ulm", "fallback"] == "prior").all()


def test_a_class_s_reasons_add_up_to_its_log_probability(spark: SparkSession, classes: Place) -> None:
    for _, row in met(spark, classes).iterrows():
        total = sum(one["contribution"] for one in row["reasons"])
        assert total == pytest.approx(np.log(row["score"]), abs=1e-3)


def test_classes_are_evaluated_by_tenant_and_together(spark: SparkSession, classes: Place) -> None:
    found, evaluations = met(spark, classes), table(spark, classes, "evaluations")
    for city, rows in [*found.groupby("tenant"), (None, found)]:
        same = evaluations["tenant"].isna() if city is None else evaluations["tenant"] == city
        (said,) = evaluations[same].to_dict("records")
        chances = pd.DataFrame([dict(one) for one in rows["probabilities"]]).fillna(0.0)
        loss = log_loss(rows["cause"], chances[sorted(chances)], labels=sorted(chances))
        assert said["status"] == "ok" and said["metric"] == "log_loss"
        assert said["value"] == pytest.approx(loss, rel=1e-6) and said["low"] < loss < said["high"]
        assert dict(said["metrics"])["accuracy"] == pytest.approx((rows["cause"] == rows["label"]).mean())
        assert said["mean_outcome"] == pytest.approx((rows["cause"] == rows["label"]).mean())


@pytest.mark.parametrize(
    ("app", "tenant", "said"),
    [
        ("numbers", "Rome", ("Predicts", "minutes", "rmse", "stops", "The mean prediction", "<path")),
        ("numbers", "Ulm", ("too_few_rows",)),
        ("classes", "Oslo", ("cause", "log_loss", "The mean probability of &#39;", "<path")),
    ],
)
def test_a_model_card_tells_what_a_tenants_model_is(
    request: pytest.FixtureRequest, tmp_path: Path, app: str, tenant: str, said: tuple[str, ...]
) -> None:
    place: Place = request.getfixturevalue(app)
    path = tmp_path / "card.html"
    known = execute("models show", place.options(SCORED), tenant=tenant, card=path)
    assert known["card"] == str(path)
    html = path.read_text()
    assert all(words in html for words in said)


def test_features_say_what_they_weigh(spark: SparkSession, numbers: Place) -> None:
    features = table(spark, numbers, "features")
    rome = features[features["tenant"] == "Rome"].set_index("name")["importance"]
    assert rome["stops"] > 3 and rome["rain"] > 2


def test_a_repeated_training_gives_the_same_payloads(spark: SparkSession, classes: Place) -> None:
    before = set(table(spark, classes, "models")["sha256"])
    classes.train()
    assert set(table(spark, classes, "models")["sha256"]) == before


@pytest.mark.parametrize(
    ("label", "problem", "said"),
    [
        ("city", "regression", "must be a number for regression, got string"),
        ("rain", "multiclass", "must be a text or a whole number for several classes, got double"),
        ("id", "multiclass", "has more than 100 classes, such as"),
    ],
)
def test_labels_that_do_not_fit_the_problem_are_refused(
    numbers: Place, tmp_path: Path, label: str, problem: str, said: str
) -> None:
    place = numbers.copy(tmp_path)
    app = MINUTES.replace("label: minutes", f"label: {label}").replace("regression", problem)
    (tmp_path / "conf/apps/rides.yaml").write_text(app.replace("key: [id]", "key: [id, rain]"))
    (tmp_path / "conf/base.yaml").write_text(BASE)
    with pytest.raises(DataContractError, match=said):
        execute("train", place.options(SCORED), since=None, until=None)
