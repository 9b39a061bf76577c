"""The client's half of the heartbeat: notices when an engine does not answer, because it is busy, stopped or cut off.

Every request is answered within an update, so seconds without an answer mean silence; a regular ping makes sure that
there always is one. To an engine that a command has started, each ping promises the next: see `Heartbeat` in
engine/connection.py. Time is counted in short intervals, so that a terminal that was itself stopped for an hour does
not take that for the engine's silence.
"""

import asyncio
from asyncio import Future
from collections.abc import Callable, Sequence
from typing import Any

from unroll.client.diagnosis import no_hello
from unroll.client.pending import Pending

WATCH_INTERVAL_S = 1.0
"""From one check to the next."""
PING_INTERVAL_S = 5.0
"""From one ping to the next."""
ANSWER_TIMEOUT_S = 5.0
"""How long an answer may take before a person is told."""
HELLO_TIMEOUT_S = 10.0
"""The same for the first word: loading torch takes a while."""


class SilenceWatch:
    """Watches one engine. `tell` gets a sentence every second of a silence, and an empty one when it is over."""

    def __init__(self, pending: Pending, ping: Callable[[], None], tell: Callable[[str], None]) -> None:
        self._pending = pending
        self._ping = ping
        self._tell = tell
        self._silent = False

    async def run(self, hello: Future[Any], words: Callable[[], Sequence[str]]) -> None:
        """Watch for its hello, then its answers; `words` gives the last lines it wrote beside the protocol."""
        waited = 0.0
        while not hello.done():
            await asyncio.wait((hello,), timeout=WATCH_INTERVAL_S)
            waited += WATCH_INTERVAL_S
            self._say(no_hello(waited, words()) if waited >= HELLO_TIMEOUT_S and not hello.done() else "")
        waited, since_ping = 0.0, PING_INTERVAL_S  # the first goes out soon: a line may die young
        while True:
            before = self._pending.answered
            await asyncio.sleep(WATCH_INTERVAL_S)
            quiet = self._pending.answered == before
            waited = waited + WATCH_INTERVAL_S if quiet and self._pending else 0.0
            silent = f"The engine has not answered for {waited:.0f} s: it is busy, stopped or cut off."
            self._say(silent if waited >= ANSWER_TIMEOUT_S else "")
            since_ping += WATCH_INTERVAL_S
            if since_ping >= PING_INTERVAL_S and not waited:
                self._ping()
                since_ping = 0.0

    def _say(self, sentence: str) -> None:
        if sentence or self._silent:
            self._silent = bool(sentence)
            self._tell(sentence)
