"""What waits: requests for their answers, progress for its reader.

A request is answered once, by what its kind is answered with, or fails. Progress that nobody has taken fills a few
megabytes at most: then no more is read, and the engine waits.
"""

from __future__ import annotations

import asyncio
from asyncio import Event, Future, Queue
from functools import cache
from itertools import count
from typing import Any, TypeVar, get_args

from unroll.client.diagnosis import EngineError
from unroll.protocol.replies import Answer, Continued, Error, Looked, Message, Progress
from unroll.protocol.requests import Continue, Look, Request

A = TypeVar("A", bound=Answer)

BACKLOG_BYTES = 4 * 2**20
"""Bytes, as they came over the line, that may wait before no more are read; one message more fits in any case."""


class Pending:
    """Requests by their numbers."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._waiting: dict[int, tuple[Request[Any], Future[Any]]] = {}
        self.answered = 0
        """How many answers have come, to see whether any does."""

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, request: Request[A]) -> tuple[int, Future[A]]:
        """A number for a request, and what its answer will be."""
        number, answer = next(self._numbers), asyncio.get_running_loop().create_future()
        self._waiting[number] = request, answer
        return number, answer

    def drop(self, number: int) -> None:
        """Nobody waits for this answer any more."""
        self._waiting.pop(number, None)

    def request(self, number: int) -> Request[Any] | None:
        """The request that waits under a number."""
        return self._waiting.get(number, (None,))[0]

    def answer(self, reply: Answer) -> bool:
        """Hand an answer to whoever waits for it; False where nobody does."""
        request, answer = self._waiting.get(reply.id, (None, None))
        if request is None or answer is None or answer.done():
            return False
        self.answered += 1
        if isinstance(reply, Error):
            answer.set_exception(EngineError(reply.sentence))
        elif not isinstance(reply, answer_of(type(request))):
            self.refuse(reply.id, f"answered {_name(request)} with {_name(reply)}")
        elif wrong := fault(request, reply):
            self.refuse(reply.id, f"gave an answer that cannot be: {wrong}")
        else:
            answer.set_result(reply)
        return True

    def refuse(self, number: int, what: str) -> bool:
        """Fail a request because of what the engine did about it; False where nobody waits for that."""
        _, answer = self._waiting.get(number, (None, None))
        if answer is None or answer.done():
            return False
        answer.set_exception(EngineError(f"The engine {what}; install the same version of unroll on both sides."))
        return True

    def fail(self, reason: EngineError) -> None:
        """Nothing will be answered any more."""
        for _, answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(reason)


class Backlog:
    """Progress that nobody has taken yet, in the order in which it came."""

    def __init__(self) -> None:
        self._queue: Queue[tuple[Progress, int] | None] = Queue()
        self._bytes = 0
        self._ended = False
        self._room = Event()
        self._room.set()

    async def put(self, progress: Progress, size: int) -> None:
        """Add a progress that came in `size` bytes, once there is room; after the end nothing is added."""
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
        if self._bytes <= BACKLOG_BYTES or self._ended:
            self._room.set()
        else:
            self._room.clear()


@cache
def answer_of(request: type[Request[Any]]) -> type[Answer]:
    """What a kind of request is answered with, by its own declaration: `class Save(Request[Saved])`."""
    (answer,) = get_args(request.__orig_bases__[0])  # type: ignore[attr-defined]
    kind: type[Answer] = answer
    return kind


def fault(request: Request[Any], answer: Answer) -> str:
    """What cannot be in an answer of the right kind to this very request; empty where nothing is wrong."""
    if isinstance(request, Continue) and isinstance(answer, Continued) and len(answer.numbers) > request.count:
        return "more numbers than were asked for"
    if isinstance(request, Look) and isinstance(answer, Looked) and request.top:
        trace = answer.trace
        return "" if all((*trace.candidates, *trace.before)) else "a step without candidates"
    return ""


def _name(message: Message) -> str:
    return type(message).__name__.lower()
