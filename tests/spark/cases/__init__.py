"""The contract's cases: a module for each stage, whose CASES make them by name.

A name is the stage's class, or that and what is special about the case: "Pivot-oneHot".
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

from pyspark.sql import SparkSession

from tiltyard.testing import StageCase

CASES: dict[str, Callable[[SparkSession], StageCase]] = {}
for module in iter_modules(__path__):
    CASES |= import_module(f"{__name__}.{module.name}").CASES
