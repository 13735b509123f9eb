"""Job titles: accuracy on a list apart from the lexicon, the rules, and the lexicon's own order."""

from __future__ import annotations

import csv
import time
from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tiltyard import transformers
from tiltyard.transformers import _job_titles
from tiltyard.transformers._job_titles import FUNCTIONS, SENIORITIES, read_title

# Of the labelled titles, common ones: strange titles of real people are read right less often.
_FLOOR = 0.97


def _labelled() -> list[dict[str, str]]:
    lines = Path(__file__).with_name("job_titles.tsv").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"))


def test_the_labelled_titles_are_read_right() -> None:
    labelled = _labelled()
    assert len(labelled) >= 200
    read = [(row, read_title(row["title"])) for row in labelled]
    for part in ("seniority", "function"):
        wrong = [row["title"] for row, title in read if row[part] != (getattr(title, part) or "")]
        assert 1 - len(wrong) / len(read) >= _FLOOR, f"{part} of {wrong}"
    known = [(row["title"], title) for row, title in read if row["seniority"] or row["function"]]
    missed = [text for text, title in known if title.normalized is None]
    assert 1 - len(missed) / len(known) >= _FLOOR, missed


def test_what_is_nobodys_title_says_nothing() -> None:
    nobody = [row["title"] for row in _labelled() if not row["seniority"] and not row["function"]]
    assert len(nobody) >= 10
    assert {read_title(text) for text in [*nobody, "", " ", "?!", "(m/w/d)"]} == {(None,) * 4}


@pytest.mark.parametrize(
    ("text", "seniority", "function"),
    [
        # the highest place counts, but for what keeps it down
        ("Senior VP & Sales Manager", "VP", "sales"),
        ("Assistant Store Manager", "Manager", "operations"),
        ("Assistant Engineer", "Junior", "engineering"),
        ("Junior Account Manager", "Junior", "sales"),
        ("Trainee Product Manager", "Trainee", "product"),
        ("Executive Assistant to the CFO", "Junior", "administration"),
        ("Assistent der Geschäftsführung", "Junior", "administration"),
        # jobs say their function, positions leave it to the field
        ("IT Recruiter", "Individual", "HR"),
        ("Tax Consultant", "Individual", "finance"),
        ("Consultant", "Individual", "consulting"),
        ("Technical Director", "Director", "engineering"),
        ("Technischer Einkäufer", "Individual", "procurement"),
        ("Sales & Marketing", None, "sales"),
        # compounds, and words that only look like them
        ("Serviceleiterin", "Director", "support"),
        ("Klavierlehrer", "Individual", "education"),
        ("Zugbegleiter", None, None),
        ("Creditor", None, None),
        # gender in one word, elision, spelled umlauts, initials, capitals
        ("Vertriebsmitarbeiter/-in", "Individual", "sales"),
        ("Leiter:in Personal", "Director", "HR"),
        ("Chargé(e) d’affaires", "Individual", "sales"),  # noqa: RUF001
        ("Directeur·rice des achats", "Director", "procurement"),
        ("GESCHAEFTSFUEHRER", "C-level", "general management"),
        ("c.e.o.", "C-level", "general management"),
        # an employer is no part of a title
        ("Owner at Acme Consulting", "C-level", "general management"),
        ("Geschäftsführer bei Muster Immobilien", "C-level", "general management"),
    ],
)
def test_rules(text: str, seniority: str | None, function: str | None) -> None:
    title = read_title(text)
    assert (title.seniority, title.function) == (seniority, function)
    assert title.rank == (None if seniority is None else 1 + SENIORITIES.index(seniority))


@pytest.mark.parametrize(
    "texts",
    [
        ("Senior Sales Manager", "Sr. Mgr, Sales", "Senior Manager Vertrieb", "senior manager of sales"),
        ("Procurement Director", "Directrice des achats", "Director de Compras", "Direttore Acquisti"),
        ("Executive Assistant", "PA to the Managing Director", "Secrétaire", "Segretaria"),
        ("Sales & Marketing Head", "Leiter Vertrieb und Marketing", "Head of Sales, Marketing (Vertrieb)"),
    ],
)
def test_titles_of_one_meaning_have_one_normalized_form(texts: tuple[str, ...]) -> None:
    assert {read_title(text).normalized for text in texts} == {texts[0]}


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_the_same_in_any_case_and_with_more_spaces(text: str) -> None:
    title = read_title(text)
    assert read_title(f"  {text}\t") == title
    assert title.seniority in (None, *SENIORITIES)
    assert title.function in (None, *FUNCTIONS)


def test_long_texts_do_not_take_long() -> None:
    start = time.process_time()
    for odd in ("a" * 100_000, " " * 100_000, "ceo " * 20_000, "a/" * 50_000, "x" * 59 + " "):
        read_title(odd)
    assert time.process_time() - start < 5


def test_the_lexicon_says_each_thing_once_and_in_known_words() -> None:
    path = Path(transformers.__file__).with_name("job_titles.yaml")
    sections = yaml.safe_load(path.read_text(encoding="utf-8"))
    connectives = {
        word for text in sections.pop("connectives").split(",") for word in _job_titles._spelled(text)
    }
    meanings = defaultdict(set)
    for section, entries in sections.items():
        for name, facts in entries.items():
            assert set(facts) <= {"seniority", "function", "least", "serves", "words"}, name
            assert facts.get("seniority") in (None, *SENIORITIES), name
            assert facts.get("function") in (None, *FUNCTIONS), name
            for text in facts["words"].split(","):
                phrase = [word for word in _job_titles._spelled(text) if word not in connectives]
                assert phrase, f"{name}: {text!r} is nothing but connectives"
                meanings[tuple(phrase)].add((section, name))
    assert [phrase for phrase, ones in meanings.items() if len(ones) > 1] == []
    used = {facts.get("function") for entries in sections.values() for facts in entries.values()}
    assert used - {None} == set(FUNCTIONS)
