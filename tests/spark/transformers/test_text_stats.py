"""TextStats: known answers, words against a plain Python oracle, odd texts, and no Python where none is needed."""

from __future__ import annotations

import random
import unicodedata

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.slots import Slot, slot_of
from tiltyard.transformers import TextStats

# Text: words, content words, whether English, sentiment.
_KNOWN = {
    "A blessing in disguise": (4, 2, True, 1),
    "Time flies when you're having fun": (6, 3, True, 1),
    "TIME FLIES WHEN YOU\u2019RE HAVING FUN": (6, 3, True, 1),
    "You can say that again": (5, 1, True, 0),
    "We'll cross that bridge when we come to it": (9, 3, True, 0),
    "Your guess is as good as mine": (7, 3, True, 1),
    "This isn\u2019t good for any of us": (7, 2, True, -1),
    "Alles hat ein Ende, nur die Wurst hat zwei": (9, 3, False, None),
    "um den heißen Brei herumreden": (5, 3, False, None),
    "Revenons à nos moutons": (4, 2, False, None),
    "Делу время, потехе час": (4, 4, False, None),
    "Nie mój cyrk, nie moje małpy": (6, 2, False, None),
    "猿も木から落ちる": (1, 1, False, None),
    "1,000 + ?!": (2, 2, None, None),
    "": (0, 0, None, None),
    None: (None, None, None, None),
}


def test_known_answers(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(text,) for text in _KNOWN], "text string")
    rows = TextStats(inputCols=["text"]).transform(frame).collect()
    assert {
        row.text: (row.text__words, row.text__content_words, row.text__is_english, row.text__sentiment)
        for row in rows
    } == _KNOWN
    assert [row.text__length for row in rows] == [None if text is None else len(text) for text in _KNOWN]


def _words(text: str) -> int:
    """Words counted character by character: one starts at a letter or digit that is not inside another."""
    count, inside = 0, False
    for character in text:
        kind = unicodedata.category(character)[0]
        starts = kind in "LN"
        count += starts and not inside
        inside = starts or (inside and (kind == "M" or character in "'\u2019\u200c\u200d"))
    return count


def test_words_of_any_script_are_those_of_a_count_by_hand(spark: SparkSession) -> None:
    draw = random.Random(0)
    alphabet = "aZßéжيक日9½_-.,/ \t\n'\u2019\u0301\u093f\u200c\u200d😀"
    texts = ["".join(draw.choices(alphabet, k=draw.randint(0, 40))) for _ in range(500)]
    frame = spark.createDataFrame([(text,) for text in texts], "text string")
    rows = TextStats(inputCols=["text"], parts=["words", "content_words"]).transform(frame).collect()
    assert [row.text__words for row in rows] == [_words(text) for text in texts]
    assert all(row.text__content_words <= row.text__words for row in rows)


def test_odd_texts_are_no_error(spark: SparkSession) -> None:
    one_word, many = "a'" * 100_000, "This is good but bad. " * 5_000
    frame = spark.createDataFrame([(one_word,), (many,), ("ok\0",)], "text string")
    frame = frame.union(spark.sql("SELECT CAST(X'54686973FF206973' AS STRING)"))
    rows = TextStats(inputCols=["text"]).transform(frame).collect()
    assert [row.text__words for row in rows] == [1, 25_000, 1, 2]
    assert rows[1].text__content_words == 10_000


def test_only_the_beginning_tells_language_and_sentiment(spark: SparkSession) -> None:
    text = "We are happy with it. " * 46 + "Leider war danach alles schlecht und schrecklich. " * 200
    frame = spark.createDataFrame([(text,)], "text string")
    row = TextStats(inputCols=["text"], parts=["language", "sentiment"]).transform(frame).drop("text").first()
    assert tuple(row) == ("en", 1)


def test_words_and_length_need_no_python(spark: SparkSession) -> None:
    frame = spark.range(1).select(F.lit("Time flies").alias("text"))

    def calls(*parts: str) -> int:
        output = TextStats(inputCols=["text"], parts=list(parts)).transform(frame)
        return output._jdf.queryExecution().optimizedPlan().toString().count("EvalPython")

    assert calls("words", "length") == 0
    assert calls("sentiment", "content_words", "language", "is_english", "words") == 1


def test_language_is_a_category_and_comes_from_the_field(spark: SparkSession) -> None:
    frame = spark.createDataFrame([], "note string")
    schema = TextStats(inputCols=["note"], parts=["language", "words"]).transform(frame).schema
    assert schema.names == ["note", "note__language", "note__words"]
    assert slot_of(schema["note__language"]) == Slot("note__language", "note", "Category", "categorical")
    assert slot_of(schema["note__words"]) == Slot("note__words", "note", "Category", "numeric")


def test_numbers_and_unknown_parts_are_refused(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1,)], "note int")
    with pytest.raises(DataContractError, match="TextStats: column 'note' must be text, got int"):
        TextStats(inputCols=["note"]).transform(frame)
    with pytest.raises(TiltyardError, match="TextStats: 'parts' must be a list of some of 'words', "):
        TextStats(parts=["mood"])
