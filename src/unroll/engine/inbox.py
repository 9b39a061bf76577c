"""The lines of a stream, read by a thread of their own, so that whoever trains can look in between updates."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, Queue
from typing import BinaryIO, Protocol

from unroll.engine.protocol import MAX_REQUEST

WAITING = 32
"""Lines that may wait to be taken; the thread reads no further before there is room."""


class Lines(Protocol):
    """Where the server takes its lines from."""

    def take(self, timeout: float | None) -> bytes | None:
        """The next line, or None when there is none within `timeout` seconds; None waits for ever.

        A line of more than `MAX_REQUEST` bytes comes cut off, but longer than that.

        Raises:
            EOFError: there will be no more.
        """


class Inbox:
    """The lines of a stream as they come. At the stream's end, `on_end` is called from the reading thread."""

    def __init__(self, stream: BinaryIO, on_end: Callable[[], None] = lambda: None) -> None:
        self._stream = stream
        self._on_end = on_end
        self._lines: Queue[bytes] = Queue(WAITING)
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def take(self, timeout: float | None) -> bytes | None:
        """The next line, or None when there is none within `timeout` seconds; raises `EOFError` after the last."""
        try:
            line = self._lines.get(block=timeout != 0, timeout=timeout)
        except Empty:
            return None
        if not line:
            raise EOFError
        return line

    def _read(self) -> None:
        line = b"\n"
        while line:
            line = self._next_line()
            if not line:
                self._on_end()
            self._lines.put(line)

    def _next_line(self) -> bytes:
        """One line, cut off when it is too long; empty at the end, also when the stream breaks."""
        try:
            line = rest = self._stream.readline(MAX_REQUEST + 2)
            while len(line) > MAX_REQUEST + 1 and rest and not rest.endswith(b"\n"):
                rest = self._stream.readline(2**16)
        except (OSError, ValueError):
            return b""
        return line
