"""Portfolio: which contenders have won for tenants like this one, so that a tenant need not try them all.

What has won is counted, for tenants of about as many rows, as many columns and the same share of categories: in the
leaderboards of earlier trainings, and in a file that comes with the package.
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
from tiltyard.search import always, bracket

FILE = "portfolio.csv"

# Every contender begins with so many wins, and as many by chance.
_UNTRIED = 1.0
_MOST_ROWS = 10**15  # of any tenant


class Record(NamedTuple):
    """How often a contender has won among tenants that are alike, and how often it would have won by chance.

    Attributes
    ----------
    rows, columns : of such a tenant, about
    categories : share of its columns that hold codes of categories
    contender : its name
    wins : tournaments in which it was the best of all that played, blends apart
    chance : the sum of 1 / players over the tournaments it played: who wins a small field is worth less
    """

    rows: float
    columns: float
    categories: float
    contender: str
    wins: int
    chance: float


def history(leaderboard: DataFrame) -> DataFrame:
    """The records of rows of the leaderboard table, all of one metric: one row for each kind of tenant and contender.

    Blends apart, the best of a tenant's contenders has won. Who failed, fell behind or answered as another one has
    lost; a tenant whose time was over, or that had no fold to play, has no winner. Two shuffles of the rows.
    """
    one = Window.partitionBy("app", "run_id", "tenant")
    late = F.max((F.col("status") == "timeout").cast("int")).over(one)
    singles = leaderboard.where((F.col("learner") != BlendKernel.name) & F.col("columns").isNotNull())
    best = F.min(F.when(F.col("status") == "ok", F.col("rank"))).over(one)
    alone = singles.withColumns({"_late": late, "_best": best}).where("_late = 0 AND _best IS NOT NULL")
    first = F.when((F.col("status") == "ok") & (F.col("rank") == F.col("_best")), 1).otherwise(0)
    kind = [
        _half_decade("rows"),
        _half_decade("columns"),
        (F.round(F.col("categories") * 4) / 4).alias("categories"),
    ]
    chance = 1 / F.count("*").over(one)
    won = alone.select(*kind, "contender", first.alias("won"), chance.alias("chance"))
    # Rounded, as the order of a sum is not the same every time.
    counts = [F.sum("won").alias("wins"), F.round(F.sum("chance"), 6).alias("chance")]
    return won.groupBy("rows", "columns", "categories", "contender").agg(*counts)


def collected(records: DataFrame) -> list[Record]:
    """The records, in an order that does not depend on the partitions."""
    return sorted(Record(*row) for row in records.select(*Record._fields).collect())


def shipped(problem: str) -> list[Record]:
    """The records that come with the package: real tables of one problem, mined by benchmarks/portfolio.py.

    Examples
    --------
    >>> {record.contender for record in shipped("regression")} >= {"prior", "linear(regParam=0.1)"}
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
            float(row["chance"]),
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

    That is by wins over what chance would have given; who has never been tried has won as often as by chance. The best
    of each family come before all others, as what wins often is often much alike. A record counts the less, the farther
    its tenants are from the tenant: to 61 % for three times as many rows or columns, or a quarter more categories.
    Equals keep their order in the field.

    Examples
    --------
    >>> from tiltyard.contenders import contenders_of, from_grids
    >>> field = contenders_of(from_grids(["linear", "boosting"], {}, seed=0))
    >>> known = [Record(300, 20, 0.0, "linear", 30, 20.0), Record(30_000, 20, 0.0, "boosting", 39, 20.0)]
    >>> found = orders(field, known, columns=20, categories=0.0)
    >>> found[bracket(250)], found[bracket(20_000)]
    (('linear', 'boosting'), ('boosting', 'linear'))
    """
    return {
        rows: tuple(one.name for one in _likeliest(field, records, (rows, bracket(columns), 4 * categories)))
        for rows in range(bracket(_MOST_ROWS) + 1)
    }


def share(categorical: Sequence[bool]) -> float:
    """The share of columns that hold codes of categories."""
    return sum(categorical) / max(len(categorical), 1)


def _likeliest(
    field: Sequence[Contender], records: Sequence[Record], place: tuple[float, float, float]
) -> list[Contender]:
    wins = dict.fromkeys((one.name for one in field), _UNTRIED)
    chance = dict(wins)
    for record in records:
        if record.contender in wins:
            there = (bracket(record.rows), bracket(record.columns), 4 * record.categories)
            near = math.exp(-(math.dist(place, there) ** 2) / 2)
            wins[record.contender] += near * record.wins
            chance[record.contender] += near * record.chance
    order = sorted(field, key=lambda one: -wins[one.name] / chance[one.name])
    first = always(order)
    return [*first, *[one for one in order if one not in first]]


def _half_decade(name: str) -> Column:
    """The middle of the bracket that a number is in."""
    return F.pow(F.lit(10.0), F.round(2 * F.log10(F.greatest(F.col(name), F.lit(1)))) / 2).alias(name)
