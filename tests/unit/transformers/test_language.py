"""Languages of texts: known answers, and silence where there is nothing to tell them by."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiltyard.transformers._language import language_of

_SPOKEN = {
    "da": "Det er hip som hap, om vi går nu eller i morgen",
    "de": "Ich verstehe nur Bahnhof",
    "en": "We'll cross that bridge when we come to it",
    "es": "Más vale pájaro en mano que ciento volando",
    "fr": "Revenons à nos moutons",
    "it": "In bocca al lupo a tutti quanti",
    "ja": "猿も木から落ちる",
    "nl": "Nu komt de aap uit de mouw",
    "pl": "Nie mój cyrk, nie moje małpy",
    "ru": "Делу время, потехе час",
}


@pytest.mark.parametrize("language", _SPOKEN)
def test_sayings_in_their_language(language: str) -> None:
    assert language_of(_SPOKEN[language]) == language
    assert language_of(_SPOKEN[language].upper()) == language


# The last three are digits and marks of one script each, which alone are a language to the model.
@pytest.mark.parametrize("text", ["", " ", "?!", "+49 30 1234567", "😀👍", "๑๒๓ ๔๕", "१२३", "「」『』、。"])
def test_without_letters_there_is_no_language(text: str) -> None:
    assert language_of(text) is None


@pytest.mark.parametrize("text", ["ok", "VP Sales", "Acme Inc", "joe@acme.com", "ABC-123", "x" * 5000])
def test_no_language_is_named_where_none_is_likely(text: str) -> None:
    assert language_of(text) is None


def test_random_letters_are_hardly_ever_english() -> None:
    draw = random.Random(0)
    noise = ["".join(draw.choices(string.ascii_lowercase + "   ", k=20)) for _ in range(300)]
    assert sum(language_of(text) == "en" for text in noise) <= 3


@settings(max_examples=50, deadline=None)
@given(st.text(st.sampled_from("aeiou Äßжи日ไश9'\u0301\u200d\0😀%\n")))
def test_any_text_has_a_code_of_two_letters_or_none(text: str) -> None:
    language = language_of(text)
    assert language is None or (len(language) == 2 and language.isalpha() and language.islower())
