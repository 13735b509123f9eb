"""TextStats without Spark: sentiments, stop words, and what is not wanted is not computed."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from tiltyard.transformers import text_stats
from tiltyard.transformers.text_stats import found

_ENGLISH = {"en": frozenset({"is", "this"})}


def _one(part: str, *texts: str | None) -> list[Any]:
    words = [text and text.lower() for text in texts]
    return [row[0] for row in found(texts, words, wanted=[part], stop_words=_ENGLISH)]


def test_sentiment_is_a_sign() -> None:
    texts = ["This is a wonderful idea", "This is a terrible idea", "This is the third meeting of the week"]
    assert _one("sentiment", *texts) == [1, -1, 0]
    assert _one("sentiment", "This isn't good for any of us") == [-1]


def test_sentiment_of_other_languages_is_not_guessed() -> None:
    # "die" and "war" are grave words in English only.
    assert _one("sentiment", "Die Woche war ruhig und schön", "ok", "", None) == [None] * 4


def test_unknown_language_is_neither_english_nor_not() -> None:
    assert _one("is_english", "This is the best of all", "Das ist ja das Beste", "ok", "", None) == [
        True,
        False,
        None,
        None,
        None,
    ]


def test_given_stop_words_go_before_the_collection() -> None:
    assert _one("content_words", "this is what we have been waiting for") == [6]


def test_the_collection_serves_other_languages() -> None:
    assert _one("content_words", "nie mój cyrk nie moje małpy") == [2]


def test_an_unknown_language_has_no_stop_words() -> None:
    assert _one("content_words", "is", "", None) == [1, 0, None]


def test_quotations_leave_no_apostrophe() -> None:
    assert found(
        ["This is 'what this is'"], ["this is what this is'"], wanted=["content_words"], stop_words=_ENGLISH
    ) == [(1,)]


def test_parts_come_as_they_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("nobody wants it")

    monkeypatch.setattr(text_stats, "_analyzer", refused)
    monkeypatch.setattr(text_stats, "iso_stop_words", refused)
    text = "Nie mój cyrk, nie moje małpy"
    assert found([text], wanted=["is_english", "language"], stop_words={}) == [(False, "pl")]


def test_importing_the_stages_loads_no_model() -> None:
    heavy = "{'py3langid', 'stopwordsiso', 'vaderSentiment'}"
    command = f"import sys, tiltyard.transformers; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
