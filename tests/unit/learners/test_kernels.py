"""Every family's kernel: known answers, bad columns, and payloads that give the same bits."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from tiltyard.errors import TiltyardError
from tiltyard.learners import FAMILIES, kernel_named
from tiltyard.learners.base import load
from tiltyard.learners.blend import BlendFit
from tiltyard.learners.kernel import Matrix

PARAMS = {
    "prior": {},
    "pooled": {},
    "residual": {"regParam": 0.01, "maxIter": 50},
    "linear": {"regParam": 0.01, "maxIter": 50},
    "forest": dict(
        numTrees=50, maxDepth=6, subsamplingRate=0.63, featureShare=0.5, minInstanceWeight=1.0, seed=0
    ),
    "boosting": dict(
        maxIter=40,
        maxDepth=2,
        stepSize=0.1,
        featureShare=0.5,
        subsamplingRate=1.0,
        minInstanceWeight=1.0,
        regLambda=1.0,
        earlyStoppingRounds=0,
        seed=0,
    ),
    "catboost": dict(maxIter=40, maxDepth=3, stepSize=0.1, regLambda=3.0, seed=0),
}


def rows(count: int = 600) -> tuple[Matrix, np.ndarray]:
    random = np.random.default_rng(7)
    signal = random.normal(size=count)
    codes = random.integers(0, 4, size=count).astype(float)
    values = np.column_stack(
        [
            signal,
            codes,
            np.full(count, np.nan),
            np.ones(count),
            np.where(signal > 2, np.inf, random.normal(size=count)),
        ]
    )
    values[::11, 0] = np.nan
    values[::13, 1] = np.nan
    chance = 1 / (1 + np.exp(-2 * signal - np.where(codes == 2, 1.5, 0)))
    labels = (random.random(count) < chance).astype(float)
    # A model of all tenants knows half of it.
    margin = signal + random.normal(size=count) / 4
    return Matrix(values.astype(np.float32), np.array([False, True, False, False, False]), margin), labels


@pytest.mark.parametrize("family", FAMILIES)
def test_finds_the_signal_among_null_constant_and_infinite_columns(family: str) -> None:
    from sklearn.metrics import roc_auc_score

    matrix, labels = rows()
    half = np.arange(len(labels)) < 300
    training, rest = matrix.rows(np.flatnonzero(half)), matrix.rows(np.flatnonzero(~half))
    found = kernel_named(family).fit(training, labels[half], None, PARAMS[family]).predict(rest)
    assert found.shape == (300,) and np.isfinite(found).all() and (found >= 0).all() and (found <= 1).all()
    area = roc_auc_score(labels[~half], found)
    assert area == 0.5 if family == "prior" else area > 0.78


@pytest.mark.parametrize("family", FAMILIES)
def test_a_payload_gives_the_same_bits(family: str) -> None:
    matrix, labels = rows()
    fitted = kernel_named(family).fit(matrix, labels, None, PARAMS[family])
    again = kernel_named(family).fit(
        Matrix(matrix.values, matrix.categorical, matrix.margin), labels, None, PARAMS[family]
    )
    assert fitted.dump() == again.dump()
    assert (load(fitted.dump()).predict(matrix) == fitted.predict(matrix)).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_row_has_the_same_answer_wherever_it_stands(family: str) -> None:
    matrix, labels = rows(1_000)
    wide = Matrix(np.tile(matrix.values, 7), np.tile(matrix.categorical, 7), matrix.margin)
    fitted = kernel_named(family).fit(wide, labels, None, PARAMS[family])
    every = BlendFit((fitted, fitted, fitted), np.array([0.3, 0.5, 0.2]))
    for model in (fitted, every):
        parts = [model.predict(wide.rows(part)) for part in np.array_split(np.arange(1_000), 27)]
        assert (np.concatenate(parts) == model.predict(wide)).all()


def test_what_is_no_payload_is_refused() -> None:
    whole = kernel_named("prior").fit(*rows(), None, {}).dump()
    for damaged in (b"", b"not a model", whole[:-3], zlib.compress(b"neither")):
        with pytest.raises(TiltyardError, match=r"Model payload: these .* bytes are none"):
            load(damaged)
