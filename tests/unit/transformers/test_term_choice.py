"""The choice of terms, against plain counts and SciPy."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from tiltyard.transformers._term_choice import Rules, _chi_squared, chosen

WORDS = [f"w{n}" for n in range(40)]
NOTES = st.lists(st.lists(st.sampled_from(WORDS[:6]), max_size=5).map(" ".join), min_size=1, max_size=30)


def _texts(seed: int, count: int) -> list[str]:
    draw = random.Random(seed)
    return [" ".join(draw.choices(WORDS, weights=range(1, 41), k=8)) for _ in range(count)]


def _share(term: str, texts: list[str]) -> float:
    return sum(f" {term} " in f" {text} " for text in texts) / len(texts)


def test_the_best_terms_have_the_greatest_weight() -> None:
    texts = _texts(0, 200)
    shares = {word: _share(word, texts) for word in WORDS}
    kept = [word for word, share in shares.items() if 20 <= round(200 * share) <= 60]
    best = sorted(kept, key=lambda word: (shares[word] * math.log(shares[word]), word))
    assert chosen(texts, [None] * 200, Rules(10, 20, 0.3, 1)) == best[:10]


def test_pairs_need_neighbours_and_one_of_equal_terms_is_kept() -> None:
    texts = ["credit card", "card of credit", "my credit card", "bank card", "bank"]
    assert chosen(texts, [None] * 5, Rules(9, 2, 0.7, 2)) == ["bank", "credit card", "credit"]
    assert chosen(["new york"] * 3 + ["rome"], [None] * 4, Rules(9, 2, 1.0, 2)) == ["new"]


@settings(max_examples=50)
@given(NOTES, st.randoms(use_true_random=False))
def test_any_order_of_the_texts_gives_the_same_terms_within_the_bounds(
    texts: list[str], draw: random.Random
) -> None:
    rules, labels = Rules(4, 2, 0.6, 2), [float(len(text) % 3) for text in texts]
    found = chosen(texts, labels, rules)
    together = list(zip(texts, labels, strict=True))
    draw.shuffle(together)
    assert chosen([text for text, _ in together], [label for _, label in together], rules) == found
    assert len(found) <= 4
    assert all(2 <= round(_share(term, texts) * len(texts)) <= 0.6 * len(texts) for term in found)


def test_the_tie_to_a_label_is_pearsons_chi_squared() -> None:
    draw = random.Random(1)
    labels = [float(draw.random() < 0.3) for _ in range(200)]
    rows = tuple(at for at in range(200) if draw.random() < 0.2 + 0.3 * labels[at])
    mean = sum(labels) / 200
    apart = {at: label - mean for at, label in enumerate(labels)}
    both, positives = sum(labels[at] for at in rows), sum(labels)
    table = [[both, len(rows) - both], [positives - both, 200 - len(rows) - positives + both]]
    expected = chi2_contingency(table, correction=False).statistic
    found = _chi_squared(rows, apart, sum(value * value for value in apart.values()))
    assert found == pytest.approx(expected)


def test_a_tied_term_comes_first_whatever_its_frequency() -> None:
    texts = _texts(2, 300)
    labels: list[float | None] = [float(at % 10 == 0) for at in range(300)]
    planted = [f"{text} rare" if label else text for text, label in zip(texts, labels, strict=True)]
    assert chosen(planted, labels, Rules(3, 10, 0.5, 2))[0] == "rare"
    assert "rare" not in chosen(planted, [None] * 300, Rules(3, 10, 0.5, 2))
    # Labels that are not known, or infinite, tie nothing.
    assert "rare" not in chosen(planted, [math.inf] * 300, Rules(3, 10, 0.5, 2))


def test_labels_of_pure_noise_change_hardly_any_choice() -> None:
    rules, changed = Rules(10, 10, 0.5, 2), 0
    for seed in range(60):
        texts, draw = _texts(seed, 150), random.Random(seed)
        noise: list[float | None] = [float(draw.random() < 0.3) for _ in texts]
        changed += chosen(texts, noise, rules) != chosen(texts, [None] * 150, rules)
    # 5 % of 60 are 3; 9 are more with a probability of 1 in 1,000.
    assert changed < 9


def test_no_texts_have_no_terms() -> None:
    assert chosen([], [], Rules(5, 1, 1.0, 2)) == []
    assert chosen(["", ""], [1.0, 0.0], Rules(5, 1, 1.0, 2)) == []
