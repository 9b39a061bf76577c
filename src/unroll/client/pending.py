"""What waits: requests for their answers, progress for its reader.

A request is answered once, by what its kind is answered with, or fails. Progress that nobody has taken fills a few
megabytes at most: then no more is read, and the engine waits.
"""

import asyncio
import re
from asyncio import Event, Future, Queue
from contextlib import suppress
from functools import cache
from itertools import count
from typing import Any, TypeVar, get_args

import msgspec
from msgspec import Struct

from unroll.client.diagnosis import EngineError
from unroll.protocol.codec import MAX_LINE, NOT_JSON
from unroll.protocol.replies import Answer, Continued, Error, Looked, Progress
from unroll.protocol.requests import Continue, Look, Request

A = TypeVar("A", bound=Answer)

BACKLOG_BYTES = 4 * 2**20
"""Bytes, as they came over the line, that may wait before no more are read; one message more fits in any case."""
ANSWER_BEGINS = re.compile(rb'\s*\{\s*"type"\s*:\s*"(?!progress)\w+"[^][{}]*?"id"\s*:\s*(\d{1,18})\b')
"""How an answer begins, to tell which request it was for when the rest of it cannot be read."""


class Pending:
    """Requests by their numbers.

    Attributes:
        answered: How many answers have come.
    """

    def __init__(self) -> None:
        self.answered = 0
        self._numbers = count(1)
        self._waiting: dict[int, tuple[Request[Any], Future[Any]]] = {}

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
        """Hand an answer to its request; False where none waits for it."""
        request, answer = self._waiting.get(reply.id, (None, None))
        if request is None or answer is None or answer.done():
            return False
        self.answered += 1
        if isinstance(reply, Error):
            answer.set_exception(EngineError(reply.sentence))
        elif wrong := fault(request, reply):
            self.refuse(reply.id, wrong)
        else:
            answer.set_result(reply)
        return True

    def refuse(self, number: int, what: str) -> None:
        """Fail a request, if it still waits, because of what the engine did about it."""
        _, answer = self._waiting.get(number, (None, None))
        if answer and not answer.done():
            answer.set_exception(EngineError(f"The engine {what}; install the same version of unroll on both sides."))

    def fail(self, reason: EngineError) -> None:
        """Nothing will be answered any more."""
        for _, answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(reason)


class Backlog:
    """Progress that nobody has taken yet, in the order in which it came."""

    def __init__(self) -> None:
        self._queue: Queue[tuple[Progress | None, int]] = Queue()
        self._bytes = 0
        self._ended = False
        self._room = Event()
        self._room.set()

    async def put(self, progress: Progress, size: int) -> None:
        """Add a progress that came in `size` bytes, once there is room; after the end nothing is added."""
        await self._room.wait()
        if not self._ended:
            self._queue.put_nowait((progress, size))
            self._bytes += size
            if self._bytes > BACKLOG_BYTES:
                self._room.clear()

    async def take(self) -> Progress | None:
        """The next one; None at the end, however often it is asked."""
        progress, size = await self._queue.get()
        if progress is None:
            self._queue.put_nowait((None, 0))
        self._bytes -= size
        if self._bytes <= BACKLOG_BYTES:
            self._room.set()
        return progress

    def end(self) -> None:
        """No more is added; what is there can still be taken. May be called twice."""
        if not self._ended:
            self._ended = True
            self._queue.put_nowait((None, 0))
            self._room.set()


@cache
def answer_of(request: type[Request[Any]]) -> type[Answer]:
    """What a kind of request is answered with, by its own declaration: `class Save(Request[Saved])`."""
    kind: type[Answer] = get_args(request.__orig_bases__[0])[0]  # type: ignore[attr-defined]
    return kind


def fault(request: Request[Any], answer: Answer) -> str:
    """What is wrong with an answer to this request, to stand after "The engine"; empty where nothing is."""
    if not isinstance(answer, answer_of(type(request))):
        asked, given = (type(message).__name__.lower() for message in (request, answer))
        return f"answered {asked} with {given}"
    wrong = ""
    if isinstance(request, Continue) and isinstance(answer, Continued) and len(answer.numbers) > request.count:
        wrong = "more numbers than were asked for"
    elif isinstance(request, Look) and isinstance(answer, Looked) and request.top:
        wrong = "" if all(answer.trace.candidates) else "a step without candidates"
    return wrong and f"gave an answer that cannot be: {wrong}"


class Numbered(Struct):
    """The part of an answer that tells which request it was for."""

    id: int
    type: str


def number_of(line: bytes) -> int:
    """The request that a line answers, as far as can be told; 0 where it answers none."""
    with suppress(*NOT_JSON):
        if len(line) <= MAX_LINE and (found := msgspec.json.decode(line, type=Numbered)).type != "progress":
            return found.id
    begins = ANSWER_BEGINS.match(line, 0, 4096)
    return int(begins[1]) if begins else 0
