"""JobTitle's case."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase
from tiltyard.transformers import JobTitle


def _job_title(spark: SparkSession) -> StageCase:
    titles = ["CEO", "Leiterin Einkauf", "Sr. Mgr", "Stagiaire RH", "Contable", "asdf", "", None, "CEO"]
    frame = spark.createDataFrame(list(enumerate(titles)), "id int, title string")
    seniorities = ["C-level", "Director", "Manager", "Trainee", "Individual"]
    functions = ["general management", "procurement", None, "HR", "finance"]
    expected = {
        "title__seniority": [*seniorities, None, None, None, "C-level"],
        "title__rank": [8, 6, 5, 1, 3, None, None, None, 8],
        "title__function": [*functions, None, None, None, "general management"],
    }
    return StageCase(JobTitle(inputCols=["title"]), frame, expected)


CASES = {"JobTitle": _job_title}
