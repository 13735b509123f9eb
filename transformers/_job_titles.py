"""What a job title says about seniority and function, by a lexicon of words and phrases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tiltyard.transformers._data import REMEMBERED
from tiltyard.transformers._folding import folded_words

# From the lowest; the first has rank 1.
SENIORITIES = ("Trainee", "Junior", "Individual", "Senior", "Manager", "Director", "VP", "C-level")

FUNCTIONS = (
    "general management", "sales", "marketing", "product", "engineering", "IT", "data", "design", "research",
    "finance", "HR", "legal", "procurement", "operations", "project management", "support", "administration",
    "consulting", "medical", "education",
)  # fmt: skip

_INDIVIDUAL = 1 + SENIORITIES.index("Individual")

# Whose function counts, first to last: see the lexicon's head.
_PRECEDENCE = ("jobs", "fields", "positions", "qualifiers")
# How English puts them, and what it puts between several: Senior Sales & Marketing Manager.
_ORDER = ((("qualifiers",), " "), (("fields",), " & "), (("positions", "jobs"), " & "))

# The other gender, written in one: Mitarbeiter/in, Leiter:innen, Chargé(e), Directeur·rice, Director/a.
_GENDER = re.compile(
    r"(?<=\w)(?:\((?:in|innen|e|ne|trice|rice|a|ra)\)|[/:*_·]-?(?:in|innen|e|ne|trice|rice|euse|a|ra)\b)"
)
# Where the employer follows: its name is no part of the title.
_EMPLOYER = re.compile(r"(?<=\w)\s+(?:@|at|bei|chez|presso)\s.*", re.IGNORECASE | re.DOTALL)
_ELISION = re.compile(r"\b[dl]['’]", re.IGNORECASE)  # noqa: RUF001
# German without umlauts: Geschaeftsfuehrer.
_SPELLED_UMLAUT = re.compile(r"(?<=[aou])e")

# Letters that the parts of a compound need: shorter ones stand in words of any kind. Where the lexicon does not
# know the first part, both need more.
_FIRST, _LAST = 2, 4
_UNKNOWN_FIRST, _LAST_ALONE = 4, 6
_LONGEST_COMPOUND = 60  # what is longer is no word, and costs its length squared
_LINKS = ("", "s", "n", "en")  # what stands between the parts: Vertrieb-s-leiter


class Title(NamedTuple):
    """What a title says; None where it says nothing.

    Attributes
    ----------
    seniority : one of `SENIORITIES`
    rank : 1 for the first of them, 8 for the last
    function : one of `FUNCTIONS`
    normalized : what is known of it in English, in the order of qualifier, field, position
    """

    seniority: str | None
    rank: int | None
    function: str | None
    normalized: str | None


@dataclass(frozen=True)
class _Entry:
    """One thing the lexicon knows, in all languages."""

    name: str
    section: str
    rank: int | None
    function: str | None
    least: bool
    serves: bool


@dataclass(frozen=True)
class _Lexicon:
    phrases: Mapping[tuple[str, ...], _Entry]
    connectives: frozenset[str]
    words: frozenset[str]
    longest: int


@lru_cache(REMEMBERED)
def read_title(text: str) -> Title:
    """What a title says.

    Examples
    --------
    >>> read_title("Sr. Mgr, Vertrieb")
    Title(seniority='Manager', rank=5, function='sales', normalized='Senior Sales Manager')
    """
    lexicon = _lexicon()
    entries = list(_own(_entries(_words(text, lexicon), lexicon)))
    rank = _rank(entries)
    seniority = None if rank is None else SENIORITIES[rank - 1]
    return Title(seniority, rank, _function(entries), _normalized(entries))


def _words(text: str, lexicon: _Lexicon) -> list[str]:
    words = [word for word in _spelled(text) if word not in lexicon.connectives]
    return [part for word in words for part in _parts(word, lexicon)]


def _spelled(text: str) -> list[str]:
    for unsaid in (_EMPLOYER, _GENDER, _ELISION):
        text = unsaid.sub("", text)
    return [_SPELLED_UMLAUT.sub("", word) for word in folded_words(text)]


def _parts(word: str, lexicon: _Lexicon) -> list[str]:
    """The known parts of a compound that the lexicon does not know as a whole: Vertriebsleiter, Klavierlehrer."""
    if word in lexicon.words or len(word) > _LONGEST_COMPOUND:
        return [word]
    cuts = range(_FIRST, len(word) - _LAST + 1)
    at = next((at for at in cuts if (word[at:],) in lexicon.phrases), None)
    if at is None:
        return [word]
    known = _known_first(word[:at], lexicon)
    alone = at >= _UNKNOWN_FIRST and len(word) - at >= _LAST_ALONE
    return [*known, word[at:]] if known or alone else [word]


def _known_first(part: str, lexicon: _Lexicon) -> list[str]:
    """A compound's first part without its link, if it is known."""
    shorter = (part.removesuffix(link) for link in _LINKS if part.endswith(link))
    return [word for word in shorter if (word,) in lexicon.phrases][:1]


def _entries(words: list[str], lexicon: _Lexicon) -> Iterator[_Entry]:
    """The entries of the longest phrases, from left to right."""
    at = 0
    while at < len(words):
        for end in range(min(at + lexicon.longest, len(words)), at, -1):
            if entry := lexicon.phrases.get(tuple(words[at:end])):
                yield entry
                at = end
                break
        else:
            at += 1


def _own(entries: Iterable[_Entry]) -> Iterator[_Entry]:
    """Without the positions that the title's owner serves."""
    serving = False
    for entry in entries:
        if not (serving and entry.section in ("positions", "jobs")):
            yield entry
        serving = serving or entry.serves


def _rank(entries: Sequence[_Entry]) -> int | None:
    ranks = [entry.rank for entry in entries if entry.rank is not None]
    least = [entry.rank for entry in entries if entry.rank is not None and entry.least]
    # Any other word says more than a mere job: an assistant engineer is an assistant.
    telling = [rank for rank in ranks if rank != _INDIVIDUAL]
    return min(least) if least else max(telling or ranks, default=None)


def _function(entries: Sequence[_Entry]) -> str | None:
    functions = (entry.function for section in _PRECEDENCE for entry in entries if entry.section == section)
    return next(filter(None, functions), None)


def _normalized(entries: Sequence[_Entry]) -> str | None:
    groups = [between.join(_names(entries, sections)) for sections, between in _ORDER]
    return " ".join(filter(None, groups)) or None


def _names(entries: Sequence[_Entry], sections: Sequence[str]) -> Iterable[str]:
    return dict.fromkeys(entry.name for entry in entries if entry.section in sections)


@cache
def _lexicon() -> _Lexicon:
    """The lexicon, read once a process."""
    sections = yaml.safe_load(Path(__file__).with_name("job_titles.yaml").read_bytes())
    connectives = frozenset(
        word for text in sections.pop("connectives").split(",") for word in _spelled(text)
    )
    phrases = {
        tuple(word for word in _spelled(text) if word not in connectives): _entry(name, section, facts)
        for section, entries in sections.items()
        for name, facts in entries.items()
        for text in facts["words"].split(",")
    }
    words = frozenset(word for phrase in phrases for word in phrase)
    return _Lexicon(phrases, connectives, words, max(map(len, phrases)))


def _entry(name: str, section: str, facts: Mapping[str, Any]) -> _Entry:
    seniority = facts.get("seniority")
    rank = 1 + SENIORITIES.index(seniority) if seniority else None
    return _Entry(
        name, section, rank, facts.get("function"), facts.get("least", False), facts.get("serves", False)
    )
