"""Terms as columns: a sample of a tenant's texts, the terms chosen from it, and a flag for each of them."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.ml.param import Param, Params
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import column, field_of
from tiltyard.errors import DataContractError
from tiltyard.params import number, text, whole
from tiltyard.slots import CATEGORICAL, derived
from tiltyard.transformers._levels import flag, one_level_each
from tiltyard.transformers._samples import HasSample
from tiltyard.transformers._term_choice import Rules

# Characters read of a text: what a note says, it says early, and a sample must fit into memory.
READ = 2_000

# A word: letters with their marks, and digits. Texts in scripts without spaces are one long word.
_BETWEEN_WORDS = r"[^\p{L}\p{M}\p{N}]+"


class HasTextSample(HasSample):
    """Params of stages that choose terms from a sample of each tenant's texts."""

    minSupport: Param[int] = Param(
        Params._dummy(), "minSupport", "rows a term needs, among those looked at", whole(1)
    )
    maxShare: Param[float] = Param(
        Params._dummy(), "maxShare", "share of the texts a term may be in, at most", number(0, 1, above=True)
    )
    maxWords: Param[int] = Param(Params._dummy(), "maxWords", "words of a term, at most", whole(1, 2))
    labelCol: Param[str] = Param(
        Params._dummy(), "labelCol", "column of the label that terms shall tell apart", text()
    )

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(minSupport=10, maxShare=0.5, maxWords=2, sampleRows=1000)

    def rules(self, top: int) -> Rules:
        """Which terms may be chosen, `top` at most."""
        values = [self.getOrDefault(name) for name in ("minSupport", "maxShare", "maxWords")]
        return Rules(top, *values)

    def text_sample(self, schema: T.StructType, value: Column) -> Column:
        """An aggregate: texts and labels of a tenant's sample."""
        row = {"text": F.substring(value, 1, READ), "label": self._label(schema)}
        return self._sample(schema, row, where=value.isNotNull())

    def _label(self, schema: T.StructType) -> Column:
        if not self.isSet(self.labelCol):
            return F.lit(None).cast("double")
        name, stage = self.getOrDefault(self.labelCol), type(self).__name__
        field = field_of(schema, name, stage)
        if not isinstance(field.dataType, T.NumericType | T.BooleanType):
            kind = field.dataType.simpleString()
            raise DataContractError(f"{stage}: label '{name}' must be numeric or boolean, got {kind}.")
        return column(field.name).cast("double")


def sampled_texts(sample: Column) -> list[Column]:
    """What `searchable` reads of a state's sample: its texts as words, and its labels."""
    texts = F.transform(sample, lambda row: words_of(row["text"]))
    return [texts, F.transform(sample, lambda row: row["label"])]


def term_columns(
    value: Column, terms: Column, outputs: Sequence[str], source: tuple[str, str]
) -> list[Column]:
    """A column for each output that tells whether the term of its rank is in the text."""
    # A search in one string: half the work of one in a list of words, and it finds pairs as well.
    words = words_of(F.substring(value, 1, READ))
    found = [F.contains(words, F.get(terms, F.lit(at))) for at in range(len(outputs))]
    return [
        derived(flag(hit, value), output, source, CATEGORICAL)
        for hit, output in zip(found, outputs, strict=True)
    ]


def term_slots(name: str, count: int, terms: Column) -> list[tuple[str, str, Column]]:
    """Column, field and level of each term's slot."""
    return one_level_each(term_outputs(name, count), name, F.transform(terms, lambda term: F.trim(term)))


def term_outputs(name: str, count: int) -> list[str]:
    """The output columns of an input column.

    Examples
    --------
    >>> term_outputs("note", 2)
    ['note__term_1', 'note__term_2']
    """
    return [f"{name}__term_{rank}" for rank in range(1, count + 1)]


def words_of(value: Column) -> Column:
    """The words of a text in lower case, with a space before and after each of them."""
    return F.concat(F.lit(" "), F.regexp_replace(F.lower(value), _BETWEEN_WORDS, " "), F.lit(" "))
