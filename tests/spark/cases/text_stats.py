"""TextStats' case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import TextStats


def _text_stats(spark: SparkSession) -> StageCase:
    notes = ["A blessing in disguise", "Alles hat ein Ende, nur die Wurst hat zwei", "ok", None]
    frame = spark.createDataFrame(list(enumerate(notes)), "id int, `the note.` string")
    expected = {
        "the note.__words": [4, 9, 1, None],
        "the note.__content_words": [2, 3, 1, None],
        "the note.__language": ["en", "de", None, None],
        "the note.__is_english": [True, False, None, None],
        "the note.__sentiment": [1, None, None, None],
        "the note.__length": [22, 42, 2, None],
    }
    return StageCase(TextStats(inputCols=["the note."]), frame, expected)


CASES = {"TextStats": _text_stats}
