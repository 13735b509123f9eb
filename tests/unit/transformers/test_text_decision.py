"""SmartText's decisions at their limits."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from tiltyard.transformers._term_choice import Rules
from tiltyard.transformers._text_decision import Limits, Measures, decided, decision

LIMITS = Limits(support=10, cardinality=30, coverage=0.9, spread=1.0)
NOTES = Measures(rows=200, filled=180, distinct=150, levels=2, coverage=0.3, length=40.0, spread=12.0)
RULES = Rules(top=5, support=2, share=0.9, words=1)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "terms"),
        ({"filled": 9}, "ignore"),
        ({"filled": 10}, "terms"),
        ({"distinct": 30}, "pivot"),
        ({"distinct": 30, "levels": 0}, "terms"),
        ({"coverage": 0.9}, "pivot"),
        ({"coverage": 0.89, "distinct": 31}, "terms"),
        ({"spread": 0.99}, "ignore"),
        ({"spread": 1.0}, "terms"),
    ],
)
def test_limits_decide(change: dict[str, float], expected: str) -> None:
    assert decided(replace(NOTES, **change), LIMITS)[0] == expected  # type: ignore[arg-type]


def test_terms_are_given_with_the_reason_and_texts_without_any_are_ignored() -> None:
    found = decision(asdict(NOTES), ["call me", "call now"], [None, None], LIMITS, replace(RULES, share=1.0))
    assert found == {
        "decision": "terms",
        "reason": "150 different texts of 40 characters, give or take 12; 1 terms",
        "terms": [" call "],
    }
    nothing = decision(asdict(NOTES), ["call me", "ring them"], [None, None], LIMITS, RULES)
    assert (nothing["decision"], nothing["terms"]) == ("ignore", None)
    assert nothing["reason"].endswith("; no term is in enough of them")
