"""The header of a safetensors file, read strictly: what the stock loader lets through is refused here.

    8 bytes         N, little-endian
    N bytes         a JSON object: name -> {"dtype", "shape", "data_offsets"}, and "__metadata__" -> {text: text}
    the rest        the values

The stock loader checks that the values follow one another without gap or overlap, but takes the last of two equal
names, any type, any amount of metadata, and tensors without values. Messages complete "X is not a saved network: ".
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any, NamedTuple

from unroll.errors import CheckpointError

MAX_HEADER = 2**20
"""Bytes in a header at most."""
MAX_TENSORS = 64
FORMAT_WITHIN = 2**12
"""Bytes within which a saved network names its format: our headers are sorted, so it comes early."""


class TensorEntry(NamedTuple):
    """One tensor's type and shape."""

    dtype: str
    shape: list[int]


class Header(NamedTuple):
    """A header without the offsets of the values."""

    tensors: dict[str, TensorEntry]
    metadata: dict[str, str]

    def text(self, key: str) -> str:
        """A text of the metadata; raises `CheckpointError` if it is missing."""
        if key not in self.metadata:
            raise CheckpointError(f"its header has no {key}.")
        return self.metadata[key]

    def whole_number(self, key: str) -> int:
        """A whole number of the metadata, of at most nine digits; raises `CheckpointError` if it is not one."""
        text = self.text(key)
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            raise CheckpointError(f"its {key} is not a whole number.")
        return int(text)


def begins_well(path: Path) -> bool:
    """Whether a file begins like a saved network; its values are not read, so it may still be damaged."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        status = os.fstat(descriptor)
        start = os.read(descriptor, FORMAT_WITHIN) if stat.S_ISREG(status.st_mode) else b""
    except OSError:
        return False
    finally:
        os.close(descriptor)
    length = int.from_bytes(start[:8], "little")
    return length <= min(MAX_HEADER, status.st_size - 8) and start[8:9] == b"{" and b'"format"' in start


def read_header(data: bytes) -> Header:
    """The header of a file's bytes; raises `CheckpointError` for the first thing that is wrong."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > len(data) - 8:
        raise CheckpointError("it is cut off, or another kind of file.")
    if length > MAX_HEADER:
        raise CheckpointError(f"its header has {length:,} bytes, where {MAX_HEADER:,} are allowed.")
    entries = _json_object(data[8 : 8 + length])
    metadata = _metadata(entries.pop("__metadata__", {}))
    if len(entries) > MAX_TENSORS:
        raise CheckpointError(f"it holds {len(entries):,} tensors, where {MAX_TENSORS} are allowed.")
    return Header({name: _entry(entry) for name, entry in entries.items()}, metadata)


def _json_object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text.decode(), object_pairs_hook=_without_duplicates, parse_constant=_not_json)
    except CheckpointError:
        raise
    except (ValueError, RecursionError):
        raise CheckpointError("its header is not JSON.") from None
    if not isinstance(found, dict):
        raise CheckpointError("its header is not a JSON object.")
    return found


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise CheckpointError("its header has the same name twice.")
    return found


def _not_json(word: str) -> None:
    raise CheckpointError(f"its header holds {word}, which is not JSON.")


def _metadata(found: Any) -> dict[str, str]:
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise CheckpointError("its metadata is not text by name.")
    return found


def _entry(found: Any) -> TensorEntry:
    entry = found if isinstance(found, dict) else {}
    dtype, shape = entry.get("dtype"), entry.get("shape")
    if not isinstance(dtype, str) or not isinstance(shape, list):
        raise CheckpointError("its header does not say each tensor's type and shape.")
    return TensorEntry(dtype, shape)
