"""JobTitle: seniority and function of job titles in seven languages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from pyspark import keyword_only
from pyspark.ml.param import Param, Params
from pyspark.sql import types as T

from tiltyard.params import some_of
from tiltyard.slots import CATEGORICAL, NUMERIC
from tiltyard.transformers._job_titles import read_title
from tiltyard.transformers._texts import Compute, Part, TextParts

_PARTS = {
    "seniority": Part(T.StringType(), CATEGORICAL),
    "rank": Part(T.IntegerType(), NUMERIC),
    "function": Part(T.StringType(), CATEGORICAL),
    "normalized": Part(T.StringType(), CATEGORICAL),
}


class JobTitle(TextParts):
    """Read seniority and function from job titles: "Sr. Mgr, Vertrieb" is a Manager in sales.

    Titles are read word by word with a lexicon of English, German, French, Spanish, Italian, Portuguese and
    Dutch; case, accents and punctuation do not count, and a title may mix languages. Null stays null; what the
    lexicon does not know is null too. No job, no shuffle; each distinct title of a batch is
    read once, in Python.

    Parameters
    ----------
    inputCols : text columns
    parts : some of "seniority", "rank", "function" and "normalized"

    Notes
    -----
    Output columns, for an input called title:

    - `title__seniority`: from the lowest, Trainee, Junior (with assistants), Individual, Senior (with leads and
      principals), Manager, Director (with heads of), VP, C-level (with founders, owners, boards, partners and
      managing directors).
    - `title__rank`: its place as a whole number, 1 for Trainee to 8 for C-level.
    - `title__function`: general management, sales, marketing, product, engineering, IT, data, design, research,
      finance, HR, legal, procurement, operations, project management, support, administration, consulting,
      medical or education.
    - `title__normalized`: the known words in English, "Senior Sales Manager"; the others are left out.

    German and Dutch compounds are read by their parts, the last of which may stand beside an unknown one:
    "Klavierlehrer" is a Lehrer, a teacher. Titles say what a company calls people: a product or account manager
    is a Manager without leading anybody, and a bank's VP may be one of thousands. Of several functions the
    first counts: "Sales & Marketing Director" is in sales. A company's name behind a title can be taken for a
    function ("Owner, Smith Consulting"), unless "at" or "@" is between.

    See Also
    --------
    Pivot : ranks `title__normalized` or `title__function` by frequency, for models.

    Examples
    --------
    >>> titles = [("VP Eng",), ("Directrice des Achats",), ("Assistentin der Geschäftsführung",), ("Wizard",)]
    >>> frame = spark.createDataFrame(titles, "title string")
    >>> read = JobTitle(inputCols=["title"]).transform(frame)
    >>> read.select("title__seniority", "title__rank", "title__function", "title__normalized").show()
    +----------------+-----------+---------------+--------------------+
    |title__seniority|title__rank|title__function|   title__normalized|
    +----------------+-----------+---------------+--------------------+
    |              VP|          7|    engineering|Engineering Vice ...|
    |        Director|          6|    procurement|Procurement Director|
    |          Junior|          2| administration| Executive Assistant|
    |            NULL|       NULL|           NULL|                NULL|
    +----------------+-----------+---------------+--------------------+
    """

    parts: Param[list[str]] = Param(Params._dummy(), "parts", "which parts to read", some_of(*_PARTS))

    @keyword_only
    def __init__(self, *, inputCols: list[str] | None = None, parts: list[str] | None = None) -> None:
        super().__init__()
        self._setDefault(parts=list(_PARTS))
        self._set(**self._input_kwargs)

    def _parts(self) -> dict[str, Part]:
        return {part: _PARTS[part] for part in self.getOrDefault(self.parts)}

    def _compute(self) -> Compute:
        parts = self.getOrDefault(self.parts)
        return partial(_read, parts)


def _read(parts: Sequence[str], titles: Sequence[str | None]) -> list[tuple[Any, ...] | None]:
    read = (None if title is None else read_title(title) for title in titles)
    return [title and tuple(getattr(title, part) for part in parts) for title in read]
