"""The rules of a tournament."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tiltyard.entries import Contender
from tiltyard.search import Budget, always, bracket, likeliest
from tiltyard.thresholds import ThresholdRule


@dataclass(frozen=True)
class Rules:
    """How a tournament is played and when a tenant may play.

    Attributes
    ----------
    metric : name in `tiltyard.metrics.METRICS`, which ranks the contenders
    expanding : folds in time, each trained on the ones before it
    min_rows, min_per_class : least rows, and rows of each class, of a tenant that plays
    seconds : time limit of one tenant of up to 10,000 rows, and in proportion of one of more; 0 for none
    threshold : how the champion's decision threshold is found
    racing : after each fold but the last, contenders clearly behind the best one stop playing
    blend : the best contenders of each family together are one more entry
    search : "grid" plays all contenders; "portfolio" the likeliest winners; "tpe" the first of each family, and then
        what a search chooses
    budget : of the search
    orders : of a portfolio: for each bracket of rows the contenders' names, the likeliest winners first
    """

    metric: str = "auroc"
    expanding: bool = False
    min_rows: int = 100
    min_per_class: int = 10
    seconds: float = 20.0
    threshold: ThresholdRule = field(default_factory=ThresholdRule)
    racing: bool = True
    blend: bool = True
    search: str = "grid"
    budget: Budget = field(default_factory=Budget)
    orders: Mapping[int, Sequence[str]] = field(default_factory=dict)

    def first(self, contenders: Sequence[Contender], rows: int) -> list[Contender]:
        """Who of the field plays for a tenant of so many rows, before any search."""
        if self.search == "tpe":
            return always(contenders)
        if self.search == "portfolio":
            return likeliest(contenders, self.orders[bracket(rows)], self.budget)
        return [*contenders]
