"""Every example in the docstrings of the library's stages and keyed modules runs and tells the truth."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import sys
from types import ModuleType

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

import tiltyard


def _modules(package: ModuleType = tiltyard) -> list[str]:
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.", onerror=lambda name: None)
    return [module.name for module in found if not module.name.endswith("__main__")]


def test_all_modules_are_searched() -> None:
    assert {"tiltyard.keyed", "tiltyard.transformers.pivot"} <= set(_modules())


@pytest.mark.parametrize("name", _modules())
def test_examples(spark: SparkSession, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["tiltyard"])
    module = importlib.import_module(name)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    result = doctest.testmod(module, extraglobs={"spark": spark, "F": F}, optionflags=flags)
    assert result.failed == 0, f"{result.failed} of {result.attempted} examples of {name} failed, see above"
