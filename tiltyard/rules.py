"""The rules of a tournament."""

from __future__ import annotations

from dataclasses import dataclass, field

from tiltyard.search import Budget
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
    search : "grid" plays all contenders; "tpe" the first of each family, and then what a search chooses
    budget : of the search
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
