"""The header of a safetensors file, read strictly: what the stock loader lets through is refused here.

    8 bytes         N, little-endian
    N bytes         a JSON object: name -> {"dtype", "shape", "data_offsets"}, and "__metadata__" -> {text: text}
    the rest        the values

The stock loader checks that the values lie one after the other without gap or overlap. It takes the last of two equal
names, any type, any amount of metadata and tensors without values.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any, NamedTuple

MAX_HEADER = 2**20
"""Bytes in a header at most."""
MAX_TENSORS = 64
GLANCE = 2**12
"""Bytes in which a file that is a saved network shows it: our own headers are sorted, so the format comes early."""


class HeaderError(ValueError):
    """A header that is refused; the message goes on after "is no saved network:"."""


class Entry(NamedTuple):
    """What a header says of one tensor."""

    dtype: str
    shape: list[int]


class Header(NamedTuple):
    """All that a header says, but for where the values lie."""

    tensors: dict[str, Entry]
    metadata: dict[str, str]

    def text(self, key: str) -> str:
        """A text of the metadata; raises `HeaderError` when it is missing."""
        if key not in self.metadata:
            raise HeaderError(f"its header has no {key}.")
        return self.metadata[key]

    def whole_number(self, key: str) -> int:
        """A whole number of the metadata, below a thousand million; raises `HeaderError` when it is none."""
        text = self.text(key)
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            raise HeaderError(f"its {key} is no whole number.")
        return int(text)


def begins_well(path: Path) -> bool:
    """Whether a file begins as a saved network does; its values are not read, so it may be damaged all the same."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        status = os.fstat(descriptor)
        start = os.read(descriptor, GLANCE) if stat.S_ISREG(status.st_mode) else b""
    except OSError:
        return False
    finally:
        os.close(descriptor)
    length = int.from_bytes(start[:8], "little")
    return length <= min(MAX_HEADER, status.st_size - 8) and start[8:9] == b"{" and b'"format"' in start


def read_header(data: bytes) -> Header:
    """The header of a file's bytes; raises `HeaderError` for the first thing that is not as it must be."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > len(data) - 8:
        raise HeaderError("it is cut off, or of another kind.")
    if length > MAX_HEADER:
        raise HeaderError(f"its header has {length:,} bytes, where {MAX_HEADER:,} are allowed.")
    entries = _json_object(data[8 : 8 + length])
    metadata = _metadata(entries.pop("__metadata__", {}))
    if len(entries) > MAX_TENSORS:
        raise HeaderError(f"it holds {len(entries):,} tensors, where {MAX_TENSORS} are allowed.")
    return Header({name: _entry(entry) for name, entry in entries.items()}, metadata)


def _json_object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text.decode(), object_pairs_hook=_without_duplicates, parse_constant=_no_number)
    except HeaderError:
        raise
    except (ValueError, RecursionError):
        raise HeaderError("its header is not JSON.") from None
    if not isinstance(found, dict):
        raise HeaderError("its header is not a JSON object.")
    return found


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise HeaderError("its header says the same name twice.")
    return found


def _no_number(word: str) -> None:
    raise HeaderError(f"its header holds {word}, which is not JSON.")


def _metadata(found: Any) -> dict[str, str]:
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise HeaderError("its metadata is not text by name.")
    return found


def _entry(found: Any) -> Entry:
    entry = found if isinstance(found, dict) else {}
    dtype, shape = entry.get("dtype"), entry.get("shape")
    if not isinstance(dtype, str) or not isinstance(shape, list):
        raise HeaderError("its header does not say each tensor's type and shape.")
    return Entry(dtype, shape)
