"""TextStats: how long a text is, in what language, and whether it sounds glad or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from pyspark import keyword_only
from pyspark.ml.param import Param, Params
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.params import some_of
from tiltyard.slots import CATEGORICAL, NUMERIC
from tiltyard.transformers._language import language_of
from tiltyard.transformers._stop_words import iso_stop_words, spark_stop_words
from tiltyard.transformers._texts import Compute, Part, TextParts

PARTS = {
    "words": Part(T.IntegerType(), NUMERIC),
    "content_words": Part(T.IntegerType(), NUMERIC),
    "language": Part(T.StringType(), CATEGORICAL),
    "is_english": Part(T.BooleanType(), NUMERIC),
    "sentiment": Part(T.IntegerType(), NUMERIC),
    "length": Part(T.IntegerType(), NUMERIC),
}

# Spark's own expressions give these, without Python.
_NATIVE = ("words", "length")

# A letter or digit with what may follow inside a word: marks, apostrophes and the invisible joiners of Persian
# and Indian scripts. One class without groups, as Java's groups overflow the stack on very long words.
_WORD = r"[\p{L}\p{N}][\p{L}\p{N}\p{M}'\u200c\u200d]*"

# Characters read for language and sentiment. The language is clear after a hundred; the sentiment's cost grows
# with the square of the length, 12 ms here and 25 s for a hundred times as many.
_READ = 1000

# The bounds of VADER's authors for what is neutral, on their scale from -1 to 1.
_NEUTRAL = 0.05


class TextStats(TextParts):
    """Count the words of texts and tell their language and sentiment.

    Columns `<input>__<part>`, null where the text is null:

    - `words`, int: runs of letters, digits and inner apostrophes of any script; "you're" is one, "follow-up" two
    - `content_words`, int: words that are no stop words of the text's language; all words where the language is
      unknown or has no list
    - `language`, string: ISO 639-1 code; null if the text has no letters or no language is likely enough, as for
      most texts of one or two words
    - `is_english`, boolean: null where the language is unknown
    - `sentiment`, int: 1 for a positive, -1 for a negative and 0 for a neutral English text; null where the
      language is another one or unknown
    - `length`, int: characters

    No job, no shuffle. `words` and `length` are Spark expressions. Each of the others, `content_words` too, needs
    the language, which runs in Python: measured, a core reads 12,000 distinct titles of 20 characters or 1,800
    paragraphs of 300 in a second; 9,000 and 1,100 with `sentiment`. Each Python process first loads the model, in
    a second and 100 MB.

    Parameters
    ----------
    inputCols : text columns
    parts : some of "words", "content_words", "language", "is_english", "sentiment", "length"; what is left out
        costs nothing

    Notes
    -----
    Language and sentiment are those of the first 1,000 characters. Where a script has no spaces between words
    (Chinese, Japanese, Thai) a whole run of characters counts as one word: prefer `length`.

    The language is that of py3langid [1]_ where it is at least 0.3 probable; close relatives (Norwegian and
    Danish, Croatian and Bosnian) are easily mistaken for each other. Stop words are Spark ML's for its languages,
    else those of stopwords-iso. Sentiment is VADER's [2]_, with its authors' bounds of 0.05.

    References
    ----------
    .. [1] M. Lui, T. Baldwin: langid.py: An Off-the-shelf Language Identification Tool. ACL 2012.
    .. [2] C. Hutto, E. Gilbert: VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media
       Text. ICWSM 2014.

    See Also
    --------
    pyspark.ml.feature.StopWordsRemover : the words themselves, of texts in one language you know.

    Examples
    --------
    >>> notes = ["Time flies when you're having fun", "um den heißen Brei herumreden", "ok", None]
    >>> frame = spark.createDataFrame([(note,) for note in notes], "note string")
    >>> parts = ["words", "content_words", "language", "sentiment"]
    >>> TextStats(inputCols=["note"], parts=parts).transform(frame).drop("note").show()
    +-----------+-------------------+--------------+---------------+
    |note__words|note__content_words|note__language|note__sentiment|
    +-----------+-------------------+--------------+---------------+
    |          6|                  3|            en|              1|
    |          5|                  3|            de|           NULL|
    |          1|                  1|          NULL|           NULL|
    |       NULL|               NULL|          NULL|           NULL|
    +-----------+-------------------+--------------+---------------+
    """

    parts: Param[list[str]] = Param(Params._dummy(), "parts", "which parts to take", some_of(*PARTS))

    @keyword_only
    def __init__(self, *, inputCols: list[str] | None = None, parts: list[str] | None = None) -> None:
        super().__init__()
        self._setDefault(parts=list(PARTS))
        self._set(**self._input_kwargs)

    def _parts(self) -> dict[str, Part]:
        return {name: PARTS[name] for name in self.getOrDefault(self.parts)}

    def _native(self, text: Column) -> dict[str, Column]:
        return {"words": F.regexp_count(_straight(text), F.lit(_WORD)), "length": F.char_length(text)}

    def _arguments(self, schema: T.StructType, text: Column) -> list[Column]:
        # Arrow refuses bytes that are no text, which Spark's strings may hold.
        read = _straight(F.make_valid_utf8(F.left(text, F.lit(_READ))))
        return [read, _words(text)] if "content_words" in self._parts() else [read]

    def _compute(self) -> Compute:
        wanted = [part for part in self._parts() if part not in _NATIVE]
        stop_words = spark_stop_words() if "content_words" in wanted else {}
        return partial(found, wanted=wanted, stop_words=stop_words)


def found(
    texts: Sequence[str | None],
    words: Sequence[str | None] = (),
    *,
    wanted: Sequence[str],
    stop_words: Mapping[str, frozenset[str]],
) -> list[tuple[Any, ...]]:
    """The wanted parts of each text; `words` are the text's own in lower case, only read for `content_words`.

    Examples
    --------
    >>> known = {"en": frozenset({"you", "can", "that", "again"})}
    >>> found(["Say that again!"], ["say that again"], wanted=["content_words", "language"], stop_words=known)
    [(1, 'en')]
    """
    languages = [language_of(text or "") for text in texts]
    parts: dict[str, Callable[[], Sequence[Any]]] = {
        "content_words": lambda: [
            None if own is None else _count(own, _stop_words(language, stop_words))
            for own, language in zip(words, languages, strict=True)
        ],
        "language": lambda: languages,
        "is_english": lambda: [language and language == "en" for language in languages],
        "sentiment": lambda: [
            _sentiment(text) if text and language == "en" else None
            for text, language in zip(texts, languages, strict=True)
        ],
    }
    return list(zip(*[parts[part]() for part in wanted], strict=True))


def _straight(text: Column) -> Column:
    """The text with plain apostrophes, which word lists have."""
    return F.translate(text, "\u2019", "'")


def _words(text: Column) -> Column:
    """A text's words in lower case, with a space between them."""
    return F.array_join(F.regexp_extract_all(F.lower(_straight(text)), F.lit(_WORD), F.lit(0)), " ")


def _count(words: str, without: frozenset[str]) -> int:
    # An apostrophe at the end is a quotation's.
    return sum(word.rstrip("'") not in without for word in words.split())


def _stop_words(language: str | None, known: Mapping[str, frozenset[str]]) -> frozenset[str]:
    if language is None:
        return frozenset()
    return known.get(language) or iso_stop_words(language)


def _sentiment(text: str) -> int:
    score = _analyzer().polarity_scores(text)["compound"]
    return int(score >= _NEUTRAL) - int(score <= -_NEUTRAL)


@cache
def _analyzer() -> Any:
    """The lexicon, once for each process."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()
