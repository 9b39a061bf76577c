"""A recorded conversation: every line that went over the wire, in order, as JSON lines."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Raw, Struct

from unroll.files import read_regular
from unroll.text import shown_path

Speaker = Literal["client", "engine"]
MAX_BYTES = 2**28
"""Bytes in a recording at most: some hours of a session."""
_begun: set[Path] = set()
"""What this program has recorded in."""


class Entry(Struct, frozen=True):
    """One line of the conversation: `at` is in seconds since its start, `message` the line as it went."""

    at: float
    speaker: Speaker
    message: Raw


class Recorder:
    """Writes a conversation down as it goes; raises `OSError` where the file cannot be made.

    What the same program says to another engine, when the first has died, is added to the same file. Where it can no
    longer be written, such as on a full disk, it ends there and the conversation goes on; `fault` is then a sentence.
    """

    def __init__(self, path: Path) -> None:
        self.fault = ""
        self._path = path
        self._file = path.open("ab" if path in _begun else "wb")
        _begun.add(path)
        self._start = time.monotonic()

    def add(self, speaker: Speaker, line: bytes) -> None:
        """Write down one line, without its newline."""
        entry = Entry(round(time.monotonic() - self._start, 4), speaker, Raw(line))
        if not self._file.closed:
            try:
                self._file.write(msgspec.json.encode(entry) + b"\n")
            except OSError as error:
                self._give_up(error)

    def close(self) -> None:
        """Put everything on disk."""
        try:
            self._file.close()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self.fault = f"{error.strerror}: the recording {shown_path(self._path)} ends here."
        with suppress(OSError):
            self._file.close()


def read(path: Path) -> list[Entry]:
    """The conversation in a file; what was cut off at its end, by a full disk or a kill, is left out.

    Raises:
        FileError: it cannot be read.
        msgspec.DecodeError: it is not a recording.
    """
    decoder = msgspec.json.Decoder(Entry)
    *lines, rest = read_regular(path, MAX_BYTES).split(b"\n")
    entries = [decoder.decode(line) for line in lines]
    if rest:
        with suppress(msgspec.DecodeError):
            entries.append(decoder.decode(rest))
    if not entries:
        raise msgspec.DecodeError("an empty recording")
    return entries
