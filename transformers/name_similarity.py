"""NameSimilarity: how alike the names in two columns are, such as an e-mail address and a company."""

from __future__ import annotations

from functools import partial
from typing import Any

from pyspark import keyword_only
from pyspark.ml import Transformer
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from tiltyard.columns import field_of
from tiltyard.errors import TiltyardError
from tiltyard.params import Ranged, names, some_of, text
from tiltyard.slots import NUMERIC, derived, lineage
from tiltyard.transformers._names import MEASURES, similarities
from tiltyard.transformers._texts import once_each, text_column


class NameSimilarity(Ranged, Transformer, HasInputCols, DefaultParamsReadable[Any], DefaultParamsWritable):
    """Compare two columns of names, such as e-mail and company: 1 is the same name, 0 nothing in common.

    Case, accents, punctuation and legal forms at the end (Inc., GmbH, S.A.) do not count. An e-mail or web
    address stands for the name in its domain: "jane@acme-tools.co.uk" is "acme tools". Null on either side
    gives null, and so does a text without letters or digits. No job, no shuffle; each distinct pair of a batch
    is compared once, in Python.

    Parameters
    ----------
    inputCols : two text columns; their order makes no difference but in the names of the outputs
    outputCol : start of the output columns' names; default `<first>__<second>`
    measures : some of "jaro_winkler" (letters in common and in order, a common start counts more; spaces are
        left out, as domains have none) and "token_set" (words in common, in any order)

    Notes
    -----
    Output columns are doubles in [0, 1] called `<outputCol>_jaro_winkler` and `<outputCol>_token_set`. Their
    lineage is the first column's.

    A name whose words all stand in the other has a token set of 1: "Acme" and "Acme Tools" differ in
    jaro_winkler only. Unrelated names are rarely at 0: jaro_winkler is about 0.5 for them. An address of a mail
    provider, as in "acme@gmail.com", is compared by the provider's name. The first 256 characters are read.

    Legal forms are cleanco's, some of them common words: a text that ends in "as", "co" or "UK" loses that word.
    Public suffixes are those that came with the installed tldextract. Jaro-Winkler: Winkler (1990), String
    Comparator Metrics and Enhanced Decision Rules in the Fellegi-Sunter Model of Record Linkage.

    Examples
    --------
    >>> rows = [("jane@acme-tools.co.uk", "Acme Tools Ltd."), ("joe@gmail.com", "Müller GmbH"), (None, "Acme")]
    >>> frame = spark.createDataFrame(rows, "email string, company string")
    >>> stage = NameSimilarity(inputCols=["email", "company"], measures=["jaro_winkler"])
    >>> stage.transform(frame).select(F.round("email__company_jaro_winkler", 2).alias("alike")).show()
    +-----+
    |alike|
    +-----+
    |  1.0|
    | 0.58|
    | NULL|
    +-----+
    """

    inputCols: Param[list[str]] = Param(Params._dummy(), "inputCols", "the two columns to compare", names(2))
    outputCol: Param[str] = Param(
        Params._dummy(), "outputCol", "start of the output columns' names", text("the start of column names")
    )
    measures: Param[list[str]] = Param(
        Params._dummy(), "measures", "which similarities to compute", some_of(*MEASURES)
    )

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCol: str | None = None,
        measures: list[str] | None = None,
    ) -> None:
        super().__init__()
        self._setDefault(measures=list(MEASURES))
        self._set(**self._input_kwargs)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        if not self.isSet(self.inputCols):
            raise TiltyardError("NameSimilarity: 'inputCols' must be a list of 2 column names, got nothing.")
        texts = [text_column(dataset.schema, name, "NameSimilarity") for name in self.getInputCols()]
        measures = self.getOrDefault(self.measures)
        shape = T.StructType([T.StructField(measure, T.DoubleType()) for measure in measures])
        # Python: Spark knows neither measure, and no public suffixes.
        compared = once_each(partial(similarities, measures), shape)(*texts)
        source = lineage(field_of(dataset.schema, self.getInputCols()[0], "NameSimilarity"))
        return dataset.select(
            "*",
            *[
                derived(compared.getField(measure), output, source, NUMERIC)
                for measure, output in self._names().items()
            ],
        )

    def _names(self) -> dict[str, str]:
        start = (
            self.getOrDefault(self.outputCol)
            if self.isSet(self.outputCol)
            else "__".join(self.getInputCols())
        )
        return {measure: f"{start}_{measure}" for measure in self.getOrDefault(self.measures)}
