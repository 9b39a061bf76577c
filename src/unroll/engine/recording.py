"""A recorded conversation: every line that went over the wire, in order, as JSON lines."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Raw, Struct

Speaker = Literal["client", "engine"]


class Entry(Struct, frozen=True):
    """One line of the conversation: `at` is in seconds since its start, `message` the line as it went."""

    at: float
    speaker: Speaker
    message: Raw


class Recorder:
    """Writes a conversation down as it goes; raises `OSError` where the file cannot be made."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._start = time.monotonic()

    def add(self, speaker: Speaker, line: bytes) -> None:
        """Write down one line, without its newline."""
        entry = Entry(round(time.monotonic() - self._start, 4), speaker, Raw(line))
        if not self._file.closed:
            self._file.write(msgspec.json.encode(entry) + b"\n")

    def close(self) -> None:
        """Put everything on disk."""
        self._file.close()


def read(path: Path) -> list[Entry]:
    """The conversation in a file; raises `OSError`, or `msgspec.DecodeError` where it is not a recording."""
    decoder = msgspec.json.Decoder(Entry)
    return [decoder.decode(line) for line in path.read_bytes().splitlines()]
