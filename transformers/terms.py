"""Terms: a text as one 0/1 slot for each of a tenant's most useful words and pairs of words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pyspark import keyword_only
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols
from pyspark.sql import Column, DataFrame
from pyspark.sql import types as T

from tiltyard.columns import column
from tiltyard.keyed import HasTenantCol, KeyedEstimator, KeyedModel
from tiltyard.params import inputs_of, whole
from tiltyard.slots import lineage
from tiltyard.transformers._each_state import each_state
from tiltyard.transformers._levels import level_table, state_field
from tiltyard.transformers._term_choice import searchable
from tiltyard.transformers._term_columns import (
    HasTextSample,
    sampled_texts,
    term_columns,
    term_outputs,
    term_slots,
)
from tiltyard.transformers._texts import text_field


class _TermsParams(HasInputCols, HasTextSample, HasTenantCol):
    topK: Param[int] = Param(Params._dummy(), "topK", "terms, and so slots, of each column", whole(1))

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(topK=20, minRows=1)


class Terms(_TermsParams, KeyedEstimator):
    """Encode texts: a 0/1 slot for each of a tenant's most useful terms.

    A term is a word (letters and digits, in lower case) or a pair of words that stand side by side.
    `<input>__term_1` is 1 where the text holds the tenant's most useful term and 0 where it does not,
    `<input>__term_2` the same for the second one, up to `topK`; slots beyond the tenant's last term are 0. All
    are NaN where the text is null. Rows of a null, unseen or thin tenant get the terms of all rows together.

    Terms in too few or too many of the tenant's texts are left out, and so are those in exactly the same texts
    as a better one. Of the others the best are those in a share p of the texts with the greatest
    p * log(1 / p), which is document frequency times inverse document frequency. With `labelCol` the terms
    that are tied to the label come first, by Pearson's chi-squared; those whose tie may be luck (5 % over all
    terms of a tenant) do not count as tied. Rows without a label count for frequencies only.

    `fit` costs one aggregation, whatever the number of columns and tenants; `transform` one left join.

    Parameters
    ----------
    inputCols : columns of texts; their first 2,000 characters are read
    tenantCol : column of the tenant; default: one choice for the whole frame
    topK : terms, and so slots, of each column
    minSupport : texts a term needs, among the rows looked at
    maxShare : share of the texts a term may be in, at most; above 0, at most 1
    maxWords : 1 for single words, 2 for pairs too
    sampleRows : rows with a text looked at for each tenant and column, at most: those with the smallest hash
    keyCol : column without repetitions whose hash is meant; default: text and label, so that equal rows are
        taken or left together
    labelCol : numeric or boolean column; default: none
    minRows : tenants with fewer rows are thin

    Notes
    -----
    A slot means different terms for different tenants, see `levels` of the model: train models for each
    tenant. With a label the choice has seen the labels: give `fit` training rows only, or what is measured
    on the same rows is too good. For a label of other numbers than 0 and 1 the statistic is the number of
    rows times the squared correlation. Scripts without spaces between words give one long word.

    See Also
    --------
    SmartText : decides for each tenant whether a column is a text or a category.
    pyspark.ml.feature.HashingTF : no state, but slots nobody can name.

    Examples
    --------
    >>> notes = ["Late flight", "Late, again!", "On time", "Just on time", None]
    >>> frame = spark.createDataFrame([(note,) for note in notes], "note string")
    >>> terms = Terms(inputCols=["note"], topK=3, minSupport=2)
    >>> terms.fit(frame).transform(frame).orderBy("note").show()
    +------------+------------+------------+------------+
    |        note|note__term_1|note__term_2|note__term_3|
    +------------+------------+------------+------------+
    |        NULL|         NaN|         NaN|         NaN|
    |Just on time|         0.0|         1.0|         0.0|
    | Late flight|         1.0|         0.0|         0.0|
    |Late, again!|         1.0|         0.0|         0.0|
    |     On time|         0.0|         1.0|         0.0|
    +------------+------------+------------+------------+
    """

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        tenantCol: str | None = None,
        topK: int = 20,
        minSupport: int = 10,
        maxShare: float = 0.5,
        maxWords: int = 2,
        sampleRows: int = 1000,
        keyCol: str | None = None,
        labelCol: str | None = None,
        minRows: int = 1,
    ) -> None:
        super().__init__()
        self._set(**self._input_kwargs)

    def _aggregates(self, schema: T.StructType) -> dict[str, Column]:
        fields = {name: text_field(schema, name, "Terms") for name in inputs_of(self)}
        return {name: self.text_sample(schema, column(field.name)) for name, field in fields.items()}

    def _state(self, schema: T.StructType, columns: Mapping[str, Column]) -> dict[str, Column]:
        rules = self.rules(self.getOrDefault(self.topK))

        # In Python, once a state: which texts a term is in is a matter of sets, and Spark has none.
        def terms(texts: Sequence[str], labels: Sequence[float | None]) -> list[str]:
            return searchable(texts, labels, rules)

        find = each_state(terms, "array<string>")
        return {name: find(*sampled_texts(columns[name])) for name in inputs_of(self)}

    def _model(self) -> TermsModel:
        return TermsModel()


class TermsModel(_TermsParams, KeyedModel):
    """Terms' fitted model: the terms of every tenant and column.

    Examples
    --------
    >>> rows = [("late flight",), ("late again",), ("on time",)]
    >>> frame = spark.createDataFrame(rows, "note string")
    >>> terms = Terms(inputCols=["note"], topK=3, minSupport=2, maxShare=0.9)
    >>> terms.fit(frame).levels().show()
    +------+------------+-----+------+
    |tenant|      column|field|levels|
    +------+------------+-----+------+
    |  NULL|note__term_1| note|[late]|
    |  NULL|note__term_2| note|    []|
    |  NULL|note__term_3| note|    []|
    +------+------------+-----+------+
    """

    def levels(self) -> DataFrame:
        """DataFrame[tenant, column, field, levels ARRAY<STRING>]; one term a slot, tenant null: global row."""
        top = self.getOrDefault(self.topK)
        slots = [term_slots(name, top, state_field(name)) for name in inputs_of(self)]
        return level_table(self.state, [one for several in slots for one in several])

    def _outputs(self, schema: T.StructType, state: Callable[[str], Column]) -> list[Column]:
        return [made for name in inputs_of(self) for made in self._slots(schema, name, state(name))]

    def _slots(self, schema: T.StructType, name: str, terms: Column) -> list[Column]:
        field = text_field(schema, name, "TermsModel")
        outputs = term_outputs(name, self.getOrDefault(self.topK))
        return term_columns(column(field.name), terms, outputs, lineage(field))
