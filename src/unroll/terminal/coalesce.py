"""Run a job once more if it was asked for while it ran; never queue it twice."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

Work = Coroutine[Any, Any, object]


class Latest:
    """A job of which only the newest result counts, such as a drawing or a look.

    Asked for ten times while it runs, it runs once more: fast callers never build a queue.
    """

    def __init__(self, spawn: Callable[[Work], object], job: Callable[[], Work]) -> None:
        """`spawn` runs a coroutine in the background."""
        self._spawn = spawn
        self._job = job
        self._wanted = False
        self._running = False

    def ask(self) -> None:
        """Run the job soon, on whatever is current then."""
        self._wanted = True
        if not self._running:
            self._running = True
            self._spawn(self._run())

    async def _run(self) -> None:
        try:
            while self._wanted:
                self._wanted = False
                await self._job()
        finally:
            self._running = False
