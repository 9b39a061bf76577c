"""One visitor's line to the engine: where its requests come from and its answers go, and how it is sent away."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from unroll.engine.connection import Inbox, Lines
from unroll.engine.listener import Door
from unroll.engine.outbox import Outbox, Outlet

FAREWELL = 1.0
"""Seconds that a visitor has for the last words."""


def _stay() -> None:
    """A line that cannot be closed from here is listened at no more."""


class Visit(NamedTuple):
    """Lines and outlet of a visitor; `leave` ends the line."""

    lines: Lines
    outlet: Outlet
    leave: Callable[[], None] = _stay


def over(line: socket.socket) -> Visit:
    """A visit over a socket."""

    def leave() -> None:
        outbox.wait(FAREWELL)
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
        line.close()

    outbox = Outbox(line.sendall, lambda error: None)
    return Visit(Inbox(line.makefile("rb")), outbox, leave)


def nobody(door: Door) -> Visit:
    """While nobody is there: what is said is lost, and for a request one waits at the door."""
    absent = Absent(door)
    return Visit(absent, absent)


class Absent:
    """Lines that never come, and an outlet that leads nowhere."""

    idle = has_room = True

    def __init__(self, door: Door) -> None:
        self._door = door

    def take(self, timeout: float | None) -> None:
        """Nothing; waits until somebody comes, so many seconds at most."""
        self._door.wait(timeout)

    def put(self, line: bytes) -> None:
        """Nobody hears it."""

    def wait(self, timeout: float | None) -> bool:
        """Nothing is under way."""
        return True
