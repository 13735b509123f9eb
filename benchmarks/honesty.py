"""How honest a champion's number is: tenants with known truth, without Spark.

    python benchmarks/honesty.py [--tenants 200] [--rows 100 300 1000] [--alone]

Each tenant plays the full tournament; the number of its best contender, whatever the verdict on chance, is held
against the AUROC that this contender, refitted on all rows, reaches on 20,000 new rows of the same tenant. Tenants of
strength 0 are noise: their label has nothing to do with their fields. Half of what a tenant's fields do is the same for
all tenants, and a model of all tenants is taken to know it; with `--alone` there is no such model.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from bench import GRIDS, LEARNERS, TOGETHER
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tiltyard.contenders import contenders_of, from_grids
from tiltyard.entries import Contender, ranked
from tiltyard.honest import Round
from tiltyard.learners.kernel import Matrix
from tiltyard.metrics import score
from tiltyard.play import play
from tiltyard.rules import Rules
from tiltyard.verdict import chosen, estimate

NEW_ROWS = 20_000
# Champions of 1,000 rows reach an AUROC of 0.50, 0.62, 0.73 and 0.87.
STRENGTHS = (0.0, 0.5, 1.0, 2.5)
FIELDS, LEVELS = 8, 6
FOLDS = 3
# What a field, and a level of the category, does: in all tenants, and as much again in each by itself.
SCALE = np.append(np.full(FIELDS, 0.25), np.full(LEVELS, 0.35))
SHARED = np.random.default_rng(2013).normal(size=FIELDS + LEVELS) * SCALE
T = TypeVar("T")


@dataclass(frozen=True)
class Found:
    """One tenant: the best contender's mean over folds, its honest number, and the truth."""

    rows: int
    strength: float
    uncorrected: float
    value: float
    low: float
    high: float
    true: float
    signal: bool


def contenders(alone: bool = False) -> list[Contender]:
    """The default tournament: 12 contenders, 10 where there is no model of all tenants."""
    return contenders_of(from_grids(LEARNERS if alone else TOGETHER, GRIDS, seed=0))


def effects_of_a_tenant(random: np.random.Generator) -> np.ndarray:
    """What each field and each level of the category does."""
    return np.asarray(SHARED + random.normal(size=FIELDS + LEVELS) * SCALE)


def drawn(
    rows: int, strength: float, effects: np.ndarray, random: np.random.Generator
) -> tuple[Matrix, np.ndarray]:
    """Rows of a tenant: numbers, of which one works only together with another, and a category."""
    values = random.normal(size=(rows, FIELDS))
    codes = random.integers(0, LEVELS, size=rows)
    everyone, own = (values @ of[:FIELDS] + of[FIELDS + codes] for of in (SHARED, effects))
    chance = 1.0 / (1.0 + np.exp(1.0 - strength * (own + values[:, 0] * values[:, 1] * 0.5)))
    packed = np.column_stack([values, codes]).astype(np.float32)
    matrix = Matrix(packed, np.arange(FIELDS + 1) == FIELDS, strength * everyone - 1.0)
    return matrix, (random.random(rows) < chance).astype(float)


def tenant(rows: int, strength: float, seed: int, field: list[Contender]) -> Found | None:
    """Play one tenant; None where too few rows have one of the labels."""
    random = np.random.default_rng([seed, rows, int(10 * strength)])
    effects = effects_of_a_tenant(random)
    matrix, labels = drawn(rows, strength, effects, random)
    fold = random.integers(0, FOLDS, size=rows)
    entries, verdict = play(matrix, labels, fold, field, Rules(seconds=0))
    order = ranked(entries, "auroc")
    if not order:
        return None
    # Where nobody beats the prior, it is the prior's number that is reported, chosen from nobody.
    rivals = chosen(order, "auroc", slice(None)) if order[0] is not entries[0] else order[:1]
    numbers = [game["fold"] for game in entries[0].folds]
    rounds = [Round.drawn(labels[fold == number], number) for number in numbers]
    found, best = estimate(rivals, entries[0], rounds, "auroc"), rivals[0].contender
    if found is None:
        return None
    new, truth = drawn(NEW_ROWS, strength, effects, random)
    reached = score(truth, best.kernel.fit(matrix, labels, None, best.params).predict(new))["auroc"]
    mean = float(np.mean(rivals[0].values("auroc")))
    signal = verdict.status == "ok"
    return Found(rows, strength, mean, found.value, found.low, found.high, reached, signal)


def tenants(
    one: Callable[[int, float, int, list[Contender]], T | None],
    sizes: list[int],
    count: int,
    alone: bool = False,
) -> Iterator[T]:
    """What `one` finds of `count` tenants of each size and strength, without those it finds nothing of."""
    field = contenders(alone)
    cases = list(itertools.product(sizes, STRENGTHS, range(count)))
    for rows, strength, seed in track(cases, "tenants", console=Console(stderr=True)):
        found = one(rows, strength, seed, field)
        if found is not None:
            yield found


def report(found: list[Found]) -> Table:
    """By rows and strength; then all tenants of a size, those with signal, and of these those above chance."""
    table = Table(title="Reported AUROC against the truth")
    for name in (
        "rows",
        "tenants with",
        "n",
        "true",
        "uncorrected - true",
        "reported - true",
        "coverage",
        "above chance",
    ):
        table.add_column(name, justify="right")
    for rows in sorted({one.rows for one in found}):
        of_size = [one for one in found if one.rows == rows]
        groups = {
            f"strength {value:g}": [one for one in of_size if one.strength == value] for value in STRENGTHS
        }
        groups["any strength"] = of_size
        groups["any signal"] = [one for one in of_size if one.strength]
        groups["any signal, above chance"] = [one for one in of_size if one.strength and one.signal]
        for name, ones in groups.items():
            table.add_row(f"{rows:,}", name, *_facts(ones))
        table.add_section()
    return table


def _facts(ones: list[Found]) -> list[str]:
    true = np.array([one.true for one in ones])
    covered = np.mean([one.low <= one.true <= one.high for one in ones])
    return [
        str(len(ones)),
        f"{true.mean():.3f}",
        f"{np.mean([one.uncorrected for one in ones] - true):+.3f}",
        f"{np.mean([one.value for one in ones] - true):+.3f}",
        f"{covered:.1%}",
        f"{np.mean([one.signal for one in ones]):.1%}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tenants", type=int, default=200, help="of each size and strength")
    parser.add_argument("--rows", type=int, nargs="+", default=[100, 300, 1_000])
    parser.add_argument("--alone", action="store_true", help="without a model of all tenants")
    args = parser.parse_args()
    Console(width=130).print(report(list(tenants(tenant, args.rows, args.tenants, args.alone))))


if __name__ == "__main__":
    main()
