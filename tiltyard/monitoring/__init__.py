"""What the platform does, in numbers: SQL views over the tables, the tiles, and the page."""

from tiltyard.monitoring.page import render
from tiltyard.monitoring.register import VIEWS, register_views, view_text
from tiltyard.monitoring.snapshot import Snapshot, take_snapshot
from tiltyard.monitoring.tiles import TILES, Tile, TileValue, tile_values

__all__ = [
    "TILES",
    "VIEWS",
    "Snapshot",
    "Tile",
    "TileValue",
    "register_views",
    "render",
    "take_snapshot",
    "tile_values",
    "view_text",
]
