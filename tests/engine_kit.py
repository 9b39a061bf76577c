"""Runs a server without threads, processes or waiting: lines come at set times of a clock that the server moves."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from math import inf
from typing import Any

from msgspec.structs import replace

from unroll.engine.server import Server
from unroll.log import Log
from unroll.protocol.codec import encode
from unroll.protocol.replies import Progress, decode_reply
from unroll.protocol.requests import Request

FINAL = {"finished", "diverged"}


class Clock:
    """Time stands still but for a millisecond at every look at it, and for what the script waits."""

    def __init__(self, tick: float = 0.001) -> None:
        self.now = 0.0
        self.tick = tick

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


class Script:
    """Lines at their times, then the end; waiting for one moves the clock."""

    def __init__(self, clock: Clock, lines: Iterable[tuple[float, bytes]], until: float) -> None:
        self.clock = clock
        self.lines = list(lines)
        self.until = until

    def take(self, timeout: float | None) -> bytes | None:
        at = self.lines[0][0] if self.lines else self.until
        if at > self.clock.now:
            wanted = self.clock.now + (inf if timeout is None else timeout)
            self.clock.now = min(at, wanted)
            if at > self.clock.now or timeout == 0:
                return None
        if not self.lines:
            raise EOFError
        return self.lines.pop(0)[1]


class Clear:
    """A line that is always clear: what is put is heard at once."""

    idle = has_room = True

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def put(self, line: bytes) -> None:
        self.heard.append(line)

    def wait(self, timeout: float | None) -> bool:
        return True


def converse(*said: Any, until: float = 0.0, tick: float = 0.001) -> list[Any]:
    """What a server replies, hello included, to requests (numbered from 1) or raw lines, or `(time, one of them)`."""
    timed = [one if isinstance(one, tuple) else (0.0, one) for one in said]
    lines = [
        (at, encode(replace(one, id=number)) if isinstance(one, Request) else one)
        for number, (at, one) in enumerate(timed, 1)
    ]
    clock = Clock(tick)
    outlet = Clear()
    Server(Script(clock, lines, until), outlet, Log("t.log"), clock=clock).serve()
    return [decode_reply(line) for line in outlet.heard]


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
