"""What racing saves and what it costs: the same tenants with and without it, without Spark.

    python benchmarks/racing.py [--tenants 100] [--rows 100 300 1000 3000]

The tenants are those of honesty.py. A champion's truth is the AUROC of its payload on 20,000 new rows.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from honesty import FOLDS, NEW_ROWS, drawn, effects_of_a_tenant, tenants
from rich.console import Console
from rich.table import Table

from tiltyard.entries import Contender
from tiltyard.learners.base import load
from tiltyard.metrics import score
from tiltyard.play import play
from tiltyard.rules import Rules


@dataclass(frozen=True)
class Pair:
    """One tenant, first without and then with racing."""

    rows: int
    fits: Sequence[int]
    seconds: Sequence[float]
    true: Sequence[float]
    same_champion: bool


def pair(rows: int, strength: float, seed: int, field: list[Contender]) -> Pair | None:
    """Play one tenant twice; None where it cannot play."""
    random = np.random.default_rng([seed, rows, int(10 * strength)])
    effects = effects_of_a_tenant(random)
    matrix, labels = drawn(rows, strength, effects, random)
    fold = random.integers(0, FOLDS, size=rows)
    new, truth = drawn(NEW_ROWS, strength, effects, random)
    fits, seconds, true, names = [], [], [], []
    for racing in (False, True):
        started = time.process_time()
        # What was kept of the rows for one play would spare the other one work.
        entries, verdict = play(
            matrix.rows(np.arange(rows)), labels, fold, field, Rules(seconds=0, racing=racing)
        )
        seconds.append(time.process_time() - started)
        if verdict.payload is None or verdict.champion is None:
            return None
        fits.append(sum(len(entry.folds) for entry in entries))
        true.append(score(truth, load(verdict.payload).predict(new))["auroc"])
        names.append(verdict.champion.contender.name)
    return Pair(rows, fits, seconds, true, names[0] == names[1])


def report(found: list[Pair]) -> Table:
    """A line for each size, over all strengths."""
    names = (
        "rows",
        "tenants",
        "fold fits saved",
        "CPU saved",
        "true AUROC",
        "racing - full",
        "same champion",
    )
    table = Table(*names, title="Racing against the full grid")
    for rows in sorted({one.rows for one in found}):
        ones = [one for one in found if one.rows == rows]
        fits, seconds, true = (
            np.array([getattr(one, name) for one in ones]) for name in ("fits", "seconds", "true")
        )
        lost = true[:, 1] - true[:, 0]
        table.add_row(
            f"{rows:,}",
            str(len(ones)),
            f"{1 - fits[:, 1].sum() / fits[:, 0].sum():.0%}",
            f"{1 - seconds[:, 1].sum() / seconds[:, 0].sum():.0%}",
            f"{true[:, 0].mean():.4f}",
            f"{lost.mean():+.4f} ± {lost.std() / len(ones) ** 0.5:.4f}",
            f"{np.mean([one.same_champion for one in ones]):.0%}",
        )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tenants", type=int, default=100, help="of each size and strength")
    parser.add_argument("--rows", type=int, nargs="+", default=[100, 300, 1_000, 3_000])
    args = parser.parse_args()
    Console(width=130).print(report(list(tenants(pair, args.rows, args.tenants))))


if __name__ == "__main__":
    main()
