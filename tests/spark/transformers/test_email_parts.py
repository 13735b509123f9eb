"""EmailParts: syntax against a plain Python oracle, and one call of Python at most."""

from __future__ import annotations

import random

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.slots import Slot, slot_of
from tiltyard.transformers import EmailParts
from tiltyard.transformers.email_parts import PARTS

MARKS = set("!#$%&'*+/=?^_`{|}~-")
BLANK = "\N{NO-BREAK SPACE}"


def _parts(spark: SparkSession, emails: list[str], *parts: str) -> list[tuple[object, ...]]:
    frame = spark.createDataFrame([(email,) for email in emails], "e string")
    made = EmailParts(inputCols=["e"], parts=list(parts)).transform(frame)
    return [tuple(row)[1:] for row in made.collect()]


def _is_label(label: str) -> bool:
    inside = all(letter.isalnum() or letter == "-" for letter in label)
    return inside and 1 <= len(label) <= 63 and "-" not in (label[0], label[-1])


def _is_address(text: str) -> bool:
    local, _, domain = text.strip().partition("@")
    labels = domain.split(".")
    return (
        len(local) <= 64
        and all(word and all(c.isalnum() or c in MARKS for c in word) for word in local.split("."))
        and len(labels) > 1
        and all(map(_is_label, labels))
        and len(labels[-1]) > 1
        and labels[-1].isalpha()
    )


def test_syntax_is_that_of_an_oracle(spark: SparkSession) -> None:
    draw = random.Random(0)
    pieces = ["a", "Z9", "é", "-", "+", "_", ".", "..", "@", "@b.org", "@x-y.c.de", ".com", " ", "1" * 40]
    texts = sorted({"".join(draw.choices(pieces, k=draw.randint(1, 5))) for _ in range(3000)})
    found = [valid for (valid,) in _parts(spark, texts, "valid")]
    assert {one for one, valid in zip(texts, found, strict=True) if valid != _is_address(one)} == set()
    assert 50 < sum(found) < len(found) - 50


def test_known_addresses(spark: SparkSession) -> None:
    domains = {
        "Ann.O'Neil+news@Example.COM": "example.com",
        f"{BLANK}\tann@example.com \n": "example.com",
        "josé@MÜNCHEN.de": "xn--mnchen-3ya.de",
        "ann@xn--mnchen-3ya.de": "xn--mnchen-3ya.de",
        "ann@example.xn--p1ai": "example.xn--p1ai",
        "ann@उदाहरण.भारत": "xn--p1b6ci4b4b3a.xn--h2brj9c",
        "ann@אa.com": "אa.com",
        f"{'a' * 64}@b.org": "b.org",
        f"a@{'b' * 63}.org": f"{'b' * 63}.org",
    }
    assert _parts(spark, list(domains), "domain", "valid") == [(one, True) for one in domains.values()]


@pytest.mark.parametrize("parts", [["valid"], ["registered_domain", "valid"]])
def test_texts_that_are_no_addresses(spark: SparkSession, parts: list[str]) -> None:
    texts = [
        "", " ", "n/a", "@", "ann@", "@b.org", "ann", "ann@b", "ann@b.c", "ann@b.12", "ann@10.0.0.1", "a@b@c.org",
        ".ann@b.org", "ann.@b.org", "a..b@b.org", "ann@b..org", "ann@-b.org", "ann@b-.org", "ann@b_c.org", "ann@b.org.",
        "ann lee@b.org", "Ann <ann@b.org>", "mailto:ann@b.org", '"ann"@b.org', "ann@b.org, joe@b.org", "ann@b.org\nx",
        f"{'a' * 65}@b.org", f"a@{'b' * 64}.org", f"{'a' * 64}@{'b.' * 94}org",
        # Long enough to break a matcher that goes deeper with each character.
        "a." * 100_000 + "@b.org", "a@" + "b." * 100_000 + "org", " " * 100_000 + "a", "a@" * 100_000,
    ]  # fmt: skip
    nothing = (None,) * (len(parts) - 1)
    assert _parts(spark, texts, *parts) == [(*nothing, False)] * len(texts)


def test_the_longest_address_is_valid(spark: SparkSession) -> None:
    longest = f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.org"
    assert len(longest) == 254
    assert _parts(spark, [longest, longest.replace("@", "@b."), longest.replace(".org", "d.org")], "valid") == [
        (True,), (False,), (False,),
    ]  # fmt: skip


def test_columns_and_their_cost(spark: SparkSession, capsys: pytest.CaptureFixture[str]) -> None:
    frame = spark.createDataFrame([("a@b.org", "c@d.org")], "first string, second string")
    made = EmailParts(inputCols=["first", "second"]).transform(frame)
    wanted = {f"{name}__{part}": one for name in frame.columns for part, one in PARTS.items()}
    assert {field.name: field.dataType for field in made.schema[2:]} == {
        name: one.type for name, one in wanted.items()
    }
    assert [slot_of(field).kind for field in made.schema[2:]] == [one.kind for one in wanted.values()]
    assert slot_of(made.schema["first__domain"]) == Slot("first__domain", "first", "Category", "categorical")
    made.explain()
    assert capsys.readouterr().out.count("ArrowEvalPython") == 1
    EmailParts(inputCols=["first"], parts=["valid"]).transform(frame).explain()
    assert "ArrowEvalPython" not in capsys.readouterr().out


def test_numbers_and_wrong_params_are_refused(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1,)], T.StructType([T.StructField("n", T.IntegerType())]))
    with pytest.raises(DataContractError, match="EmailParts: column 'n' must be text, got int"):
        EmailParts(inputCols=["n"]).transform(frame)
    with pytest.raises(
        TiltyardError, match="EmailParts: 'parts' must be a list of some of 'valid', 'domain'"
    ):
        EmailParts(parts=["owner"])
