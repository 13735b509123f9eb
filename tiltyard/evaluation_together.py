"""All tenants' records together, where what is predicted is a number or one of several classes: one aggregation."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tiltyard.metrics import Z_95
from tiltyard.problem import OTHER, Multiclass

_LEAST = 2.0**-52  # as scikit-learn: a wrong certainty costs 36, not infinity


def together(met: DataFrame, metric: str, problem: str) -> DataFrame:
    """One row, tenant null: the metrics that are means over records, with intervals from their deviation.

    Parameters
    ----------
    met, metric, problem : as of `tiltyard.evaluation.evaluated`
    """
    losses = _of_classes() if problem == Multiclass.name else _of_numbers()
    known = F.col("y").isNotNull()
    sums = {
        "rows": F.count("*"),
        "outcomes": F.count("y"),
        "version": F.max("version"),
        **_means(problem, known),
        **{name: F.avg(F.when(known, loss)) for name, loss in losses.items()},
        **{f"{name}_sd": F.stddev(F.when(known, loss)) for name, loss in losses.items()},
    }
    if problem != Multiclass.name:
        sums["variance"] = F.var_pop("y")
    found = met.agg(*[column.alias(name) for name, column in sums.items()]).where("rows > 0")
    value, low, high = (_metrics(problem, shift) for shift in (0.0, -Z_95, Z_95))
    ends = [value[metric], low[metric], high[metric]] if metric in value else [F.lit(None)] * 3
    some = F.col("outcomes") > 0
    return found.select(
        F.lit(None).cast("string").alias("tenant"),
        "version",
        "rows",
        "outcomes",
        (F.col("outcomes") / F.col("rows")).alias("coverage"),
        F.lit(metric).alias("metric"),
        ends[0].cast("double").alias("value"),
        F.least(*ends[1:]).cast("double").alias("low"),
        F.greatest(*ends[1:]).cast("double").alias("high"),
        F.when(
            some, F.create_map(*[part for name, one in value.items() for part in (F.lit(name), one)])
        ).alias("metrics"),
        "mean_score",
        "mean_outcome",
        F.when(some, "ok").otherwise("no_outcomes").alias("status"),
        F.when(~some, "No outcome has arrived yet.").alias("message"),
    )


def _of_numbers() -> dict[str, Column]:
    """What each record adds to the metrics."""
    error = F.col("score") - F.col("y")
    return {"square": error * error, "distance": F.abs(error)}


def _of_classes() -> dict[str, Column]:
    truth = F.when(F.map_contains_key("probabilities", F.col("y")), F.col("y")).otherwise(OTHER)
    chance = F.coalesce(F.element_at("probabilities", truth), F.lit(0.0))
    squares = F.aggregate(F.map_values("probabilities"), F.lit(0.0), lambda sum_, one: sum_ + one * one)
    return {
        "log_loss": -F.log(F.greatest(chance, F.lit(_LEAST))),
        "brier": squares - 2 * chance + 1,
        "accuracy": (F.col("label") == truth).cast("double"),
    }


def _means(problem: str, known: Column) -> dict[str, Column]:
    outcome = _of_classes()["accuracy"] if problem == Multiclass.name else F.col("y")
    return {
        "mean_score": F.avg(F.when(known, F.col("score"))),
        "mean_outcome": F.avg(F.when(known, outcome)),
    }


def _metrics(problem: str, shift: float) -> dict[str, Column]:
    """The metrics, with every mean moved by so many standard errors."""

    def moved(name: str) -> Column:
        error = F.coalesce(F.col(f"{name}_sd"), F.lit(0.0)) / F.sqrt("outcomes")
        return F.greatest(F.lit(0.0), F.col(name) + shift * error)

    if problem == Multiclass.name:
        return {
            **{name: moved(name) for name in _of_classes()},
            "accuracy": F.least(F.lit(1.0), moved("accuracy")),
        }
    return {
        "rmse": F.sqrt(moved("square")),
        "mae": moved("distance"),
        "r2": 1.0 - moved("square") / F.nullif(F.col("variance"), F.lit(0.0)),
    }
