"""The headline numbers: what each is called, how it reads, and its values from the views."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Tile:
    """One headline number.

    Parameters
    ----------
    name : name in the `tiles` view and in the `metrics` table
    title : what people read
    note : what exactly is counted
    empty : the command that gives it a value, if there is one
    weekly : whether a week before is a fair comparison; not for a count since a month or week began
    """

    name: str
    title: str
    note: str
    empty: str = ""
    weekly: bool = True


TILES = (
    Tile("scores_per_hour", "Scores per hour", "mean of the last 24 hours", "tiltyard score"),
    Tile("predictions_per_day", "Predictions per day", "mean of the last 7 days", "tiltyard score"),
    Tile("evaluation_auroc", "Evaluation AUROC", "of classes; median over tenants, newest window", "tiltyard evaluate"),
    Tile("evaluation_r2", "Evaluation R²", "of numbers; median over tenants, newest window", "tiltyard evaluate"),
    Tile("models_in_production", "Models in production", "tenants with one of their own", "tiltyard train"),
    Tile(
        "models_trained_this_month", "Models trained", "since the month began", "tiltyard train", weekly=False
    ),
    Tile("share_above_chance", "Above chance", "of tenants' newest tournaments", "tiltyard train"),
    Tile(
        "experiments_this_week", "Experiments run", "since Monday", weekly=False
    ),
)  # fmt: skip


@dataclass(frozen=True)
class TileValue:
    """A tile of one scope: an app, or the platform (app None).

    `value` is None while there is nothing to measure; `before` is the value a week earlier, None if unknown.
    """

    name: str
    app: str | None
    value: float | None
    unit: str
    before: float | None = None


def tile_values(spark: SparkSession) -> list[TileValue]:
    """Return every tile of every scope, the platform first, in one query.

    The views must be registered: `register_views`.
    """
    rows = spark.sql(
        """
        SELECT t.name, t.app, t.value, t.unit, b.value AS before
        FROM tiles AS t
        LEFT JOIN tiles_week_before AS b ON b.name = t.name AND b.app <=> t.app
        """
    ).collect()
    order = {tile.name: place for place, tile in enumerate(TILES)}
    values = [TileValue(**row.asDict()) for row in rows]
    return sorted(values, key=lambda tile: (tile.app is not None, tile.app or "", order[tile.name]))
