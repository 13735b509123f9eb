"""FieldTyper: what a column means, from its name and its values, with the evidence."""

from __future__ import annotations

from typing import Any

from pyspark import keyword_only
from pyspark.ml import Estimator, Model
from pyspark.ml.param import Param, Params
from pyspark.ml.param.shared import HasInputCols
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import Column, DataFrame
from pyspark.sql.types import StructField, StructType

from tiltyard.columns import column, field_of
from tiltyard.params import Range, Ranged, whole
from tiltyard.slots import METADATA, SEMANTIC_TYPES
from tiltyard.transformers._field_facts import facts
from tiltyard.transformers._field_rules import Finding, finding

# Enough for shares within a percent, few enough for seconds on a wide table.
_SAMPLE_ROWS = 10_000


def _types(value: Any) -> dict[str, str]:
    types = dict(value)
    if not set(types.values()) <= set(SEMANTIC_TYPES):
        raise ValueError(value)
    return types


class FieldTyper(
    Ranged, Estimator["FieldTyperModel"], HasInputCols, DefaultParamsReadable[Any], DefaultParamsWritable
):
    """Find the semantic type of every column from its name, its comment and a sample of its values.

    Looks at patterns (e-mail, web, date, phone, place, ...), the share of different values, number ranges,
    and the words of the name; of the column's comment (`COMMENT` in SQL) where the name says nothing. A type
    that an earlier stage left in the column's metadata stays. Values such as "", "NA" and "null" count as
    missing. Columns without values keep what their own type suggests, with confidence 0.

    Lists of texts are MultiCategory, maps of texts Custom, a struct of latitude and longitude is a
    Geolocation; what no stage reads (other lists, maps and structs, binary, intervals) is Other.

    `fit` costs one Spark job over the sample, whatever the number of columns, and collects a row for each;
    `transform` adds metadata, launches no job and casts nothing.

    Parameters
    ----------
    inputCols : columns to type; default: all of the frame's
    types : semantic type by column name for those that are known already; they win over everything
    sampleRows : at most this many rows are looked at: those with the smallest hash of their values, the same
        in any order and partitioning. Rows that are equal in all columns are taken or left together.

    Notes
    -----
    Types follow the whole frame, not a tenant. Small tables (under 100 rows) leave Id and Text less certain:
    read the evidence.

    Examples
    --------
    >>> rows = [(f"a{n}@x.org", n % 7, "yes" if n % 2 else "no", f"$1,{n:03d}.50") for n in range(200)]
    >>> frame = spark.createDataFrame(rows, "contact string, visits int, won string, deal string")
    >>> model = FieldTyper().fit(frame)
    >>> model.types
    {'contact': 'Email', 'visits': 'Integral', 'won': 'Binary', 'deal': 'Currency'}
    >>> model.evidence[0]["evidence"]
    '100% of the values look like e-mail addresses'
    >>> model.transform(frame).schema["deal"].metadata
    {'tiltyard': {'field': 'deal', 'type': 'Currency'}}
    """

    types: Param[dict[str, str]] = Param(
        Params._dummy(),
        "types",
        "semantic type by column name; wins over what is found",
        Range(f"a mapping of column names to types ({', '.join(SEMANTIC_TYPES)})", _types),
    )
    sampleRows: Param[int] = Param(Params._dummy(), "sampleRows", "rows looked at, at most", whole(1))

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        types: dict[str, str] | None = None,
        sampleRows: int = _SAMPLE_ROWS,
    ) -> None:
        super().__init__()
        self._setDefault(types={}, sampleRows=_SAMPLE_ROWS)
        self._set(**self._input_kwargs)

    def _fit(self, dataset: DataFrame) -> FieldTyperModel:
        inputs = self.getInputCols() if self.isSet(self.inputCols) else dataset.columns
        names = [field_of(dataset.schema, name, "FieldTyper").name for name in inputs]
        fields = StructType([dataset.schema[name] for name in names])
        given = {
            field_of(fields, name, "FieldTyper: 'types'").name: Finding(kind, 1.0, "given")
            for name, kind in self.getOrDefault(self.types).items()
        }
        known = _left_earlier(fields) | given
        wanted = [name for name in names if name not in known]
        looked_at = facts(dataset, wanted, self.getOrDefault("sampleRows"))
        found = known | {one.name: finding(one) for one in looked_at}
        return FieldTyperModel(findings=[{"field": name, **found[name]._asdict()} for name in names])


def _left_earlier(fields: StructType) -> dict[str, Finding]:
    """The types that stand in the columns' metadata already."""
    left = {field.name: (field.metadata or {}).get(METADATA, {}).get("type") for field in fields}
    why = "given by an earlier stage"
    return {name: Finding(kind, 1.0, why) for name, kind in left.items() if kind in SEMANTIC_TYPES}


class FieldTyperModel(Ranged, Model, DefaultParamsReadable[Any], DefaultParamsWritable):
    """FieldTyper's fitted model: the types and their evidence; puts the types into the columns' metadata.

    Attributes
    ----------
    types : semantic type by column name
    evidence : list of {"field", "type", "confidence" (0 to 1), "evidence"}

    Examples
    --------
    >>> frame = spark.createDataFrame([("EWR",), ("LGA",), ("JFK",)], "origin string")
    >>> FieldTyper(types={"origin": "City"}).fit(frame).evidence
    [{'field': 'origin', 'type': 'City', 'confidence': 1.0, 'evidence': 'given'}]
    """

    findings: Param[list[dict[str, Any]]] = Param(
        Params._dummy(),
        "findings",
        "field, type, confidence and evidence of each column",
        Range("a list", list),
    )

    @keyword_only
    def __init__(self, *, findings: list[dict[str, Any]] | None = None) -> None:
        super().__init__()
        self._setDefault(findings=[])
        self._set(**self._input_kwargs)

    @property
    def types(self) -> dict[str, str]:
        return {one["field"]: one["type"] for one in self.evidence}

    @property
    def evidence(self) -> list[dict[str, Any]]:
        return self.getOrDefault(self.findings)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        types = self.types
        for name in types:
            field_of(dataset.schema, name, "FieldTyperModel")
        known = {name.lower(): kind for name, kind in types.items()}
        return dataset.select(*[_typed(field, known.get(field.name.lower())) for field in dataset.schema])


def _typed(field: StructField, kind: str | None) -> Column:
    if kind is None:
        return column(field.name)
    metadata = dict(field.metadata or {})
    # A derived column keeps its lineage.
    metadata[METADATA] = {"field": field.name, **metadata.get(METADATA, {}), "type": kind}
    return column(field.name).alias(field.name, metadata=metadata)
