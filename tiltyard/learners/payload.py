"""Payloads: a fitted model as portable bytes. Arrays and JSON in one compressed .npz, never pickle."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from tiltyard.errors import TiltyardError

FORMAT = 1


def dump(learner: str, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """Write a model: the learner's name, plain JSON values and numeric arrays.

    Examples
    --------
    >>> learner, meta, arrays = load(dump("linear", {"bias": 0.5}, {"weights": np.array([1.0, 2.0])}))
    >>> learner, meta, arrays["weights"].tolist()
    ('linear', {'bias': 0.5}, [1.0, 2.0])
    """
    header = json.dumps({"learner": learner, "format": FORMAT, "meta": dict(meta)}, sort_keys=True)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        _add(archive, "header", np.frombuffer(header.encode(), dtype=np.uint8))
        for name in sorted(arrays):
            _add(archive, name, arrays[name])
    return buffer.getvalue()


def load(payload: bytes) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
    """Read what `dump` wrote: learner, meta, arrays."""
    with np.load(io.BytesIO(payload), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    header = json.loads(arrays.pop("header").tobytes())
    if header["format"] != FORMAT:
        raise TiltyardError(
            f"Model payload: format {header['format']} is unknown, this version reads {FORMAT}."
        )
    return header["learner"], header["meta"], arrays


def digest(payload: bytes) -> str:
    """The sha256 that travels with a payload, as 64 hexadecimal digits."""
    return hashlib.sha256(payload).hexdigest()


def _add(archive: zipfile.ZipFile, name: str, array: np.ndarray) -> None:
    # A fixed date: the same model gives the same bytes.
    entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
    archive.writestr(entry, buffer.getvalue(), compresslevel=6)
