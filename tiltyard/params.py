"""Parameter ranges, declared once: the check, the conversion and the words of the error."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

from pyspark.ml.param import Param, Params

from tiltyard.errors import TiltyardError

# What Spark's own shared params accept, in the words of an error.
_SHARED_WORDS = {
    "inputCol": "a column name",
    "outputCol": "a column name",
    "inputCols": "a list of column names",
    "outputCols": "a list of column names",
}


@dataclass(frozen=True)
class Range:
    """Converter of a Param that knows the words for what it accepts.

    Parameters
    ----------
    words : what a value must be, to follow "must be"
    convert : value -> value of the plain type; raises TypeError or ValueError outside the range

    Examples
    --------
    >>> whole(1)(20)
    20
    >>> whole(1).words
    'an integer of at least 1'
    """

    words: str
    convert: Callable[[Any], Any]

    def __call__(self, value: Any) -> Any:
        return self.convert(value)


def whole(least: int, most: float = math.inf) -> Range:
    """An integer of at least `least` and at most `most`.

    Examples
    --------
    >>> whole(1, 2).words
    'an integer of at least 1 and at most 2'
    """

    def convert(value: Any) -> int:
        if isinstance(value, bool) or int(value) != value or not least <= value <= most:
            raise ValueError(value)
        return int(value)

    words = f"an integer of at least {least}"
    return Range(words if most == math.inf else f"{words} and at most {most:g}", convert)


def number(least: float, most: float = math.inf, *, above: bool = False) -> Range:
    """A finite number of at least `least` (more than it with `above`) and at most `most`.

    Examples
    --------
    >>> number(0, 1, above=True).words
    'a number above 0 and at most 1'
    """

    def convert(value: Any) -> float:
        given = float(value)
        low = given > least if above else given >= least
        if isinstance(value, bool) or not (low and given <= most and math.isfinite(given)):
            raise ValueError(value)
        return given

    words = f"a number above {least:g}" if above else f"a number of at least {least:g}"
    return Range(words if most == math.inf else f"{words} and at most {most:g}", convert)


def one_of(*choices: str) -> Range:
    """One of the given words."""

    def convert(value: Any) -> str:
        if value not in choices:
            raise ValueError(value)
        return str(value)

    return Range("one of " + ", ".join(repr(choice) for choice in choices), convert)


def some_of(*choices: str) -> Range:
    """A list of one or more of the given words, none twice."""

    def convert(value: Any) -> list[str]:
        words = list(value)
        if (
            isinstance(value, str)
            or not words
            or not set(words) <= set(choices)
            or len(set(words)) < len(words)
        ):
            raise ValueError(value)
        return words

    return Range("a list of some of " + ", ".join(repr(choice) for choice in choices), convert)


def increasing(least: int) -> Range:
    """A list of at least `least` finite numbers, each above the one before."""

    def convert(value: Any) -> list[float]:
        numbers = [float(number) for number in value]
        rising = all(low < high for low, high in pairwise(numbers))
        if len(numbers) < least or not rising or not all(map(math.isfinite, numbers)):
            raise ValueError(value)
        return numbers

    return Range(f"a list of at least {least} increasing finite numbers", convert)


def flag() -> Range:
    """True or False."""

    def convert(value: Any) -> bool:
        if not isinstance(value, bool):
            raise TypeError(value)
        return value

    return Range("True or False", convert)


def text(words: str = "a column name") -> Range:
    """A string that is not empty."""

    def convert(value: Any) -> str:
        if not isinstance(value, str) or not value:
            raise TypeError(value)
        return value

    return Range(words, convert)


def names(count: int | None = None) -> Range:
    """A list of column names, of exactly `count` if it is given."""

    def convert(value: Any) -> list[str]:
        given = [text()(name) for name in value]
        if isinstance(value, str) or (count is not None and len(given) != count):
            raise ValueError(value)
        return given

    return Range("a list of column names" if count is None else f"a list of {count} column names", convert)


def inputs_of(stage: Params) -> list[str]:
    """The `inputCols` of a stage.

    Raises
    ------
    TiltyardError : they are not set
    """
    if not stage.isSet("inputCols"):
        raise TiltyardError(
            f"{type(stage).__name__}: 'inputCols' must be a list of column names, got nothing."
        )
    inputs: list[str] = stage.getOrDefault("inputCols")
    return inputs


def several(one: Range, words: str) -> Range:
    """A list of one or more different values of the range `one`; `words` name their plural.

    Examples
    --------
    >>> several(whole(1), "whole numbers of at least 1")([30, 90])
    [30, 90]
    """

    def convert(value: Any) -> list[Any]:
        values = [] if isinstance(value, str) else [one(item) for item in value]
        if not values or len(set(values)) < len(values):
            raise ValueError(value)
        return values

    return Range(f"a list of one or more different {words}", convert)


def outputs_of(stage: Params, suffix: str) -> dict[str, str]:
    """Output name by input name of a stage with `inputCols` and `outputCols`; unset: `<input>__<suffix>`.

    Raises
    ------
    TiltyardError : no inputs, or another number of outputs than of inputs
    """
    inputs = inputs_of(stage)
    unset = [f"{given}__{suffix}" for given in inputs]
    outputs = stage.getOrDefault("outputCols") if stage.isSet("outputCols") else unset
    if len(outputs) != len(inputs):
        name = type(stage).__name__
        raise TiltyardError(f"{name}: 'outputCols' must be {len(inputs)} names, got {outputs!r}.")
    return dict(zip(inputs, outputs, strict=True))


class Ranged(Params):
    """Params whose errors read `<Class>: '<param>' must be <words>, got <value>.`

    Values are checked wherever they enter: constructor, `set`, and the extra params of `copy`, `fit` and
    `transform`. A param given as None stays unset.
    """

    _input_kwargs: dict[str, Any]  # left by pyspark's keyword_only

    def _set(self, **kwargs: Any) -> Self:
        given = {name: value for name, value in kwargs.items() if value is not None}
        checked = {name: self._checked(self.getParam(name), value) for name, value in given.items()}
        return super()._set(**checked)

    def copy(self, extra: dict[Param[Any], Any] | None = None) -> Self:
        own = {param: value for param, value in (extra or {}).items() if param.parent == self.uid}
        checked = {param: self._checked(param, value) for param, value in own.items()}
        return super().copy({**(extra or {}), **checked})

    def _given(self, name: str) -> Any:
        """The value of a param that has to be given.

        Raises
        ------
        TiltyardError : it is unset and has no default
        """
        if not self.isDefined(name):
            words = _words(self.getParam(name))
            raise TiltyardError(f"{type(self).__name__}: '{name}' must be {words}, got nothing.")
        return self.getOrDefault(name)

    def _checked(self, param: Param[Any], value: Any) -> Any:
        try:
            return param.typeConverter(value)
        except (TypeError, ValueError, KeyError) as cause:
            name, words = type(self).__name__, _words(param)
            raise TiltyardError(f"{name}: '{param.name}' must be {words}, got {value!r}.") from cause


def _words(param: Param[Any]) -> str:
    return getattr(param.typeConverter, "words", _SHARED_WORDS.get(param.name, "of its type"))
