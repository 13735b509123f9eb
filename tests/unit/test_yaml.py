"""Reading YAML: line numbers, duplicate keys, and what is refused."""

from __future__ import annotations

import doctest

import pytest

from tiltyard import _layers, _problems, _yaml
from tiltyard._layers import Layers, set_document
from tiltyard._yaml import read_value, read_yaml


@pytest.mark.parametrize("module", [_yaml, _layers, _problems])
def test_examples(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted > 0 and result.failed == 0


def test_every_duplicate_is_found_however_deep() -> None:
    text = "a: 1\nb:\n  c: [{d: 1, d: 2}]\n  c: 2\na: 3\n"
    assert [str(problem) for problem in read_yaml(text, "f").problems] == [
        "f:3: b.c.0.d: is there twice, first in line 3",
        "f:4: b.c: is there twice, first in line 3",
        "f:5: a: is there twice, first in line 1",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\nb: 2", "f:2: is not YAML"),
        ("a: &x [*x]", "f:1: is not YAML: aliases"),
        ("a: !!python/object/apply:os.getcwd []", "f:1: is not YAML: could not determine a constructor"),
        ("a: 1\n---\nb: 2", "f:2: is not YAML: but found another document"),
        ("{[a]: 1}", "f:1: is not YAML: found unhashable key"),
        ("- a\n- b", "f: must be a mapping"),
        ("a: \x00", "f: is not YAML: unacceptable character"),
        ("a: 2013-02-30", "f: is not YAML: day"),
    ],
)
def test_what_is_no_configuration(text: str, message: str) -> None:
    document = read_yaml(text, "f")
    assert document.values == {}
    assert [str(problem).startswith(message) for problem in document.problems] == [True]


def test_an_empty_file_says_nothing() -> None:
    document = read_yaml("# nothing yet\n", "f")
    assert (document.values, document.problems) == ({}, ())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 1e5),
        ("-2e+1", -20.0),
        ("1.5e3", 1500.0),
        ("e3", "e3"),
        ("2e", "2e"),
        ("07", 7),
    ],
)
def test_numbers_as_people_write_them(text: str, value: object) -> None:
    assert read_value(text) == value and type(read_value(text)) is type(value)


def test_later_layers_win_key_by_key_and_lists_as_a_whole() -> None:
    texts = ["a: {x: 1, y: 2}\nb: [1, 2, 3]\nc: 1", "a: {y: 3}\nb: [4]\nc: null"]
    layers = Layers(tuple(read_yaml(text, f"f{i}") for i, text in enumerate(texts)))
    assert layers.values == {"a": {"x": 1, "y": 3}, "b": [4]}


def test_a_section_with_all_lines_commented_out_changes_nothing() -> None:
    layers = Layers((read_yaml("a: {x: 1}", "f"), read_yaml("a:\n  # x: 2", "g")))
    assert layers.values == {"a": {"x": 1}}


def test_a_problem_names_the_layer_the_value_came_from() -> None:
    layers = Layers(
        (read_yaml("a: {x: 1}", "f"), read_yaml("\na:\n  x: 2\n  y: 1", "g"), set_document("a.y=3"))
    )
    assert str(layers.problem(("a", "x"), "no")) == "g:3: a.x: no"
    assert str(layers.problem(("a", "y"), "no")) == "--set a.y=3: a.y: no"
    assert str(layers.problem(("b",), "no")) == "g: b: no"


@pytest.mark.parametrize("override", ["gates.min_rows", "=3", ".a=3", "a..b=3", "a=[1", "a=2013-02-30"])
def test_overrides_that_are_none(override: str) -> None:
    document = set_document(override)
    assert document.values == {} and len(document.problems) == 1
