"""Tenants with a signal, without one, and with everything that can be wrong, for tests of the tournament."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tests.spark.odd_learners import HANGS, RAISES


def rows(tenant: str | None, size: int, seed: int, **columns: Any) -> pd.DataFrame:
    """One tenant's rows: labels follow `signal`; given columns replace the drawn ones."""
    random = np.random.default_rng(seed)
    signal = random.normal(size=size)
    frame = pd.DataFrame(
        {
            "tenant": tenant,
            "id": [f"{tenant}-{number:05d}" for number in range(size)],
            "signal": signal,
            "other": random.normal(size=size),
            "city": random.choice(["Rome", "Oslo", "Lima"], size),
            "mark": 0.0,
            "label": (random.random(size) < 1 / (1 + np.exp(-2.5 * signal))).astype(float),
        }
    )
    return frame.assign(**columns)


def healthy() -> pd.DataFrame:
    cities = rows("cities", 400, 2)
    noise = np.random.default_rng(9).permutation(np.arange(300) % 2).astype(float)
    return pd.concat(
        [
            rows("linear", 400, 1),
            cities.assign(
                signal=0.0, label=((cities.city == "Lima") ^ (cities.id.str[-1] == "7")).astype(float)
            ),
            rows("noise", 300, 3, label=noise),
        ]
    )


def sick() -> pd.DataFrame:
    nothing = {"signal": np.nan, "other": np.nan, "city": None}
    return pd.concat(
        [
            rows("one class", 200, 11, label=1.0),
            rows("three rows", 3, 12),
            rows("rare class", 200, 13).assign(label=lambda frame: (frame.index < 4).astype(float)),
            rows("nulls", 200, 14, **nothing),
            rows("constants", 200, 15, signal=1.5, other=-2.0, city="Rome"),
            rows("infinities", 300, 16, other=np.where(np.arange(300) % 2, np.inf, -np.inf)),
            rows("raises", 200, 17, mark=RAISES),
            rows("hangs", 200, 18, mark=HANGS),
            rows("strange labels", 200, 19).assign(label=lambda frame: frame.label + 1.0),
            rows("ten thousand cities", 10_000, 20, city=[f"city {number}" for number in range(10_000)]),
            rows(None, 150, 21),
            rows("without labels", 150, 22, label=np.nan),
        ]
    )
