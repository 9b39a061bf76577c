"""Do a job once more if it was asked for while it ran; never queue it twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.dom import DOMNode


class Latest:
    """A job whose newest result is all that counts: a drawing, a look.

    Asked for ten times while it runs, it runs once more. Fast callers thus never build a queue.
    """

    def __init__(self, owner: DOMNode, job: Callable[[], Awaitable[None]]) -> None:
        self._owner = owner
        self._job = job
        self._wanted = False
        self._running = False

    def ask(self) -> None:
        """Run the job soon, with what is current then."""
        self._wanted = True
        if not self._running and self._owner.is_attached:
            self._running = True
            self._owner.run_worker(self._run(), name=self._job.__name__)

    async def _run(self) -> None:
        try:
            while self._wanted:
                self._wanted = False
                await self._job()
        finally:
            self._running = False
