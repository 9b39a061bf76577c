"""Progress that nobody has taken yet, no more of it than a few megabytes: the engine must wait then."""

from __future__ import annotations

from asyncio import Event, Queue

from unroll.protocol.replies import Progress

ROOM = 4 * 2**20
"""Bytes, as they came over the line, that may wait before no more are read; one message more fits in any case."""


class Backlog:
    """Progress in the order in which it came."""

    def __init__(self) -> None:
        self._queue: Queue[tuple[Progress, int] | None] = Queue()
        self._bytes = 0
        self._ended = False
        self._room = Event()
        self._room.set()

    async def put(self, progress: Progress, size: int) -> None:
        """Add what came in so many bytes, once there is room; after the end nothing is added."""
        await self._room.wait()
        if not self._ended:
            self._queue.put_nowait((progress, size))
            self._grow(size)

    async def take(self) -> Progress | None:
        """The next one; None at the end, however often it is asked."""
        item = await self._queue.get()
        if item is None:
            self._queue.put_nowait(None)
            return None
        progress, size = item
        self._grow(-size)
        return progress

    def end(self) -> None:
        """No more is added; what is there can still be taken. May be called twice."""
        if not self._ended:
            self._ended = True
            self._queue.put_nowait(None)
            self._room.set()

    def _grow(self, size: int) -> None:
        self._bytes += size
        if self._bytes <= ROOM or self._ended:
            self._room.set()
        else:
            self._room.clear()
