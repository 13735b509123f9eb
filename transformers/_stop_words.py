"""Words that say little by themselves, by language."""

from __future__ import annotations

from functools import cache

from pyspark.ml.feature import StopWordsRemover

# Spark's Norwegian list has the words of both written forms, Bokmål (or either: "no") and Nynorsk.
_SPARK_NAMES = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}


@cache
def spark_stop_words() -> dict[str, frozenset[str]]:
    """Spark ML's own lists by ISO 639-1 code. They come from the JVM: for the driver only."""
    return {
        code: frozenset(StopWordsRemover.loadDefaultStopWords(name)) for code, name in _SPARK_NAMES.items()
    }


@cache
def iso_stop_words(language: str) -> frozenset[str]:
    """The list of the stopwords-iso collection for an ISO 639-1 code; empty if it has none.

    Examples
    --------
    >>> "nie" in iso_stop_words("pl"), len(iso_stop_words("is"))
    (True, 0)
    """
    import stopwordsiso  # reads all its lists when imported

    return frozenset(stopwordsiso.stopwords(language))
