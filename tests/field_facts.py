"""Facts about plain lists of values, by Python alone: what FieldTyper's aggregation in Spark must find too."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from pyspark.sql import types as T

from tiltyard.transformers._field_facts import PATTERNS, Facts
from tiltyard.transformers._missing import MISSING


def facts_of(
    name: str, values: Sequence[object], comment: str = "", data_type: T.DataType | None = None
) -> Facts:
    """The facts of a column; without a data type that of its first value."""
    texts = [str(value).strip() for value in values if value is not None]
    texts = [text for text in texts if text.lower() not in MISSING]
    numbers = [number for number in map(_number, texts) if number is not None]
    counts = sorted(Counter(texts).items(), key=lambda pair: (-pair[1], pair[0]))

    def share(count: int) -> float:
        return count / len(texts) if texts else 0.0

    return Facts(
        name=name,
        data_type=data_type or _data_type(values),
        comment=comment,
        rows=len(values),
        values=len(texts),
        distinct=len(counts),
        words=share(sum(len(text.split()) for text in texts)),
        numbers=share(len(numbers)),
        whole=share(sum(number == int(number) for number in numbers)),
        low=min(numbers, default=0.0),
        high=max(numbers, default=0.0),
        shares={
            key: share(sum(bool(re.search(one, text)) for text in texts)) for key, one in PATTERNS.items()
        },
        examples=tuple(text for text, _ in counts[:3]),
    )


def _number(text: str) -> float | None:
    try:
        return float(re.sub(r"[\s$€£¥%]|,(?=\d{3}(?:\D|$))", "", text))
    except ValueError:
        return None


def _data_type(values: Sequence[object]) -> T.DataType:
    kinds: dict[type, T.DataType] = {int: T.LongType(), float: T.DoubleType()}
    first = next(iter(values), None)
    return kinds.get(type(first), T.StringType())
