"""What the demo compares Tiltyard with: the prior, and one pooled model of all tenants' rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from tiltyard.metrics import score

# HistGradientBoosting takes at most 255 levels of a category.
_MOST_LEVELS = 254


def with_outcomes(files: Mapping[str, Path], key: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The demo's files as a model meets them: rows to learn from, and later rows with what became of them."""
    history, upcoming, outcomes = (
        pd.read_parquet(files[name]) for name in ("history", "upcoming", "outcomes")
    )
    new = outcomes.columns.difference(upcoming.columns).union([key])
    return history, upcoming.merge(outcomes[new], on=key, validate="one_to_one")


def pooled_scores(train: pd.DataFrame, test: pd.DataFrame, fields: list[str], label: pd.Series) -> np.ndarray:
    """Probabilities of one gradient boosting over all tenants' rows, scikit-learn's with its defaults.

    Parameters
    ----------
    train, test : rows with the columns `fields`; tenant columns may be among them
    label : outcome of each train row, False or True
    """
    seen = _features(pd.concat([train[fields], test[fields]], ignore_index=True))
    model = HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0)
    model.fit(seen.iloc[: len(train)], label)
    chances: np.ndarray = model.predict_proba(seen.iloc[len(train) :])[:, 1]
    return chances


def prior_scores(train: pd.DataFrame, test: pd.DataFrame, tenant: list[str], label: pd.Series) -> np.ndarray:
    """Each tenant's share of positives, that of all rows for a tenant without history."""
    rates = label.groupby([train[name] for name in tenant]).mean().rename("rate").reset_index()
    found = test[tenant].merge(rates, on=tenant, how="left")["rate"].fillna(label.mean())
    return found.to_numpy(dtype=float)


def auroc_by_tenant(
    chances: np.ndarray, label: pd.Series, tenant: pd.Series, min_per_class: int
) -> pd.Series:
    """AUROC of each tenant with enough outcomes of both classes."""
    frame = pd.DataFrame({"p": chances, "y": label.to_numpy(dtype=float), "t": tenant.to_numpy()})
    found = {
        name: score(rows["y"].to_numpy(), rows["p"].to_numpy())["auroc"]
        for name, rows in frame.groupby("t")
        if min(rows["y"].sum(), (1 - rows["y"]).sum()) >= min_per_class
    }
    return pd.Series(found, dtype=float)


def _features(frame: pd.DataFrame) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    for name in map(str, frame):
        column = frame[name]
        if pd.api.types.is_datetime64_any_dtype(column):
            columns |= {f"{name}_{part}": getattr(column.dt, part) for part in ("hour", "weekday", "month")}
        elif pd.api.types.is_numeric_dtype(column):
            columns[name] = column.astype(float)
        else:
            columns[name] = _category(column)
    return pd.DataFrame(columns)


def _category(column: pd.Series) -> pd.Series:
    frequent = column.value_counts().index[:_MOST_LEVELS]
    return column.where(column.isin(frequent)).astype("category")
