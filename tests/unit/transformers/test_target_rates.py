"""Target statistics: an oracle in plain Python, and noise that stays noise."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tiltyard.transformers._target_rates import Counts, Rates, of_words, target_rates


def _rates(
    levels: list[str], folds: list[int], labels: list[float], expanding: bool = False, **more: float
) -> Rates:
    combined = sorted(set(zip(levels, folds, labels, strict=True)))
    rows = [sum(one == row for row in zip(levels, folds, labels, strict=True)) for one in combined]
    names, numbers, outcomes = zip(*combined, strict=True)
    counts = Counts(
        np.array(names, dtype=object), np.array(numbers), np.array(outcomes), np.array(rows, dtype=float)
    )
    wanted = {"smoothing": 5.0, "most": 100, "support": 1, **more}
    return target_rates(counts, expanding=expanding, **wanted)


@pytest.mark.parametrize("expanding", [False, True])
def test_every_rate_is_the_smoothed_mean_of_the_rows_its_fold_may_know(expanding: bool) -> None:
    rng = np.random.default_rng(0)
    levels = [str(one) for one in rng.integers(0, 5, 200)]
    folds = [int(one) for one in rng.integers(-1, 3, 200)]
    labels = [float(one) for one in rng.integers(0, 2, 200)]
    found = _rates(levels, folds, labels, expanding)
    rows = list(zip(levels, folds, labels, strict=True))
    for fold in (-1, 0, 1, 2):
        known = [one for one in rows if fold < 0 or (one[1] < fold if expanding else one[1] != fold)]
        mean = np.mean([label for *_, label in known])
        assert found.other[fold + 1] == pytest.approx(mean)
        for at, level in enumerate(found.levels):
            mine = [label for name, _, label in known if name == level]
            assert found.rates[at, fold + 1] == pytest.approx((sum(mine) + 5 * mean) / (len(mine) + 5))


def test_levels_are_the_most_frequent_that_have_support_equal_ones_by_name() -> None:
    levels = ["b", "b", "a", "a", "c", "d", "d", "d"]
    assert _rates(levels, [0] * 8, [1.0] * 8, most=2).levels == ["d", "a"]
    assert _rates(levels, [0] * 8, [1.0] * 8, support=2).levels == ["d", "a", "b"]


def test_the_first_block_in_time_knows_nothing() -> None:
    found = _rates(["a", "a", "a"], [0, 1, 2], [1.0, 0.0, 1.0], expanding=True)
    assert np.isnan(found.rates[0, 1]) and np.isnan(found.other[1])
    assert not np.isnan(found.rates[0, 2:]).any()


def test_a_column_of_noise_with_many_values_gains_nothing() -> None:
    areas = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        names = [f"v{one}" for one in rng.integers(0, 300, 1_000)]
        folds, labels = rng.integers(0, 3, 1_000), (rng.random(1_000) < 0.3).astype(float)
        found = _rates(names, folds.tolist(), labels.tolist(), smoothing=20.0, most=1_000)
        place = {level: at for at, level in enumerate(found.levels)}
        seen = [found.rates[place[name], fold + 1] for name, fold in zip(names, folds, strict=True)]
        whole = [found.rates[place[name], 0] for name in names]
        areas.append(roc_auc_score(labels, seen))
        assert roc_auc_score(labels, whole) > 0.7  # what the rows' own labels would make of it
    assert np.mean(areas) < 0.55


def test_nothing_at_all_gives_no_levels() -> None:
    empty = Counts(np.array([], dtype=object), np.array([], dtype=int), np.array([]), np.array([]))
    found = target_rates(empty, smoothing=20.0, most=10, support=1, expanding=False)
    assert found.levels == [] and found.rates.shape == (0, 1)


def test_a_word_counts_once_in_a_text_and_knows_what_became_of_other_folds() -> None:
    texts, labels, folds = ["so so good", "good", "so bad", "bad"], [1.0, 1.0, 0.0, 1.0], [0, 1, 1, 0]
    found = of_words(texts, labels, folds, smoothing=0.0, most=10, support=1, expanding=False)
    rates = dict(zip(found.levels, found.rates.tolist(), strict=True))
    assert rates == {"bad": [0.5, 0.0, 1.0], "good": [1.0, 1.0, 1.0], "so": [0.5, 0.0, 1.0]}


def test_no_texts_give_no_words() -> None:
    assert of_words([], [], [], smoothing=20.0, most=10, support=1, expanding=False).levels == []
