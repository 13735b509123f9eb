"""One tenant's tournament: winners, refusals, failures, hangs and noise."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from tiltyard.entries import Contender, left_behind, ranked
from tiltyard.learners import FAMILIES
from tiltyard.learners.base import load
from tiltyard.learners.kernel import Matrix
from tiltyard.learners.prior import PriorKernel
from tiltyard.metrics import METRICS, score
from tiltyard.play import play
from tiltyard.rules import Rules

FIELD = [
    Contender("prior", FAMILIES["prior"].kernel, {}),
    Contender("linear", FAMILIES["linear"].kernel, {"regParam": 0.01, "maxIter": 50}),
    Contender(
        "boosting",
        FAMILIES["boosting"].kernel,
        {
            "maxIter": 30,
            "maxDepth": 2,
            "stepSize": 0.1,
            "featureShare": 0.5,
            "subsamplingRate": 1.0,
            "minInstanceWeight": 3.0,
            "regLambda": 1.0,
            "earlyStoppingRounds": 0,
            "seed": 0,
        },
    ),
]


def tenant(rows: int, strength: float, seed: int = 0) -> tuple[Matrix, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    values = random.normal(size=(rows, 4)).astype(np.float32)
    labels = (random.random(rows) < 1 / (1 + np.exp(-strength * values[:, 0]))).astype(float)
    return Matrix(values, np.zeros(4, dtype=bool)), labels, random.integers(0, 3, size=rows)


class Broken:
    name = "broken"

    def fit(self, *_: Any) -> Any:
        raise ArithmeticError("no luck")


class Hanging:
    name = "hanging"

    def fit(self, *_: Any) -> Any:
        time.sleep(30)


class Stubborn:
    """A library that swallows every exception."""

    name = "stubborn"

    def fit(self, *_: Any) -> Any:
        for _attempt in range(3):
            try:
                time.sleep(10)
            except Exception:
                continue


class Lost:
    name = "lost"

    def fit(self, *_: Any) -> Any:
        return self

    def predict(self, matrix: Matrix) -> np.ndarray:
        return np.full(len(matrix), np.nan)


def test_the_signal_wins_with_every_fold_on_the_board() -> None:
    entries, verdict = play(*tenant(600, 2.0), FIELD, Rules(racing=False, blend=False))
    assert verdict.status == "ok" and verdict.above_chance and verdict.payload
    assert verdict.champion is not None and verdict.champion.contender.name == "linear"
    assert [len(entry.folds) for entry in entries] == [3, 3, 3]
    assert verdict.low < verdict.value < verdict.high  # type: ignore[operator]
    assert [fold["metrics"]["auroc"] for fold in entries[0].folds] == [0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    ("labels", "status"),
    [(np.zeros(3), "too_few_rows"), (np.ones(200), "one_class"), (np.arange(200) < 5, "too_few_rows")],
)
def test_tenants_that_cannot_play_are_told_why(labels: np.ndarray, status: str) -> None:
    matrix = Matrix(np.zeros((len(labels), 1), dtype=np.float32), np.zeros(1, dtype=bool))
    entries, verdict = play(matrix, labels.astype(float), np.arange(len(labels)) % 3, FIELD, Rules())
    assert (entries, verdict.status, verdict.payload) == ([], status, None)
    assert (verdict.message and str(len(labels)) in verdict.message) or "5 rows" in str(verdict.message)


def test_a_contender_that_raises_loses_and_the_others_play_on() -> None:
    entries, verdict = play(*tenant(400, 2.0), [Contender("broken", Broken(), {}), *FIELD], Rules())
    assert (entries[0].status, entries[0].message) == ("error", "ArithmeticError: no luck")
    assert verdict.status == "ok"


def test_where_all_raise_the_tenant_has_an_error() -> None:
    _, verdict = play(*tenant(400, 2.0), [Contender("broken", Broken(), {})], Rules())
    assert verdict.status == "error" and "no luck" in str(verdict.message)


@pytest.mark.parametrize("kernel", [Hanging(), Stubborn()])
def test_a_hanging_fit_is_stopped_and_nobody_is_ranked(kernel: Any) -> None:
    started = time.perf_counter()
    entries, verdict = play(*tenant(400, 2.0), [*FIELD, Contender("h", kernel, {})], Rules(seconds=0.3))
    assert verdict.status == "timeout" and time.perf_counter() - started < 10
    assert [entry.status for entry in entries] == ["timeout"] * 4 and ranked(entries, "auroc") == []


def test_a_tenant_of_many_rows_has_more_time() -> None:
    _, verdict = play(*tenant(20_000, 2.0), [Contender("h", Hanging(), {})], Rules(seconds=0.2))
    assert (verdict.status, str(verdict.message)[:24]) == ("timeout", "Not finished after 0.4 s")


def test_a_contender_that_predicts_no_number_loses() -> None:
    entries, verdict = play(*tenant(400, 2.0), [Contender("nan", Lost(), {}), *FIELD], Rules())
    assert (entries[0].status, verdict.status) == ("error", "ok")
    assert entries[0].message == "FloatingPointError: it predicts numbers that are not finite"


class Contrary:
    """Learns what linear does, and says the opposite."""

    name = "contrary"

    def fit(self, *data: Any) -> Any:
        self.fitted = FIELD[1].kernel.fit(*data[:3], FIELD[1].params)
        return self

    def predict(self, matrix: Matrix) -> np.ndarray:
        return 1.0 - self.fitted.predict(matrix)


def test_who_is_clearly_behind_stops_and_the_winner_is_the_same() -> None:
    field = [*FIELD[:2], Contender("contrary", Contrary(), {})]
    entries, verdict = play(*tenant(600, 2.0), field, Rules())
    prior, linear, contrary = entries
    assert (contrary.status, len(contrary.folds)) == ("behind", 1)
    assert left_behind(entries, "auroc") == [contrary]
    assert contrary.message == "Clearly behind linear after fold 0."
    assert [len(entry.folds) for entry in (prior, linear)] == [3, 3]
    everybody, full = play(*tenant(600, 2.0), field, Rules(racing=False))
    assert [(entry.status, len(entry.folds)) for entry in everybody] == [("ok", 3)] * 3
    assert verdict.champion is not None and full.champion is not None
    assert verdict.champion.contender is full.champion.contender and verdict.payload == full.payload


class Half:
    """Linear that sees one of the columns."""

    def __init__(self, column: int) -> None:
        self.name, self.column = f"half {column}", column

    def fit(self, matrix: Matrix, labels: np.ndarray, *_: Any) -> Any:
        self.fitted = FIELD[1].kernel.fit(self._seen(matrix), labels, None, FIELD[1].params)
        return self

    def predict(self, matrix: Matrix) -> np.ndarray:
        return self.fitted.predict(self._seen(matrix))

    def dump(self) -> bytes:
        return self.fitted.dump()

    def _seen(self, matrix: Matrix) -> Matrix:
        return Matrix(matrix.values[:, [self.column]], matrix.categorical[:1])


HALVES = [Contender(f"half {column}", Half(column), {}) for column in (0, 1)]


def two_causes(rows: int) -> tuple[Matrix, np.ndarray, np.ndarray]:
    """A tenant whose label comes from two columns alike."""
    matrix, _, fold = tenant(rows, 0.0)
    random = np.random.default_rng(1)
    chance = 1 / (1 + np.exp(-2.0 * matrix.values[:, :2].sum(axis=1)))
    return matrix, (random.random(rows) < chance).astype(float), fold


@pytest.mark.parametrize("expanding", [False, True])
def test_families_that_know_different_things_win_together(expanding: bool) -> None:
    entries, verdict = play(*two_causes(900), [FIELD[0], *HALVES], Rules(expanding=expanding))
    prior, *halves, together = entries
    assert verdict.champion is together and verdict.payload
    best = max(np.mean(half.values("auroc")) for half in halves)
    assert np.mean(together.values("auroc")) > best + 0.05
    assert together.contender.params["members"][0].keys() == {"learner", "weight", "params"}
    assert together.message and together.message.count("% half ") == 2
    assert len(together.folds) == len(prior.folds) and together.score_seconds > 0


def test_one_family_is_no_blend_and_nor_is_any_without_the_switch() -> None:
    for field, rules in (([FIELD[0], HALVES[0]], Rules()), ([FIELD[0], *HALVES], Rules(blend=False))):
        entries, _ = play(*two_causes(900), field, rules)
        assert [entry.contender for entry in entries] == field


def test_the_number_of_a_blend_has_no_luck_of_the_choice_in_it() -> None:
    """Of noise, the best of many contenders looks good, and members chosen by the other folds do not."""
    forest = Contender("forest", FAMILIES["forest"].kernel, {**FAMILIES["forest"].hyperparams, "maxDepth": 6})
    grid = [
        Contender(f"{one.name} {seed}", one.kernel, {**one.params, "subsamplingRate": 0.5, "seed": seed})
        for one in (FIELD[2], forest)
        for seed in range(8)
    ]
    found = [play(*tenant(100, 0.0, seed), [*FIELD[:2], *grid], Rules(racing=False))[0] for seed in range(40)]
    means = [[float(np.mean(entry.values("auroc"))) for entry in entries] for entries in found]
    blends = [one[-1] for one, entries in zip(means, found, strict=True) if len(entries) > len(grid) + 2]
    assert len(blends) == 40 and np.mean([max(one) for one in means]) > 0.55
    assert np.mean(blends) < 0.505  # 0.52 by members that the same fold has chosen, too


def test_where_all_families_tie_their_blend_is_no_signal_either() -> None:
    twins = [Contender(f"twin {name}", Half(0), {}) for name in "ab"]
    for name, twin in zip("ab", twins, strict=True):
        twin.kernel.name = name  # type: ignore[misc]
    _, verdict = play(*two_causes(900), twins, Rules())
    assert verdict.status == "no_signal"


def test_the_prior_plays_to_the_end_however_far_behind() -> None:
    entries, _ = play(*tenant(2_000, 3.0), FIELD, Rules())
    assert len(entries[0].folds) == 3


@pytest.mark.parametrize("strange", [2.0, -1.0, 0.5, np.nan])
def test_labels_other_than_0_and_1_are_an_error(strange: float) -> None:
    matrix, labels, fold = tenant(400, 2.0)
    labels[7] = strange
    entries, verdict = play(matrix, labels, fold, FIELD, Rules())
    assert (entries, verdict.status) == ([], "error")
    assert verdict.message == f"A label must be 0 or 1, 1 rows have others such as {strange:g}."


def test_noise_without_a_prior_among_the_contenders_gets_one() -> None:
    noise = tenant(200, 0.0, seed=1)
    _, verdict = play(*noise, FIELD[1:2], Rules())
    assert (verdict.status, verdict.value, verdict.above_chance) == ("no_signal", 0.5, False)
    assert load(verdict.payload or b"") == PriorKernel().fit(*noise[:2], None, {})


def test_columns_of_nulls_and_constants_are_no_signal() -> None:
    _, labels, fold = tenant(300, 2.0)
    values = np.column_stack([np.full(300, np.nan), np.ones(300), np.full(300, np.inf)]).astype(np.float32)
    entries, verdict = play(Matrix(values, np.zeros(3, dtype=bool)), labels, fold, FIELD, Rules())
    assert {one.contender.name: one.status for one in entries} == {
        "prior": "ok",
        "linear": "degenerate",
        "boosting": "degenerate",
    }
    assert verdict.status == "no_signal" and verdict.above_chance is False
    assert verdict.champion is not None and verdict.champion.contender.name == "prior" and verdict.payload


def test_who_answers_as_another_one_does_is_fitted_once() -> None:
    """A tree of one yes or no is no deeper for being allowed to; another penalty is another model."""
    _, _, fold = tenant(300, 2.0)
    random = np.random.default_rng(1)
    values = random.integers(0, 2, size=(300, 1)).astype(np.float32)
    labels = (random.random(300) < 0.2 + 0.6 * values[:, 0]).astype(float)
    deeper = Contender("deeper", FIELD[2].kernel, {**FIELD[2].params, "maxDepth": 5})
    weaker = Contender("weaker", FIELD[1].kernel, {**FIELD[1].params, "regParam": 1.0})
    field = [*FIELD, deeper, weaker]
    entries, verdict = play(Matrix(values, np.zeros(1, dtype=bool)), labels, fold, field, Rules(racing=False))
    found = {one.contender.name: (one.status, len(one.folds)) for one in entries}
    assert found["deeper"] == ("duplicate", 1)
    assert found["boosting"] == found["linear"] == found["weaker"] == ("ok", 3)
    assert entries[3].message == "It answers as boosting does."
    assert verdict.status == "ok" and verdict.champion is not None and verdict.champion is not entries[3]


def test_blocks_in_time_tell_doubles_from_those_that_few_rows_hold_back() -> None:
    """The first block has rows for one split only, so all depths are the same there; later they are not."""
    matrix, labels, _ = tenant(900, 2.0)
    fold = np.repeat([0, 1, 2, 3], [100, 200, 300, 300])
    slow = {**FIELD[2].params, "minInstanceWeight": 10.0, "maxIter": 5}
    depths = [Contender(f"depth {depth}", FIELD[2].kernel, {**slow, "maxDepth": depth}) for depth in (2, 6)]
    first, _ = play(matrix, labels, fold, depths, Rules(expanding=True, racing=False, blend=False))
    assert np.array_equal(first[0].answers[0], first[1].answers[0])
    assert not np.array_equal(first[0].answers[2], first[1].answers[2])
    assert [one.status for one in first] == ["ok", "ok"]


def test_noise_is_rarely_called_signal() -> None:
    calls = [play(*tenant(200, 0.0, seed), FIELD, Rules())[1].status for seed in range(100)]
    # 5 % is promised; 11 of 100 would be seen in under 1 % of such samples.
    assert calls.count("ok") <= 11


def test_expanding_folds_train_on_the_past_only() -> None:
    matrix, labels, _ = tenant(600, 2.0)
    fold = np.repeat(np.arange(4), 150)
    entries, _ = play(matrix, labels, fold, FIELD, Rules(expanding=True))
    assert [fold["fold"] for fold in entries[1].folds] == [1, 2, 3]


def test_the_champion_is_calibrated_where_that_helps() -> None:
    """Trees grown to the last row are too sure of themselves."""
    matrix, labels, fold = tenant(1_500, 1.0)
    sure = {**FIELD[2].params, "maxDepth": 6, "maxIter": 200, "stepSize": 0.5, "minInstanceWeight": 0.0}
    _, verdict = play(matrix, labels, fold, [Contender("sure", FIELD[2].kernel, sure)], Rules())
    assert verdict.status == "ok" and verdict.calibration is not None
    assert verdict.calibration.summary()["method"] == "isotonic"
    assert verdict.calibration.brier_after < verdict.calibration.brier_before
    unseen, truth, _ = tenant(5_000, 1.0, seed=9)
    raw = FIELD[2].kernel.fit(matrix, labels, None, sure).predict(unseen)
    assert (
        score(truth, load(verdict.payload or b"").predict(unseen))["brier"]
        < score(truth, raw)["brier"] - 0.02
    )


def test_the_metric_that_is_asked_for_decides() -> None:
    verdicts = {name: play(*tenant(600, 2.0), FIELD, Rules(metric=name))[1] for name in METRICS}
    assert {verdict.status for verdict in verdicts.values()} == {"ok"}
    for name, verdict in verdicts.items():
        assert verdict.low < verdict.value < verdict.high, name  # type: ignore[operator]
    assert verdicts["log_loss"].value < 0.69 < verdicts["auroc"].value  # type: ignore[operator]
