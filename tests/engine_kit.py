"""Runs a server without threads, processes or waiting: what comes, comes at set times of a clock that it moves."""

import os
import sys
from collections.abc import Iterable
from math import inf
from typing import Any

from msgspec.structs import replace

from unroll.engine.connection import ClientState, Event
from unroll.engine.server import Server
from unroll.log import Log
from unroll.protocol.codec import decode_reply, encode
from unroll.protocol.replies import Progress
from unroll.protocol.requests import Request


class Clock:
    """Time stands still but for a millisecond at every look at it, and for what the script waits."""

    def __init__(self, tick: float = 0.001) -> None:
        self.now = 0.0
        self.tick = tick

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


class FakeConnection:
    """Whom a server speaks with in a test: what comes, comes at its time, and what is said is heard at once.

    To wait moves the clock. `items` are lines and events, each with its time.
    """

    idle = True

    def __init__(self, clock: Clock, items: Iterable[tuple[float, bytes | Event]]) -> None:
        self.name = ""
        self.clock = clock
        self.items = list(items)
        self.heard: list[bytes] = []
        self.said = ClientState()

    def take(self, timeout: float | None) -> bytes | Event | None:
        at = self.items[0][0] if self.items else inf
        if at > self.clock.now:
            self.clock.now = min(at, self.clock.now + (inf if timeout is None else timeout))
            assert self.clock.now < inf, "nothing will ever come"
            if at > self.clock.now or timeout == 0:
                return None
        return self.items.pop(0)[1]

    def put(self, line: bytes) -> None:
        self.heard.append(line)

    def listen(self, wanted: str) -> None:
        self.name = wanted

    def leave(self) -> None:
        self.said = ClientState()

    switch = leave

    def close(self) -> None:
        """There is nothing to close."""


def serve(*said: Any, tick: float = 0.001) -> FakeConnection:
    """Runs a server to its end on requests (numbered from 1), raw lines and events, or `(time, one of them)`."""
    timed = [one if isinstance(one, tuple) else (0.0, one) for one in said]
    clock = Clock(tick)
    connection = FakeConnection(
        clock,
        [
            (at, encode(replace(one, id=number)) if isinstance(one, Request) else one)
            for number, (at, one) in enumerate(timed, 1)
        ],
    )
    Server(connection, Log("t.log"), clock=clock).serve()  # type: ignore[arg-type]
    return connection


def converse(*said: Any, until: float = 0.0, tick: float = 0.001) -> list[Any]:
    """What a server replies, hello included, when the line ends at `until`; `said` as for `serve`."""
    return [decode_reply(line) for line in serve(*said, (until, Event.END), tick=tick).heard]


def answers(replies: list[Any]) -> dict[int, Any]:
    """The answers among replies, by their ids."""
    return {reply.id: reply for reply in replies if hasattr(reply, "id")}


def progress(replies: list[Any]) -> list[Progress]:
    """The progress among replies."""
    return [reply for reply in replies if isinstance(reply, Progress)]


def losses(replies: list[Any]) -> list[float | None]:
    """Every loss that was told."""
    return [loss for news in progress(replies) for loss in news.losses]


def alive(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def python(code: str) -> list[str]:
    """The command that runs this code."""
    return [sys.executable, "-c", code]
