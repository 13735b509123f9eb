"""A zoo of bad slots, all caught; clean ones, strong or weak, are kept."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tiltyard.slots import CATEGORICAL, NUMERIC, Slot
from tiltyard.transformers._contingency import binned, counted, cramers_v, learnt_separation, separation
from tiltyard.transformers._sanity import Finding, Limits, check
from tiltyard.transformers.sanity_checker import SanityChecker

LIMITS = SanityChecker().limits()
ROWS = 1_000


def _label(rng: np.random.Generator, share: float = 0.3) -> np.ndarray:
    return (rng.random(ROWS) < share).astype(float)


def _found(
    slots: dict[str, np.ndarray], label: np.ndarray, kinds: dict[str, str] | None = None
) -> list[Finding]:
    kinds = kinds or {}
    described = [Slot(name, name.partition("__")[0], "Real", kinds.get(name, NUMERIC)) for name in slots]
    return check(np.column_stack(list(slots.values())), label, described, LIMITS)[1]


def _one(values: np.ndarray, label: np.ndarray, kind: str = NUMERIC) -> list[tuple[str, bool]]:
    return [(one.check, one.dropped) for one in _found({"f": values}, label, {"f": kind})]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("share", [0.05, 0.3, 0.5])
def test_the_zoo_is_caught(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    label = _label(rng, share)
    noisy = label.copy()
    for kind in (0, 1):  # 2 % of each class
        rows = np.flatnonzero(label == kind)
        noisy[rows[: len(rows) // 50]] = 1 - kind
    nan = np.full(ROWS, np.nan)
    amount = rng.lognormal(size=ROWS)
    zoo = {
        "the label renamed": label,
        "the label, other numbers": 7 - 3 * label,
        "the label with 2 % noise": noisy,
        "filled only after the outcome": np.where(label == 1, amount, nan),
        "a split of a number": rng.normal(size=ROWS) + 9 * label,
        "no order of its values": np.where(label == 1, 0.0, rng.choice([-1.0, 1.0], ROWS))
        + rng.normal(0, 0.1, ROWS),
    }
    for name, values in zoo.items():
        assert any(dropped for _, dropped in _one(values, label)), name


def test_filled_for_one_class_only_is_caught_although_it_separates_little() -> None:
    rng = np.random.default_rng(0)
    label = _label(rng)
    reason = np.where((label == 1) & (rng.random(ROWS) < 0.4), rng.integers(1, 5, ROWS), np.nan)
    assert ("filled", True) in _one(reason, label, CATEGORICAL)
    said = [one.sentence for one in _found({"f": reason}, label) if one.check == "filled"]
    assert said == [f"its {int((reason > 0).sum())} filled rows all have the label 1"]


def test_what_has_no_information_is_dropped_with_its_reason() -> None:
    rng = np.random.default_rng(1)
    label = _label(rng)
    few = np.where(np.arange(ROWS) < 3, 1.0, np.nan)
    assert _one(np.full(ROWS, 4.0), label) == [("constant", True)]
    assert _one(np.full(ROWS, np.nan), label) == [("empty", True)]
    assert _one(few, label) == [("empty", True)]
    assert _one(5_000 + rng.permutation(ROWS).astype(float), label) == [("id", True)]


def test_a_value_that_always_means_one_label_is_reported_and_kept() -> None:
    rng = np.random.default_rng(2)
    label = _label(rng)
    code = np.where(rng.random(ROWS) < 0.2, 3.0, rng.integers(0, 3, ROWS))
    label = np.where(code == 3, 1.0, label)
    assert _one(code, label, CATEGORICAL) == [("always", False)]
    rows = int((code == 3).sum())
    sentence = f"level 3 means label 1 in all its {rows} rows"
    assert [one.sentence for one in _found({"f": code}, label, {"f": CATEGORICAL})] == [sentence]
    for other, words in ((0.0, "a level that is none of its own"), (np.nan, "a missing value")):
        moved = np.where(code == 3, other, np.where(code == 0, 3.0, code))
        (found,) = _found({"f": moved}, label, {"f": CATEGORICAL})
        assert found.sentence == sentence.replace("level 3", words)


@pytest.mark.parametrize(("field", "strength", "told"), [
    ("Last Activity", 0.9, True), ("leadStatus", 0.9, True), ("Activity", 0.9, False), ("Last Activity", 0.3, False),
])  # fmt: skip
def test_a_name_that_speaks_of_the_end_is_reported_where_it_says_something(
    field: str, strength: float, told: bool
) -> None:
    rng = np.random.default_rng(8)
    label = _label(rng)
    found = _found({field: label * strength + rng.normal(size=ROWS)}, label)
    assert [(one.check, one.dropped, one.threshold) for one in found] == [("late", False, 0.65)] * told


def test_duplicates_go_but_the_first_stays() -> None:
    rng = np.random.default_rng(3)
    label, first = _label(rng), rng.normal(size=ROWS)
    found = _found({"euro": first, "cent": 100 * first, "other": rng.normal(size=ROWS)}, label)
    assert [(one.slot, one.check, one.dropped) for one in found] == [(1, "duplicate", True)]
    assert "'euro'" in found[0].sentence
    gaps = np.where(rng.random(ROWS) < 0.3, np.nan, first)
    assert _found({"euro": first, "sometimes": gaps}, label) == []


def test_a_leak_takes_its_field_along() -> None:
    rng = np.random.default_rng(4)
    label = _label(rng)
    found = _found({"closed__days": label * 2, "closed__hour": rng.normal(size=ROWS)}, label)
    assert {(one.slot, one.check) for one in found if one.dropped} >= {(0, "auroc"), (1, "field")}


@pytest.mark.parametrize("rows", [60, 200, 1000])
def test_noise_and_clean_strong_slots_are_kept(rows: int) -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        label = (rng.random(rows) < 0.3).astype(float)
        many = {f"noise{at}": rng.normal(size=rows) for at in range(20)}
        codes = {f"code{at}": rng.integers(0, 21, rows).astype(float) for at in range(20)}
        strong = {"strong": label * 1.5 + rng.normal(size=rows)}  # AUROC 0.86
        gaps = {"gaps": np.where(rng.random(rows) < 0.5, np.nan, rng.normal(size=rows))}
        found = _found(many | codes | strong | gaps, label, dict.fromkeys(codes, CATEGORICAL))
        assert [one for one in found if one.dropped or one.slot != 40] == []


def test_a_few_lucky_rows_are_no_leak() -> None:
    label = np.array([1.0] * 6 + [0.0] * 60)
    assert (
        _one(np.arange(66) * 1.5, label) in ([], [("correlation", True)])
        and len(_one(np.arange(66) * 1.5, label)) == 0
    )


def test_a_quantity_as_label_has_correlations_only() -> None:
    rng = np.random.default_rng(5)
    price = rng.normal(size=ROWS)
    measures, found = check(
        np.column_stack([price * 2, rng.normal(size=ROWS)]),
        price,
        [Slot(n, n, "Real", NUMERIC) for n in "ab"],
        LIMITS,
    )
    assert [(one.slot, one.check) for one in found] == [(0, "correlation")]
    assert np.isnan(measures.auroc).all()


def test_measures_are_those_of_the_field() -> None:
    rng = np.random.default_rng(6)
    label = _label(rng)
    numbers, codes = np.round(label + rng.normal(size=ROWS), 1), rng.integers(0, 4, ROWS).astype(float)
    slots = [Slot("n", "n", "Real", NUMERIC), Slot("c", "c", "Category", CATEGORICAL)]
    bins = binned(np.column_stack([numbers, codes]), slots)
    counts = counted(bins, label.astype(int), int(bins.max()) + 1, 2)
    assert abs(separation(counts[:, 1:])[0] - roc_auc_score(label, numbers)) < 0.01  # in 50 bins
    other = np.zeros_like(counts)
    other[1, 1:5] = [[9, 1], [1, 9], [5, 5], [7, 3]]  # other rows put code 1 first, then 2, 3 and 0
    expected = roc_auc_score(label, [{1: 4, 2: 3, 3: 2, 0: 1}[int(code)] for code in codes])
    assert learnt_separation(counts, other)[1] == pytest.approx(expected, abs=1e-9)
    table = np.array([[[10.0, 0.0], [0.0, 20.0]], [[5.0, 10.0], [5.0, 10.0]]])
    assert cramers_v(table).round(3).tolist() == [1.0, 0.0]


def test_measures_agree_with_numpy_where_values_are_missing() -> None:
    rng = np.random.default_rng(7)
    label, values = _label(rng), rng.normal(size=ROWS)
    values[rng.random(ROWS) < 0.3] = np.nan
    values[(label == 1) & (rng.random(ROWS) < 0.3)] = np.nan  # more often missing where the label is 1
    measures, _ = check(values[:, None], label, [Slot("n", "n", "Real", NUMERIC)], LIMITS)
    known = ~np.isnan(values)
    assert measures.null_auroc[0] == pytest.approx(roc_auc_score(label, ~known))
    assert measures.nulls[0] == pytest.approx(1 - known.mean())
    assert measures.variance[0] == pytest.approx(values[known].var())
    assert measures.correlation[0] == pytest.approx(abs(np.corrcoef(values[known], label[known])[0, 1]))


def test_limits_have_the_words_of_the_stage() -> None:
    assert Limits(0.96, 0.8, 0.95, 0.95, 0.995, 0.9999, 10) == LIMITS
