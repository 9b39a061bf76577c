"""What the engine says, written by a thread of its own: a reader that does not read stops no training."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

ROOM = 2**20
"""Bytes that may wait to be written before no more requests are taken; one answer more fits in any case."""


class Outlet(Protocol):
    """Where the server puts its lines. They are written in order."""

    @property
    def idle(self) -> bool:
        """Whether all lines have been written."""

    @property
    def has_room(self) -> bool:
        """Whether another answer may be put."""

    def put(self, line: bytes) -> None:
        """Write this after all that was put before; returns at once."""

    def wait(self, timeout: float | None) -> bool:
        """Wait until all is written, so many seconds at most; None waits for ever. Says whether it is."""


class Outbox:
    """Lines on their way to whoever reads them. When writing fails `on_end` is called, from the writing thread."""

    def __init__(self, write: Callable[[bytes], None], on_end: Callable[[OSError], None]) -> None:
        self._write = write
        self._on_end = on_end
        self._lines: deque[bytes] = deque()
        self._bytes = 0
        self._broken = False
        self._changed = threading.Condition()
        threading.Thread(target=self._work, name="outbox", daemon=True).start()

    @property
    def idle(self) -> bool:
        return not self._bytes

    @property
    def has_room(self) -> bool:
        return self._bytes < ROOM

    def put(self, line: bytes) -> None:
        with self._changed:
            if self._broken:
                return
            self._lines.append(line)
            self._bytes += len(line)
            self._changed.notify_all()

    def wait(self, timeout: float | None) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.idle, timeout)

    def _work(self) -> None:
        try:
            while True:
                line = self._next()
                self._write(line)
                self._written(line)
        except OSError as error:
            self._break()
            self._on_end(error)

    def _break(self) -> None:
        """From now on nothing waits to be written: it is lost."""
        with self._changed:
            self._broken = True
            self._bytes = 0
            self._changed.notify_all()

    def _next(self) -> bytes:
        with self._changed:
            self._changed.wait_for(lambda: self._lines)
            return self._lines.popleft()

    def _written(self, line: bytes) -> None:
        with self._changed:
            self._bytes -= len(line)
            self._changed.notify_all()
