"""Ridge regression in closed form: the least squares line with a penalty on its slopes."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve


def fitted(
    columns: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray | None,
    penalty: float,
    offset: np.ndarray | None = None,
) -> np.ndarray:
    """The minimum of half the mean squared error plus penalty / 2 times the squared weights; the bias is free.

    Parameters
    ----------
    columns : rows x columns, finite, of similar scale
    labels : numbers
    weights : how much each row counts, default once
    penalty : > 0, as Spark ML's `regParam` of a LinearRegression over a label of deviation 1
    offset : what each row has before any weight; default 0

    Returns
    -------
    np.ndarray
        One weight for each column, and the bias behind them.

    Examples
    --------
    >>> fitted(np.array([[-1.0], [0.0], [1.0]]), np.array([1.0, 3.0, 5.0]), None, penalty=1e-9).round(3).tolist()
    [2.0, 3.0]
    """
    share = np.ones(len(labels)) if weights is None else weights
    share = share / share.sum()
    left = labels if offset is None else labels - offset
    means, mean = share @ columns, float(share @ left)
    apart = columns - means
    bend = apart.T @ (apart * share[:, None])
    bend[np.diag_indices_from(bend)] += penalty
    found = solve(bend, apart.T @ (share * (left - mean)), assume_a="pos", check_finite=False)
    return np.append(found, mean - means @ found)
