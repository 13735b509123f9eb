"""SmartText: for each tenant a column of texts as a category, as terms, or not at all, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pyspark import keyword_only
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tiltyard.columns import column
from tiltyard.keyed import HasTenantCol, KeyedEstimator, KeyedModel
from tiltyard.params import inputs_of, number, whole
from tiltyard.slots import CATEGORICAL, derived, lineage
from tiltyard.state import TENANT
from tiltyard.transformers._each_state import each_state
from tiltyard.transformers._levels import code, counts, level_table, marks, ranked, state_field
from tiltyard.transformers._term_columns import (
    HasTextSample,
    sampled_texts,
    term_columns,
    term_outputs,
    term_slots,
)
from tiltyard.transformers._text_decision import PIVOT, Limits, decision
from tiltyard.transformers._texts import text_field

# Longer texts are never levels: a column of notes would be kept as a whole to count them.
_LONGEST_LEVEL = 100


class _SmartTextParams(HasInputCols, HasTextSample, HasTenantCol):
    topK: Param[int] = Param(Params._dummy(), "topK", "levels kept of a category", whole(1))
    topTerms: Param[int] = Param(Params._dummy(), "topTerms", "terms, and so slots, of a text", whole(1))
    maxCardinality: Param[int] = Param(
        Params._dummy(), "maxCardinality", "different texts of a category, whatever they cover", whole(1)
    )
    minCoverage: Param[float] = Param(
        Params._dummy(),
        "minCoverage",
        "share of the rows with a text whose levels make a category of any cardinality",
        number(0, 1, above=True),
    )
    minLengthSpread: Param[float] = Param(
        Params._dummy(),
        "minLengthSpread",
        "standard deviation of the characters of a text below which texts are keys",
        number(0),
    )

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(topK=20, topTerms=20, minRows=1)
        self._setDefault(maxCardinality=30, minCoverage=0.9, minLengthSpread=1.0)


class SmartText(_SmartTextParams, KeyedEstimator):
    """Encode texts as each tenant uses them: as a category, as terms, or not at all.

    What is "Gold" or "Silver" for one tenant may be a sentence for another. For each tenant and column one
    way is chosen:

    - "pivot" if there are at most `maxCardinality` different texts, or if the levels cover `minCoverage` of
      the rows with a text, and there is a level. `<input>__pivot` is what Pivot gives.
    - "ignore" if fewer than `minSupport` rows hold a text; if the lengths of the texts hardly differ, as
      those of keys do; or if no term is useful.
    - "terms" otherwise. `<input>__term_1` to `<input>__term_<topTerms>` are what Terms gives.

    Outputs of the ways not chosen are NaN, and so are those of null texts. Rows of a null, unseen or thin
    tenant are treated as all rows together are. `decisions` of the model says what was chosen and why; the
    measures are in its state.

    `fit` costs one aggregation, whatever the number of columns and tenants; `transform` one left join.

    Parameters
    ----------
    inputCols : columns of texts
    tenantCol : column of the tenant; default: one decision for the whole frame
    topK : levels kept of a category; texts over 100 characters are never levels
    topTerms : terms, and so slots, of a text
    minSupport : rows of the tenant a level, a term (among the rows looked at) or any decision needs
    maxCardinality : different texts of a category, whatever they cover
    minCoverage : share of the rows with a text whose levels make a category of any cardinality
    minLengthSpread : standard deviation of the characters of a text below which texts are keys
    maxShare, maxWords, sampleRows, keyCol, labelCol : of the terms, as for Terms
    minRows : tenants with fewer rows are thin

    Notes
    -----
    A slot means different things for different tenants: train models for each tenant.

    References
    ----------
    The idea is that of SmartTextVectorizer in Salesforce's TransmogrifAI, which decides once for all rows.

    See Also
    --------
    Pivot, Terms : where the way is known beforehand.

    Examples
    --------
    >>> plans = [("a", n, "Gold" if n % 2 else "Silver") for n in range(20)]
    >>> notes = [("b", n, f"call back {n}" if n % 2 else f"sent the offer {n}") for n in range(20)]
    >>> frame = spark.createDataFrame([*plans, *notes], "tenant string, id int, note string")
    >>> smart = SmartText(inputCols=["note"], tenantCol="tenant", topTerms=1, maxCardinality=5, keyCol="id")
    >>> model = smart.fit(frame)
    >>> model.transform(frame).where("id < 2").drop("id").orderBy("tenant", "note").show()
    +------+----------------+-----------+------------+
    |tenant|            note|note__pivot|note__term_1|
    +------+----------------+-----------+------------+
    |     a|            Gold|        1.0|         NaN|
    |     a|          Silver|        2.0|         NaN|
    |     b|     call back 1|        NaN|         1.0|
    |     b|sent the offer 0|        NaN|         0.0|
    +------+----------------+-----------+------------+
    """

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        tenantCol: str | None = None,
        topK: int = 20,
        topTerms: int = 20,
        minSupport: int = 10,
        maxCardinality: int = 30,
        minCoverage: float = 0.9,
        minLengthSpread: float = 1.0,
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
        return {
            f"{name}.{what}": value
            for name in inputs_of(self)
            for what, value in self._gathered(schema, name).items()
        }

    def _gathered(self, schema: T.StructType, name: str) -> dict[str, Column]:
        value = column(text_field(schema, name, "SmartText").name)
        length = F.char_length(value)
        short = F.when(length <= _LONGEST_LEVEL, value)
        return {
            "rows": F.count(F.lit(1)),
            "filled": F.count(value),
            "short": F.count(short),
            "counts": counts(short),
            "length": F.avg(length),
            "spread": F.stddev_pop(length),
            "sample": self.text_sample(schema, value),
        }

    def _state(self, schema: T.StructType, columns: Mapping[str, Column]) -> dict[str, Column]:
        limits, rules = self._limits(), self.rules(self.getOrDefault(self.topTerms))

        # In Python, once a state: it chooses terms, and writes sentences.
        def decide(found: Mapping[str, Any], texts: Any, labels: Any) -> dict[str, Any]:
            return decision(found, texts, labels, limits, rules)

        decided = each_state(decide, "decision string, reason string, terms array<string>")
        return {name: self._field(_part(columns, name), decided) for name in inputs_of(self)}

    def _limits(self) -> Limits:
        return Limits(
            support=self.getOrDefault(self.minSupport),
            cardinality=self.getOrDefault(self.maxCardinality),
            coverage=self.getOrDefault(self.minCoverage),
            spread=self.getOrDefault(self.minLengthSpread),
        )

    def _field(self, gathered: Mapping[str, Column], decided: Callable[..., Column]) -> Column:
        top = ranked(gathered["counts"], self.getOrDefault(self.topK), self.getOrDefault(self.minSupport))
        measures = _measures(gathered, top)
        found = decided(measures, *sampled_texts(gathered["sample"]))
        levels = F.transform(top, lambda entry: entry["item"])
        return F.struct(
            found["decision"].alias("decision"),
            found["reason"].alias("reason"),
            measures.alias("measures"),
            F.when(found["decision"] == PIVOT, levels).alias("levels"),
            found["terms"].alias("terms"),
        )

    def _model(self) -> SmartTextModel:
        return SmartTextModel()


class SmartTextModel(_SmartTextParams, KeyedModel):
    """SmartText's fitted model: the decision for every tenant and column, with its levels or terms.

    Examples
    --------
    >>> frame = spark.createDataFrame([("Gold",), ("Silver",)] * 10, "plan string")
    >>> model = SmartText(inputCols=["plan"]).fit(frame)
    >>> model.decisions().show(truncate=False)
    +------+-----+--------+------------------------------------------------------------------+
    |tenant|field|decision|reason                                                            |
    +------+-----+--------+------------------------------------------------------------------+
    |NULL  |plan |pivot   |2 different texts, and 2 levels cover 100% of the rows with a text|
    +------+-----+--------+------------------------------------------------------------------+
    """

    def decisions(self) -> DataFrame:
        """DataFrame[tenant, field, decision, reason]; tenant null: the global row. The state has the measures."""
        rows = [
            F.struct(
                F.lit(name).alias("field"),
                state_field(name)["decision"].alias("decision"),
                state_field(name)["reason"].alias("reason"),
            )
            for name in inputs_of(self)
        ]
        return self.state.select(TENANT, F.inline(F.array(*rows)))

    def levels(self) -> DataFrame:
        """DataFrame[tenant, column, field, levels ARRAY<STRING>]; null levels: a way that was not chosen."""
        return level_table(self.state, [one for name in inputs_of(self) for one in self._levels(name)])

    def _levels(self, name: str) -> list[tuple[str, str, Column]]:
        found, count = state_field(name), self.getOrDefault(self.topTerms)
        return [(f"{name}__pivot", name, found["levels"]), *term_slots(name, count, found["terms"])]

    def _read(self, own: Column, shared: Column, kind: T.DataType, schema: T.StructType) -> Column:
        used = {
            name: [marks(own[name]["levels"]).alias("levels"), own[name]["terms"].alias("terms")]
            for name in inputs_of(self)
        }
        return F.struct(*[F.struct(*parts).alias(name) for name, parts in used.items()])

    def _outputs(self, schema: T.StructType, state: Callable[[str], Column]) -> list[Column]:
        return [made for name in inputs_of(self) for made in self._slots(schema, name, state(name))]

    def _slots(self, schema: T.StructType, name: str, found: Column) -> list[Column]:
        field = text_field(schema, name, "SmartTextModel")
        source, value = lineage(field), column(field.name)
        levels, terms = found["levels"], found["terms"]
        # For a way that was not chosen every text is a missing one.
        rank = code(F.when(levels.isNotNull(), value), levels)
        outputs = term_outputs(name, self.getOrDefault(self.topTerms))
        return [
            derived(rank, f"{name}__pivot", source, CATEGORICAL),
            *term_columns(F.when(terms.isNotNull(), value), terms, outputs, source),
        ]


def _part(columns: Mapping[str, Column], name: str) -> dict[str, Column]:
    prefix = f"{name}."
    return {key.removeprefix(prefix): value for key, value in columns.items() if key.startswith(prefix)}


def _measures(gathered: Mapping[str, Column], top: Column) -> Column:
    """The fields of Measures."""
    known = F.filter(gathered["counts"], lambda entry: entry["item"].isNotNull())
    covered = F.aggregate(top, F.lit(0).cast("long"), lambda rows, entry: rows - entry["less"])
    zero = F.lit(0.0)
    return F.struct(
        gathered["rows"].alias("rows"),
        gathered["filled"].alias("filled"),
        (F.array_size(known) + gathered["filled"] - gathered["short"]).alias("distinct"),
        F.array_size(top).alias("levels"),
        F.coalesce(F.try_divide(covered, gathered["filled"]), zero).alias("coverage"),
        F.coalesce(gathered["length"], zero).alias("length"),
        F.coalesce(gathered["spread"], zero).alias("spread"),
    )
