"""Names reduced and compared: legal forms, addresses, an oracle for Jaro-Winkler, noise."""

from __future__ import annotations

import random
import socket
import time
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiltyard.transformers._names import MEASURES, plain_name, similarities


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Acme Tools Ltd.", "acme tools"),
        ("ACME TOOLS, INC.", "acme tools"),
        ("Acme,Inc.", "acme"),
        ("Acme Co., Ltd.", "acme"),
        ("Acme (Pty) Ltd", "acme"),
        ("Müller GmbH & Co. KG", "muller"),
        ("Société Générale S.A.", "societe generale"),
        ("Novo Nordisk A/S", "novo nordisk"),
        ("L'Oréal S.A.", "loreal"),
        ("Łódź Sp. z o.o.", "lodz"),
        ("I.B.M. Corp.", "ibm"),
        ("S.A.S.", "sas"),
        ("Coffee @ Work", "coffee work"),
        ("St. Gallen", "st gallen"),
        ("St.Gallen", "st gallen"),
        ("jane@acme-tools.co.uk", "acme tools"),
        ("Jane Doe <jane.doe@mail.acme.com>;", "acme"),
        ("jane@siemens-ag.de", "siemens"),
        ("jane@localhost", "localhost"),
        ("https://www.bbc.co.uk/news?a=b.c", "bbc"),
        ("WWW.MÜLLER.DE", "muller"),
        ("Booking.com B.V.", "booking"),
        ("... ---", ""),
        ("", ""),
    ],
)
def test_a_text_is_reduced_to_its_name(text: str, name: str) -> None:
    assert plain_name(text) == name
    assert plain_name(f"  {text}\n") == name


def test_domains_and_companies_are_alike_however_they_are_spelled() -> None:
    assert similarities(["jaro_winkler"], ["x@acmetools.com"], ["Acme Tools"]) == [(1.0,)]
    assert similarities(["token_set"], ["Tools Acme"], ["ACME tools Inc."]) == [(1.0,)]
    assert similarities([*MEASURES], ["Acme", None, "-"], [None, None, "-"]) == [None, None, None]


def _jaro_winkler(one: str, other: str) -> float:
    """The textbook's definition: matches within a window, half the transpositions, a common start of up to 4."""
    window = max(len(one), len(other)) // 2 - 1
    taken: list[int] = []
    matched = []
    for at, letter in enumerate(one):
        near = range(max(0, at - window), min(len(other), at + window + 1))
        place = next((to for to in near if to not in taken and other[to] == letter), None)
        if place is not None:
            taken.append(place)
            matched.append(letter)
    if not matched:
        return 1.0 if one == other else 0.0
    swapped = sum(a != other[to] for a, to in zip(matched, sorted(taken), strict=True)) // 2
    count = len(matched)
    jaro = (count / len(one) + count / len(other) + (count - swapped) / count) / 3
    start = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return jaro + min(start, 4) * 0.1 * (1 - jaro) if jaro > 0.7 else jaro


def test_jaro_winkler_is_the_textbooks() -> None:
    draw = random.Random(0)
    pairs = [["".join(draw.choices("xyzw", k=draw.randint(1, 8))) for _ in "12"] for _ in range(300)]
    found = similarities(["jaro_winkler"], *zip(*pairs, strict=True))
    plain = [(plain_name(one), plain_name(other)) for one, other in pairs]
    assert found == [(pytest.approx(_jaro_winkler(*names)),) for names in plain]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_two_texts_compare_the_same_both_ways_between_0_and_1(one: str, other: str) -> None:
    found = similarities([*MEASURES], [one, other, one], [other, one, one])
    assert found[0] == found[1]
    assert found[0] is None or all(0 <= value <= 1 for value in found[0])
    assert found[2] in (None, (1.0, 1.0))


def test_right_pairs_score_and_shuffled_ones_do_not() -> None:
    draw = random.Random(0)
    names = ["".join(draw.choices("abcdefghijklmnoprstuvwyz", k=draw.randint(6, 12))) for _ in range(200)]
    mails = [f"jane@{name}.com" for name in names]
    companies = [f"{name.title()} GmbH" for name in names]
    shuffled = companies[1:] + companies[:1]
    right, wrong = (similarities([*MEASURES], mails, these) for these in (companies, shuffled))
    assert right == [(1.0, 1.0)] * 200
    for measure in zip(*wrong, strict=True):
        assert mean(measure) < 0.5
        assert max(measure) < 0.9


def test_no_network_and_no_long_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    start = time.process_time()
    for odd in ("-" * 100_000 + "x", "a" * 100_000, "a@" * 50_000, ". " * 50_000, "x@" + "a." * 50_000):
        plain_name(odd)
    assert time.process_time() - start < 5
