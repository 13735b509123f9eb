"""A tournament with the answer of all tenants in it: few rows lean on it, many leave it, noise falls back to it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tiltyard.entries import Contender, Entry
from tiltyard.learners import FAMILIES, blend
from tiltyard.learners.base import load
from tiltyard.learners.kernel import Matrix
from tiltyard.play import play
from tiltyard.rules import Rules
from tiltyard.verdict import Verdict

FIELD = [
    Contender(name, FAMILIES[name].kernel, dict(FAMILIES[name].hyperparams))
    for name in ("prior", "pooled", "linear", "residual")
]


def tenant(rows: int, all_know: float, own: float, seed: int = 0) -> tuple[Matrix, np.ndarray, np.ndarray]:
    """The margin of all tenants knows the label by `all_know`, the tenant's first slot by `own`."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(rows, 12)).astype(np.float32)
    margin = random.normal(size=rows)
    chance = 1 / (1 + np.exp(-all_know * margin - own * values[:, 0]))
    labels = (random.random(rows) < chance).astype(float)
    return Matrix(values, np.zeros(12, dtype=bool), margin), labels, random.integers(0, 3, size=rows)


def weights(verdict: Verdict) -> dict[str, float]:
    assert verdict.champion is not None
    return {one["learner"]: one["weight"] for one in verdict.champion.contender.params.get("members", [])}


def reached(verdict: Verdict, *new: float) -> float:
    matrix, labels, _ = tenant(5_000, *new, seed=1)
    return float(roc_auc_score(labels, load(verdict.payload or b"").predict(matrix)))


def entry(entries: list[Entry], name: str) -> Entry:
    return next(one for one in entries if one.contender.kernel.name == name)


def test_few_rows_lean_on_all_tenants() -> None:
    entries, verdict = play(*tenant(150, 1.5, 0.2), FIELD, Rules())
    assert verdict.status == "ok" and weights(verdict)["pooled"] > 0.5
    alone = entry(entries, "linear").contender
    matrix, labels, _ = tenant(150, 1.5, 0.2)
    new, truth, _ = tenant(5_000, 1.5, 0.2, seed=1)
    linear = roc_auc_score(truth, alone.kernel.fit(matrix, labels, None, alone.params).predict(new))
    assert reached(verdict, 1.5, 0.2) > linear + 0.1


def test_the_blend_with_all_tenants_is_champion_though_another_has_the_better_mean() -> None:
    for seed in range(20):
        entries, verdict = play(*tenant(150, 1.0, 0.5, seed), FIELD, Rules(racing=False))
        best = max(entries, key=lambda one: float(np.mean(one.values("auroc"))))
        if verdict.status == "ok" and best.contender.kernel.name != "blend":
            assert weights(verdict)["pooled"] > 0.3
            return
    pytest.fail("in no tournament did another contender have the better mean")


def test_many_rows_leave_what_is_wrong_for_them() -> None:
    """All tenants know the opposite of what is true here."""
    _, verdict = play(*tenant(3_000, -1.0, 2.0), FIELD, Rules())
    assert weights(verdict).get("pooled", 0.0) < 0.15
    _, alone = play(*tenant(3_000, -1.0, 2.0), [FIELD[0], FIELD[2]], Rules())
    assert reached(verdict, -1.0, 2.0) > reached(alone, -1.0, 2.0) - 0.02


def test_a_tenant_that_is_clearly_otherwise_goes_its_own_way() -> None:
    _, verdict = play(*tenant(300, -2.0, 2.0), FIELD, Rules())
    assert verdict.status == "ok" and verdict.champion is not None
    assert verdict.champion.contender.kernel.name == "linear"


def in_time(rows: int, wrong_until: float) -> tuple[Matrix, np.ndarray, np.ndarray]:
    """Four blocks in time; for the first share of the rows all tenants' model knows the opposite of what is true."""
    matrix, labels, _ = tenant(rows, 2.0, 1.6)
    assert matrix.margin is not None
    matrix.margin[: int(wrong_until * rows)] *= -1.0
    return matrix, labels, np.arange(rows) * 4 // rows


def test_in_time_the_newest_block_says_who_is_champion() -> None:
    """The blend is far behind in the mean of the blocks, and ahead in the newest."""
    rows = in_time(2_400, wrong_until=0.75)
    entries, verdict = play(*rows, FIELD[:3], Rules(expanding=True, racing=False))
    values = {one.contender.kernel.name: one.values("auroc") for one in entries}
    assert np.mean(values["blend"]) < np.mean(values["linear"]) - 0.05
    assert values["blend"][-1] > values["linear"][-1] + 0.03
    assert weights(verdict)["pooled"] > 0.2


def test_in_time_a_blend_without_signal_makes_way_for_who_has_one() -> None:
    rows = in_time(1_200, wrong_until=0.75)
    _, verdict = play(*rows, FIELD[:3], Rules(expanding=True, racing=False))
    assert verdict.status == "ok" and verdict.champion is not None
    assert verdict.champion.contender.name == "linear"


def test_in_time_all_tenants_answer_where_the_blend_has_no_signal_and_nothing_speaks_against_them() -> None:
    rows = in_time(200, wrong_until=0.6)
    entries, verdict = play(*rows, FIELD[:3], Rules(expanding=True, racing=False))
    assert np.mean(entry(entries, "linear").values("auroc")) > np.mean(
        entry(entries, "blend").values("auroc")
    )
    assert verdict.status == "no_signal" and verdict.champion is not None
    assert verdict.champion.contender.name == "pooled"


def test_in_time_the_newest_blocks_say_what_the_blend_is_made_of() -> None:
    rows = in_time(1_200, wrong_until=0.5)
    _, by_time = play(*rows, FIELD, Rules(expanding=True, racing=False))
    _, by_all = play(*rows, FIELD, Rules(racing=False))
    assert weights(by_time)["pooled"] > weights(by_all).get("pooled", 0.0) + 0.2


def test_the_answer_of_all_plays_to_the_end_however_far_behind() -> None:
    entries, _ = play(*tenant(2_000, 0.0, 3.0), FIELD, Rules())
    assert len(entry(entries, "pooled").folds) == 3


def test_noise_is_answered_by_all_tenants() -> None:
    _, verdict = play(*tenant(200, 0.0, 0.0), FIELD, Rules())
    assert (verdict.status, verdict.above_chance) == ("no_signal", False)
    assert verdict.champion is not None and verdict.champion.contender.name == "pooled"
    assert verdict.message == "No contender is above chance; the model of all tenants answers."


def test_but_not_where_rows_speak_clearly_against_them() -> None:
    _, verdict = play(*tenant(400, -2.0, 0.0), FIELD[:2], Rules())
    assert verdict.status == "no_signal"
    assert verdict.champion is not None and verdict.champion.contender.name == "prior"


def test_rows_before_weigh_as_rows_do() -> None:
    random = np.random.default_rng(0)
    truth = (random.random(50) < 0.5).astype(float)
    right, wrong = np.where(truth == 1.0, 0.99, 0.01), np.where(truth == 1.0, 0.01, 0.99)
    assert blend.weighted(truth, [wrong, right]).tolist() == [0.0, 1.0]
    drawn = blend.weighted(truth, [wrong, right], before=np.array([190.0, 10.0]))
    assert drawn[0] == pytest.approx(190 / 250, abs=0.05)
    assert blend.weighted(truth[:0], [wrong[:0], right[:0]], before=np.array([3.0, 1.0])).tolist() == [
        0.75,
        0.25,
    ]
