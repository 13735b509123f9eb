"""Domains: one form of each, what is registered, and the lists of mail providers."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiltyard.transformers._data import data_lines
from tiltyard.transformers._domains import _public_suffixes, canonical, listed, registered
from tiltyard.transformers.email_parts import domain_parts


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("News.BBC.co.uk", "news.bbc.co.uk"),
        ("MÜNCHEN.de", "xn--mnchen-3ya.de"),
        ("XN--mnchen-3ya.DE", "xn--mnchen-3ya.de"),
        ("mu\N{COMBINING DIAERESIS}nchen.de", "xn--mnchen-3ya.de"),
        ("straße.de", "xn--strae-oqa.de"),  # the IDNA of 2003 made "strasse.de" of it
        ("\N{FULLWIDTH LATIN SMALL LETTER G}mail.com", "gmail.com"),
        ("אa.Com", "אa.com"),  # directions mixed: IDNA forbids it
    ],
)
def test_one_form_for_all_ways_to_write_a_host(host: str, expected: str) -> None:
    assert canonical(host) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    ("host", "domain", "suffix"),
    [
        ("example.org", "example.org", "org"),
        ("a.b.example.co.uk", "example.co.uk", "co.uk"),
        ("co.uk", None, "co.uk"),
        ("www.ck", "www.ck", "ck"),  # an exception to the list's "*.ck"
        ("a.b.ck", "a.b.ck", "b.ck"),
        ("me.github.io", "github.io", "io"),
        ("a.xn--55qx5d.cn", "a.xn--55qx5d.cn", "xn--55qx5d.cn"),
        ("letter.doc", None, None),
        ("10.0.0.1", None, None),
    ],
)
def test_what_is_registered(host: str, domain: str | None, suffix: str | None) -> None:
    assert registered(host) == (domain, suffix)


LABEL = st.text("abc", min_size=1, max_size=2)


@settings(max_examples=200, deadline=None)
@given(st.lists(LABEL, min_size=1, max_size=4), st.lists(LABEL, min_size=1, max_size=3))
def test_a_host_is_listed_with_a_domain_it_ends_in(host: list[str], domain: list[str]) -> None:
    ends_in = host[-len(domain) :] == domain
    assert listed(".".join(host), {".".join(domain)}) == ends_in


@pytest.mark.parametrize(
    ("domain", "free_mail", "disposable"),
    [
        ("gmail.com", True, False),
        ("yahoo.co.uk", True, False),
        ("qq.com", True, False),
        ("vip.qq.com", True, False),
        ("mailinator.com", False, True),
        ("any.mailinator.com", False, True),
        ("notgmail.com", False, False),
        ("google.com", False, False),
        ("uni-koeln.de", False, False),
        ("com", False, False),
    ],
)
def test_providers_of_mailboxes(domain: str, free_mail: bool, disposable: bool) -> None:
    found = domain_parts(domain)
    assert (found["free_mail"], found["disposable"]) == (free_mail, disposable)


def test_the_free_mail_list_is_sorted_and_in_one_form() -> None:
    domains = data_lines("free_mail.txt")
    assert len(domains) > 500
    assert domains == sorted(set(domains))
    assert [one for one in domains if canonical(one) != one or registered(one)[0] is None] == []


def test_no_free_mail_domain_lies_below_another() -> None:
    domains = set(data_lines("free_mail.txt"))
    assert {one for one in domains if listed(one.partition(".")[2], domains)} == set()


def test_the_list_of_suffixes_is_read_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    _public_suffixes.cache_clear()
    assert domain_parts("ann.co.uk")["registered_domain"] == "ann.co.uk"
