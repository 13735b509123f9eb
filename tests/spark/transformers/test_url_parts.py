"""UrlParts: every part against Python's own parser, and one call of Python at most."""

from __future__ import annotations

from itertools import product
from urllib.parse import urlsplit

import pytest
from pyspark.sql import SparkSession

from tiltyard.errors import DataContractError, TiltyardError
from tiltyard.slots import Slot, slot_of
from tiltyard.transformers import UrlParts
from tiltyard.transformers.url_parts import PARTS


def _parts(spark: SparkSession, urls: list[str], *parts: str) -> list[tuple[object, ...]]:
    frame = spark.createDataFrame([(url,) for url in urls], "u string")
    made = UrlParts(inputCols=["u"], parts=list(parts or PARTS)).transform(frame)
    return [tuple(row)[1:] for row in made.collect()]


def test_parts_are_those_of_pythons_parser(spark: SparkSession) -> None:
    pieces = (
        ("", "http://", "HTTPS://", "https://ann:secret@"),
        ("example.org", "www.Example-1.org.", "192.168.0.10"),
        ("", ":8080"),
        ("", "/", "/a", "/a/b.html", "//a//b/", "/a@b:c"),
        ("", "?", "?q=1", "?q=/a?b"),
        ("", "#top/a?b"),
    )
    urls = ["".join(choice) for choice in product(*pieces)]
    split = [urlsplit(url if url.lower().startswith("http") else f"//{url}") for url in urls]
    expected = [
        (
            one.hostname.rstrip("."),
            one.scheme == "https",
            sum(map(bool, one.path.split("/"))),
            one.query != "",
        )
        for one in split
    ]
    assert _parts(spark, urls, "domain", "secure", "path_depth", "has_query") == expected


def test_known_addresses(spark: SparkSession) -> None:
    urls = {
        " https://Blog.Bücher.de/x ": ("blog.xn--bcher-kva.de", "xn--bcher-kva.de", "de"),
        "http://a.公司.cn": ("a.xn--55qx5d.cn", "a.xn--55qx5d.cn", "xn--55qx5d.cn"),
        "me.github.io": ("me.github.io", "github.io", "io"),
        "co.uk": ("co.uk", None, "co.uk"),
        "letter.doc": ("letter.doc", None, None),
    }
    found = _parts(spark, list(urls), "valid", "domain", "registered_domain", "suffix")
    assert found == [(True, *one) for one in urls.values()]


def test_texts_that_are_no_addresses(spark: SparkSession) -> None:
    texts = [
        "", " ", "n/a", "none", "http://", "https://localhost/", "www", "www.", "http:/example.org",
        "http//example.org",
        "htp://example.org", "ftp://example.org", "mailto:ann@example.org", "ann@example.org", "/a/b", "?q=1", "-a.org",
        "exa mple.org", "example.org/a b", "example.org:port", "1.2.3", "1.2.3.256", "e.g.", "a..org", "https://[::1]/",
        "https://example.org https://example.com", f"{'a' * 64}.org", f"{'a.' * 126}org", f"http://{'ab.' * 84}org",
        # Long enough to break a matcher that goes deeper with each character.
        "a." * 100_000, "http://" + "a" * 100_000, " " * 100_000 + "a", "https://" + "a@" * 100_000,
    ]  # fmt: skip
    assert _parts(spark, texts) == [(False, *[None] * 6)] * len(texts)
    long = [f"https://{'a.' * 125}org", "example.org/" + "a/" * 50_000, "example.org?" + "a" * 100_000]
    assert _parts(spark, long, "valid", "path_depth") == [(True, 0), (True, 50_000), (True, 0)]


def test_columns_and_their_cost(spark: SparkSession, capsys: pytest.CaptureFixture[str]) -> None:
    frame = spark.createDataFrame([("a.org",)], "u string")
    made = UrlParts(inputCols=["u"]).transform(frame)
    assert {field.name: field.dataType for field in made.schema[1:]} == {
        f"u__{part}": one.type for part, one in PARTS.items()
    }
    assert [slot_of(field).kind for field in made.schema[1:]] == [one.kind for one in PARTS.values()]
    assert slot_of(made.schema["u__suffix"]) == Slot("u__suffix", "u", "Category", "categorical")
    made.explain()
    assert capsys.readouterr().out.count("ArrowEvalPython") == 1
    native = ["has_query", "valid", "secure", "path_depth"]
    shaped = UrlParts(inputCols=["u"], parts=native).transform(frame)
    assert shaped.columns == ["u", *[f"u__{part}" for part in native]]
    shaped.explain()
    assert "ArrowEvalPython" not in capsys.readouterr().out


def test_numbers_and_wrong_params_are_refused(spark: SparkSession) -> None:
    with pytest.raises(DataContractError, match="UrlParts: column 'id' must be text, got bigint"):
        UrlParts(inputCols=["id"]).transform(spark.range(1))
    with pytest.raises(TiltyardError, match="UrlParts: 'parts' must be a list of some of 'valid', 'domain'"):
        UrlParts(parts=[])
