"""EmailParts' case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import EmailParts


def _email_parts(spark: SparkSession) -> StageCase:
    emails = ["Ann@News.BBC.co.uk", "ann@Bücher.de", "joe@gmx.de", "x@mailinator.com", "no address", None]
    frame = spark.createDataFrame(list(enumerate(emails)), "id int, `e.mail` string")
    expected = {
        "e.mail__valid": [True, True, True, True, False, None],
        "e.mail__domain": ["news.bbc.co.uk", "xn--bcher-kva.de", "gmx.de", "mailinator.com", None, None],
        "e.mail__registered_domain": [
            "bbc.co.uk",
            "xn--bcher-kva.de",
            "gmx.de",
            "mailinator.com",
            None,
            None,
        ],
        "e.mail__free_mail": [False, False, True, False, None, None],
        "e.mail__disposable": [False, False, False, True, None, None],
    }
    return StageCase(EmailParts(inputCols=["e.mail"]), frame, expected)


CASES = {"EmailParts": _email_parts}
