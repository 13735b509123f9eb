"""UrlParts' case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import UrlParts


def _url_parts(spark: SparkSession) -> StageCase:
    sites = ["https://www.BBC.co.uk/a/b?c", "www.example.org/a", "http://10.0.0.1:80", "no address", None]
    frame = spark.createDataFrame(list(enumerate(sites)), "id int, `web.site` string")
    expected = {
        "web.site__valid": [True, True, True, False, None],
        "web.site__domain": ["www.bbc.co.uk", "www.example.org", "10.0.0.1", None, None],
        "web.site__registered_domain": ["bbc.co.uk", "example.org", None, None, None],
        "web.site__suffix": ["co.uk", "org", None, None, None],
        "web.site__secure": [True, False, False, None, None],
        "web.site__path_depth": [2, 1, 0, None, None],
        "web.site__has_query": [True, False, False, None, None],
    }
    return StageCase(UrlParts(inputCols=["web.site"]), frame, expected)


CASES = {"UrlParts": _url_parts}
