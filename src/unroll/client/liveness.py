"""Notices when an engine does not answer any more: it is busy, it was stopped, or the line to it is down.

Every request is answered within an update, so that seconds without an answer tell of silence; so that there always is
one, a ping is asked now and then. It promises the next, which tells the engine that its line lives. Time is counted in
small ticks, so that a terminal that was itself stopped for an hour does not take that for the engine's silence.
"""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections.abc import Callable, Sequence
from typing import Any

from unroll.client.diagnosis import no_answer, no_hello
from unroll.client.pending import Pending

TICK = 1.0
"""Seconds between two glances."""
PING_EVERY = 5.0
"""Seconds from one request that is made to see whether it is answered to the next."""
PATIENCE = 5.0
"""Seconds that an answer may take before a person is told."""
HELLO_PATIENCE = 10.0
"""The same for the first word: loading torch takes a while."""


class Watch:
    """Over one engine. `tell` gets a sentence every second of a silence, and an empty one when it is over."""

    def __init__(self, pending: Pending, ping: Callable[[], None], tell: Callable[[str], None]) -> None:
        self._pending = pending
        self._ping = ping
        self._tell = tell
        self._silent = False

    async def until_hello(self, hello: Future[Any], words: Callable[[], Sequence[str]]) -> None:
        """Watch until it has said hello; `words` tells what it wrote last beside the protocol."""
        waited = 0.0
        while not hello.done():
            await asyncio.wait((hello,), timeout=TICK)
            waited += TICK
            self._say(no_hello(waited, words()) if waited >= HELLO_PATIENCE and not hello.done() else "")

    async def for_ever(self) -> None:
        """Watch its answers, and ask for one now and then."""
        waited = since = 0.0
        while True:
            before = self._pending.answered
            await asyncio.sleep(TICK)
            quiet = self._pending.answered == before
            waited = waited + TICK if quiet and self._pending else 0.0
            since += TICK
            self._say(no_answer(waited) if waited >= PATIENCE else "")
            if since >= PING_EVERY and not waited:
                self._ping()
                since = 0.0

    def _say(self, sentence: str) -> None:
        if sentence or self._silent:
            self._silent = bool(sentence)
            self._tell(sentence)
