"""NameSimilarity's case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import NameSimilarity


def _name_similarity(spark: SparkSession) -> StageCase:
    rows = [
        (1, "jane@acme-tools.co.uk", "Acme Tools Ltd."),
        (2, "joe@xyz.de", "Quark GmbH"),
        (3, None, "Acme"),
        (4, "jane@acme.com", None),
        (5, "...", "Acme"),
        (6, "tools@acme.fr", "Acme Tools S.A."),
    ]
    frame = spark.createDataFrame(rows, "id int, email string, `the company` string")
    expected = {
        "email__the company_jaro_winkler": [1.0, 0.0, None, None, None, 0.888888889],
        "email__the company_token_set": [1.0, 0.0, None, None, None, 1.0],
    }
    return StageCase(NameSimilarity(inputCols=["email", "the company"]), frame, expected)


CASES = {"NameSimilarity": _name_similarity}
