"""The lines of a stream, read by a thread of their own, so that whoever trains can look in between updates."""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable
from queue import Empty, Full, Queue
from typing import BinaryIO, Protocol

from unroll.protocol.codec import MAX_REQUEST

WAITING = 32
"""Lines that may wait to be taken; the thread reads no further before there is room."""
WATCHDOG = 5.0
"""Seconds without a line taken after which, when the stream has ended, whoever should take them is stuck."""


class Lines(Protocol):
    """Where the server takes its lines from."""

    def take(self, timeout: float | None) -> bytes | None:
        """The next line, or None when there is none within `timeout` seconds; None waits for ever.

        A line of more than `MAX_REQUEST` bytes comes cut off, but longer than that.

        Raises:
            EOFError: there will be no more.
        """


class Inbox:
    """The lines of a stream as they come.

    When the stream has ended and nobody takes what is left, `on_stuck` is called from the reading thread.
    """

    def __init__(
        self, stream: BinaryIO, on_stuck: Callable[[], None] = lambda: None, watchdog: float = WATCHDOG
    ) -> None:
        self._stream = stream
        self._on_stuck = on_stuck
        self._watchdog = watchdog
        self._taken = 0
        self._over = False
        self._lines: Queue[bytes] = Queue(WAITING)
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def take(self, timeout: float | None) -> bytes | None:
        """The next line, or None when there is none within `timeout` seconds; raises `EOFError` after the last."""
        if timeout == 0 and not self._lines.queue:  # asked before every update: no lock for this
            return None
        try:
            line = self._lines.get(timeout=timeout)
        except Empty:
            return None
        self._taken += 1
        if not line:
            self._over = True
            raise EOFError
        return line

    def _read(self) -> None:
        line = b"\n"
        while line:
            line = self._next_line()
            self._put(line)
        self._watch()

    def _put(self, line: bytes) -> None:
        """Wait for room, and notice that the stream has ended in the meantime."""
        while True:
            try:
                return self._lines.put(line, timeout=self._watchdog)
            except Full:
                if not line or self._hung_up():
                    self._on_stuck()

    def _watch(self) -> None:
        """The stream has ended: from now on, lines must be taken."""
        taken = -1
        while taken < self._taken and not self._over:
            taken = self._taken
            time.sleep(self._watchdog)
        if not self._over:
            self._on_stuck()

    def _hung_up(self) -> bool:
        """Whether the other end of a pipe, a socket or a terminal is closed, whatever there is still to read of it."""
        poll = select.poll()
        try:
            poll.register(self._stream, getattr(select, "POLLRDHUP", 0))
        except (OSError, ValueError):
            return False
        closed = select.POLLHUP | select.POLLERR | select.POLLNVAL | getattr(select, "POLLRDHUP", 0)
        return any(event & closed for _, event in poll.poll(0))

    def _next_line(self) -> bytes:
        """One line, cut off when it is too long; empty at the end, also when the stream breaks."""
        try:
            line = rest = self._stream.readline(MAX_REQUEST + 2)
            while len(line) > MAX_REQUEST + 1 and rest and not rest.endswith(b"\n"):
                rest = self._stream.readline(2**16)
        except (OSError, ValueError):
            return b""
        return line
