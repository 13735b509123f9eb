"""Generated tenants whose truth is known: CRM leads for the demo, and plain tables of any size for benchmarks."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from sklearn.metrics import roc_auc_score

from tiltyard.datasets import write_parquet

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.object_]

LEADS_SPLIT = pd.Timestamp("2025-10-01", tz="UTC")
"""First instant the demo's lead models have not seen."""

# What each tenant of twenty is like. "linear" and "curved" have a signal; the rest is what a tournament must survive.
_KINDS = [
    *("linear", "curved", "linear", "linear", "curved", "linear", "noise", "linear", "curved", "one_class"),
    *("linear", "curved", "linear", "linear", "curved", "linear", "noise", "linear", "curved", "tiny"),
]
_PARTS = ["employees", "annual_spend", "title", "source", "country", "created_at", "email", "description"]
_CURVES = ["employees_squared", "employees_times_spend"]
_SIZES = (30, 3000)  # rows: the smallest and largest tenant
_TINY = (30, 60)  # rows: too few for the default gates
_MISSING = {"title": 0.05, "description": 0.1, "employees": 0.15, "email": 0.05, "annual_spend": 0.2}
_SECONDS_PER_DAY = 86_400


def _words(text: str) -> Words:
    return np.array(text.split(","), dtype=object)


_COLOURS = _words(
    "Amber,Cobalt,Copper,Coral,Crimson,Fern,Golden,Granite,Hazel,Indigo,"
    "Ivory,Jade,Maple,Ochre,Olive,Pearl,Russet,Silver,Slate,Teal"
)
_TRADES = _words(
    "Anvil,Bakery,Bridge,Cartage,Dairy,Engines,Foundry,Gardens,Harbour,Instruments,"
    "Joinery,Kilns,Lanterns,Mills,Optics,Press,Quarry,Ropes,Sails,Tannery"
)
_FIRST = _words("Ada,Bruno,Carla,Deniz,Elif,Femi,Greta,Hugo,Ines,Jonas,Kira,Luca,Mina,Noor,Otto,Pia")
_LAST = _words("Abel,Brandt,Costa,Dufour,Ekwall,Ferro,Girard,Hansen,Ivanov,Jansen,Keller,Lindt,Moreau,Novak")
_TEAMS = _words("Finance,Marketing,Operations,Purchasing,Sales,Technology")
_RANKS = _words("Assistant,Analyst,Manager,Director")
_SOURCES = _words("Web,Referral,Event,Partner,Cold call,Advertisement")
_COUNTRIES = _words("Austria,Brazil,Canada,Denmark,France,Germany,India,Japan,Spain,United States")
_FREE_MAIL = _words("postbox.example,mailbird.example,inbox.example")
# The first half of the notes comes from people who mean to buy.
_NOTES = _words(
    "Asked for a quote,Has a budget this quarter,Wants a call with sales,Compares us with a competitor,"
    "Read the newsletter,Looks for a job,Writes a student paper,Downloaded the brochure"
)


class Leads(NamedTuple):
    """Generated leads and what is true of each tenant."""

    frame: pd.DataFrame
    truth: pd.DataFrame


def leads(tenants: int = 200, rows: int = 400, seed: int = 0) -> Leads:
    """Generate the CRM leads of many organizations, each with its own reasons why a lead converts.

    A tenant's rows depend on `seed`, `rows` and its position only, so `leads(5)` is the start of `leads(200)`.
    Of twenty tenants ten are linear in the log-odds, six curved (the best customers are of middle size, and spend
    counts differently in large companies), two pure noise, one has never converted anybody, one is tiny.

    Parameters
    ----------
    tenants : number of organizations
    rows : median rows of a tenant; sizes are log-normal between 30 and 3,000
    seed : of the generator

    Returns
    -------
    frame : lead_id (unique), organization, created_at (UTC, in 2025), name, title, description, employees, email,
        company, annual_spend, source, country, converted. Null: 5 to 20 % of title, description, employees, email
        and annual_spend, whatever the outcome.
    truth : one row per organization: kind, rows, base_rate (mean true probability), auroc (of the true
        probabilities: no model can expect more; NaN without a second class) and the true effects in log-odds:
        per standard deviation for employees, annual_spend and title, between the ends for created_at, email and
        description, the standard deviation between levels for source and country

    Examples
    --------
    >>> frame, truth = leads(tenants=3)
    >>> truth[["organization", "kind"]].values.tolist()
    [['Amber Anvil', 'linear'], ['Cobalt Bakery', 'curved'], ['Copper Bridge', 'linear']]
    >>> bool(len(frame) == truth["rows"].sum())
    True
    """
    made = [_tenant(index, rows, seed) for index in range(tenants)]
    frame = pd.concat([part for part, _ in made], ignore_index=True)
    return Leads(frame, pd.DataFrame([row for _, row in made]))


def write_leads(folder: str | Path, tenants: int = 200, rows: int = 400, seed: int = 0) -> dict[str, Path]:
    """Write `leads` as the three Parquet files of a CRM: history, upcoming (no outcome) and outcomes.

    History ends before 2025-10-01 UTC, and holds two rows that an ingest refuses: one has lost its id, one is there
    twice. The paths are returned by name.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     list(pd.read_parquet(write_leads(folder, tenants=2)["outcomes"]).columns)
    ['lead_id', 'organization', 'converted']
    """
    frame = leads(tenants, rows, seed).frame
    later = frame["created_at"] >= LEADS_SPLIT
    parts = {
        "history": _as_exported(frame[~later]),
        "upcoming": frame[later].drop(columns="converted"),
        "outcomes": frame.loc[later, ["lead_id", "organization", "converted"]],
    }
    folder = Path(folder)
    return {name: write_parquet(part, folder / f"leads_{name}.parquet") for name, part in parts.items()}


def _as_exported(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame.head(1).assign(lead_id=None), frame.tail(1)], ignore_index=True)


def tenant_frame(spark: SparkSession, tenants: int, rows: int, columns: int = 20, seed: int = 0) -> DataFrame:
    """Generate `tenants` x `rows` labelled rows inside Spark, for benchmarks.

    Every cell is a hash of its row, its column and the seed, so partitioning cannot change it. The log-odds of the
    label are linear in the numeric columns and in the levels of the categorical ones, with weights of each
    tenant's own.

    Parameters
    ----------
    tenants, rows : number of tenants, and of rows of each
    columns : feature columns; a quarter of them categorical with 12 levels
    seed : part of every hash

    Returns
    -------
    tenant : string; key : string, unique; label : double 0 or 1; n00.. : double, uniform with mean 0 and
    deviation 1; c00.. : string, "L00" to "L11"

    Examples
    --------
    >>> tenant_frame(spark, tenants=2, rows=3, columns=4).columns
    ['tenant', 'key', 'label', 'n00', 'n01', 'n02', 'c00']
    """
    categorical = columns // 4
    ids = spark.range(tenants * rows)
    tenant = F.col("id") % tenants
    numbers = [_number(f"n{j:02d}", seed) for j in range(columns - categorical)]
    levels = [_level(f"c{j:02d}", seed) for j in range(categorical)]
    frame = ids.select("id", tenant.alias("t"), *numbers, *levels)
    label = _uniform("label", seed, "id") < F.lit(1.0) / (F.lit(1.0) + F.exp(-_log_odds(frame, seed)))
    return frame.select(
        F.format_string("t%06d", "t").alias("tenant"),
        F.format_string("k%09d", "id").alias("key"),
        label.cast("double").alias("label"),
        *frame.columns[2:],
    )


def _tenant(index: int, rows: int, seed: int) -> tuple[pd.DataFrame, dict[str, Any]]:
    rng = np.random.default_rng([seed, index])
    kind = _KINDS[index % len(_KINDS)]
    frame, inputs = _records(rng, index, _size(rng, kind, rows))
    effects = _effects(rng, kind)
    odds = inputs @ np.array(list(effects.values())) + math.log(1 / rng.uniform(2.2, 9.0))
    chance = np.zeros(len(frame)) if kind == "one_class" else 1 / (1 + np.exp(-odds))
    frame["converted"] = rng.random(len(frame)) < chance
    truth = {"organization": frame["organization"].iloc[0], "kind": kind, "rows": len(frame)}
    return frame, truth | {"base_rate": chance.mean(), "auroc": _best_auroc(chance)} | effects


def _size(rng: np.random.Generator, kind: str, rows: int) -> int:
    if kind == "tiny":
        return int(rng.integers(*_TINY))
    return int(np.clip(rng.lognormal(math.log(rows), 0.9), *_SIZES))


def _effects(rng: np.random.Generator, kind: str) -> dict[str, float]:
    """Draw log-odds per unit of each input; zero for tenants without a signal."""
    linear = rng.normal(size=len(_PARTS)) * 0.6
    curves = rng.normal(size=len(_CURVES)) * 0.2 + [-0.9, 0.9]
    if kind == "curved":
        linear[:2] = 0
    else:
        curves[:] = 0
    strength = 0.0 if kind in ("noise", "one_class") else 1.0
    return dict(zip([*_PARTS, *_CURVES], (strength * np.concatenate([linear, curves])).tolist(), strict=True))


def _records(rng: np.random.Generator, index: int, size: int) -> tuple[pd.DataFrame, Floats]:
    """Draw the leads of one tenant, and their inputs to the log-odds: one column each of `_PARTS` and `_CURVES`."""
    missing = {name: rng.random(size) < share for name, share in _MISSING.items()}
    employees, large = _magnitude(rng.normal(size=size), 4.0, 1.5, 1)
    spend, rich = _magnitude(0.4 * large + 0.9 * rng.normal(size=size), 9.0, 1.2, 100)
    large[missing["employees"]] = rich[missing["annual_spend"]] = 0
    rank = rng.choice(4, size, p=[0.2, 0.4, 0.25, 0.15])
    source, source_effect = _choice(rng, _SOURCES, size)
    country, country_effect = _choice(rng, _COUNTRIES, size)
    created, hour = _office_hours(rng, size)
    note = rng.integers(len(_NOTES), size=size)
    person, company = _people(rng, size)
    free = rng.random(size) < 0.3
    domain = np.where(free, rng.choice(_FREE_MAIL, size), _lower(company) + ".example")
    columns = {
        "lead_id": [f"{index:05d}-{number:05d}" for number in range(size)],
        "organization": _organization(index),
        "created_at": created,
        "name": person,
        "title": _RANKS[rank] + " " + rng.choice(_TEAMS, size),
        "description": _NOTES[note],
        "employees": employees,
        "email": _lower(person) + "@" + domain,
        "company": company,
        "annual_spend": spend,
        "source": source,
        "country": country,
    }
    frame = pd.DataFrame(columns).astype({"employees": "Int64"})
    for name, gone in missing.items():
        frame.loc[gone, name] = None
    title = np.where(missing["title"], 0, rank - 1.35)  # 1.35: the mean rank
    work = np.where(missing["email"], 0, np.where(free, -1, 1))
    keen = np.where(missing["description"], 0, np.where(note < len(_NOTES) // 2, 1, -1))
    parts = [large, rich, title, source_effect, country_effect, hour, work, keen, large**2 - 1, large * rich]
    return frame, np.column_stack(parts)


def _magnitude(z: Floats, mean: float, deviation: float, unit: int) -> tuple[Floats, Floats]:
    """Turn normal draws into log-normal amounts, and those, rounded, into standard deviations from their mean."""
    amount = np.maximum(unit, np.round(np.exp(mean + deviation * z) / unit) * unit)
    return amount, (np.log(amount) - mean) / deviation


def _choice(rng: np.random.Generator, levels: Words, size: int) -> tuple[Words, Floats]:
    """Draw levels with shares and standard normal effects of the tenant's own."""
    codes = rng.choice(len(levels), size, p=rng.dirichlet(np.full(len(levels), 3.0)))
    return levels[codes], rng.normal(size=len(levels))[codes]


def _office_hours(rng: np.random.Generator, size: int) -> tuple[pd.DatetimeIndex, Floats]:
    """Draw moments of 2025, and how far each is into the tenant's best half of the day: -1 to 1."""
    second = np.clip(rng.normal(13.0, 3.0, size), 0, 23.99) * 3600
    day = rng.integers(0, 365, size)
    moments = (day * _SECONDS_PER_DAY + second).astype(np.int64)
    best = rng.uniform(0, 2 * np.pi)
    angle = 2 * np.pi * (moments % _SECONDS_PER_DAY) / _SECONDS_PER_DAY
    return pd.to_datetime(moments, unit="s", origin="2025-01-01", utc=True), np.cos(angle - best)


def _people(rng: np.random.Generator, size: int) -> tuple[Words, Words]:
    person = rng.choice(_FIRST, size) + " " + rng.choice(_LAST, size)
    return person, rng.choice(_COLOURS, size) + " " + rng.choice(_TRADES, size)


def _lower(words: Words) -> Words:
    return np.array([text.lower().replace(" ", ".") for text in words], dtype=object)


def _organization(index: int) -> str:
    lap, place = divmod(index, len(_COLOURS) * len(_TRADES))
    shift, colour = divmod(place, len(_COLOURS))
    name = f"{_COLOURS[colour]} {_TRADES[(colour + shift) % len(_TRADES)]}"
    return f"{name} {lap + 1}" if lap else name


def _best_auroc(chance: Floats) -> float:
    """AUROC of the true probabilities: every row counts as a positive and a negative, by its chance of each."""
    if chance.min() == chance.max():
        return 0.5 if chance.max() > 0 else math.nan
    outcome = np.repeat([1, 0], len(chance))
    weight = np.concatenate([chance, 1 - chance])
    return float(roc_auc_score(outcome, np.tile(chance, 2), sample_weight=weight))


def _uniform(name: str, seed: int, *of: str) -> Column:
    """A number in [0, 1) that depends on the columns `of`, the name and the seed only."""
    bits = F.shiftrightunsigned(F.xxhash64(*of, F.lit(f"{seed}/{name}")), 11)
    return bits.cast("double") / F.lit(float(2**53))


def _number(name: str, seed: int) -> Column:
    return ((_uniform(name, seed, "id") - F.lit(0.5)) * F.lit(math.sqrt(12))).alias(name)


def _level(name: str, seed: int) -> Column:
    return F.format_string("L%02d", F.floor(_uniform(name, seed, "id") * F.lit(12))).alias(name)


def _log_odds(frame: DataFrame, seed: int) -> Column:
    """Weights of deviation 1, scaled so that the log-odds have a deviation of about 1.5 whatever the columns."""
    names = frame.columns[2:]
    scale = 1.5 * math.sqrt(12) / math.sqrt(max(len(names), 1))
    terms = [
        (_uniform(f"weight {name}", seed, "t") - F.lit(0.5)) * F.col(name)
        if name.startswith("n")
        else _uniform(f"weight {name}", seed, "t", name) - F.lit(0.5)
        for name in names
    ]
    total = F.lit(0.0)
    for term in terms:
        total = total + term
    return total * F.lit(scale)
