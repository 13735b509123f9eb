"""Portfolio: which contenders have won for tenants like this one, so that a tenant need not try them all.

What has won is counted, for tenants of about as many rows, as many columns and the same share of categories: in the
leaderboards of earlier trainings, and, before there are any, in a file that comes with the package.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tiltyard.config import packaged_conf
from tiltyard.entries import Contender
from tiltyard.learners.blend import BlendKernel
from tiltyard.search import bracket

FILE = "portfolio.csv"

# A contender that nobody has tried counts as if it had won by chance, in as many tournaments.
_UNTRIED = 5.0


class Record(NamedTuple):
    """How often a contender has won, of the tournaments it played, among tenants that are alike.

    Attributes
    ----------
    rows, columns : of such a tenant, about
    categories : share of its columns that hold codes of categories
    contender : its name
    """

    rows: float
    columns: float
    categories: float
    contender: str
    wins: int
    played: int


def history(leaderboard: DataFrame) -> DataFrame:
    """The records of rows of the leaderboard table, all of one metric: one row for each kind of tenant and contender.

    Blends apart, the best of a tenant's contenders has won. Two shuffles of the rows.
    """
    alone = leaderboard.where(
        (F.col("learner") != BlendKernel.name) & F.col("rank").isNotNull() & F.col("columns").isNotNull()
    )
    best = F.min("rank").over(Window.partitionBy("app", "run_id", "tenant"))
    kind = [
        _half_decade("rows"),
        _half_decade("columns"),
        (F.round(F.col("categories") * 4) / 4).alias("categories"),
    ]
    won = alone.select(*kind, "contender", (F.col("rank") == best).cast("int").alias("won"))
    counts = [F.sum("won").alias("wins"), F.count("*").alias("played")]
    return won.groupBy("rows", "columns", "categories", "contender").agg(*counts)


def collected(records: DataFrame) -> list[Record]:
    """The records, in an order that does not depend on the partitions."""
    return sorted(Record(*row) for row in records.select(*Record._fields).collect())


def shipped(problem: str) -> list[Record]:
    """The records that come with the package: real tables of one problem, mined by benchmarks/portfolio.py.

    Examples
    --------
    >>> all(record.wins <= record.played for record in shipped("binary"))
    True
    """
    with packaged_conf().joinpath(FILE).open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["problem"] == problem]
    return [
        Record(
            float(row["rows"]),
            float(row["columns"]),
            float(row["categories"]),
            row["contender"],
            int(row["wins"]),
            int(row["played"]),
        )
        for row in rows
    ]


def to_json(records: Iterable[Record]) -> str:
    """The records as a text."""
    return json.dumps([[*record] for record in records])


def from_json(text: str) -> list[Record]:
    """What `to_json` wrote."""
    return [Record(*values) for values in json.loads(text)]


def orders(
    field: Sequence[Contender], records: Sequence[Record], columns: int, categories: float
) -> dict[int, tuple[str, ...]]:
    """The names of the field's contenders, the likeliest winners first, for each bracket of rows.

    A record counts the less, the farther its tenants are from the tenant: to 61 % for three times as many rows or
    columns, or a quarter more categories. Equals keep their order in the field.

    Examples
    --------
    >>> from tiltyard.contenders import contenders_of, from_grids
    >>> field = contenders_of(from_grids(["linear", "boosting"], {}, seed=0))
    >>> known = [Record(300, 20, 0.0, "linear", 30, 40), Record(30_000, 20, 0.0, "boosting", 39, 40)]
    >>> found = orders(field, known, columns=20, categories=0.0)
    >>> found[bracket(250)], found[bracket(20_000)]
    (('linear', 'boosting'), ('boosting', 'linear'))
    """
    return {
        rows: tuple(one.name for one in _likeliest(field, records, (rows, bracket(columns), 4 * categories)))
        for rows in range(bracket(10**9) + 1)
    }


def share(categorical: Sequence[bool]) -> float:
    """The share of columns that hold codes of categories."""
    return sum(categorical) / max(len(categorical), 1)


def _likeliest(
    field: Sequence[Contender], records: Sequence[Record], place: tuple[float, float, float]
) -> list[Contender]:
    wins = {one.name: _UNTRIED / len(field) for one in field}
    played = dict.fromkeys(wins, _UNTRIED)
    for record in records:
        if record.contender in wins:
            there = (bracket(record.rows), bracket(record.columns), 4 * record.categories)
            near = math.exp(-(math.dist(place, there) ** 2) / 2)
            wins[record.contender] += near * record.wins
            played[record.contender] += near * record.played
    return sorted(field, key=lambda one: -wins[one.name] / played[one.name])


def _half_decade(name: str) -> Column:
    """The middle of the bracket that a number is in."""
    return F.pow(F.lit(10.0), F.round(2 * F.log10(F.greatest(F.col(name), F.lit(1)))) / 2).alias(name)
