"""A real engine's server beside the screen, in a thread, whose time stands still until a test lets some of it pass.

At a pace of 8 epochs a second, `pass_time(1)` makes 8 epochs, whatever the machine is doing. A pace of `full` needs no
time at all.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from itertools import count
from math import inf
from typing import Any, TypeVar

from msgspec.structs import replace

from unroll.client.diagnosis import EngineDied, EngineError
from unroll.engine.connection import ClientState, Event
from unroll.engine.server import Server
from unroll.log import Log
from unroll.protocol.codec import decode_reply, encode
from unroll.protocol.replies import Answer, Error, Hello, Progress
from unroll.protocol.requests import Request

A = TypeVar("A", bound=Answer)


class StillTime:
    """The server's connection and its clock: what it says is heard at once, by `put`."""

    name, idle = "", True

    def __init__(self, put: Callable[[bytes], None]) -> None:
        self.put, self.said = put, ClientState()
        self.now = 0.0
        self._until = 0.0
        self._lines: deque[bytes] = deque()
        self._ended = False
        self._news = threading.Condition()
        self.is_still = False
        """Whether the server waits for a line, or for time."""

    def __call__(self) -> float:
        return self.now

    def take(self, timeout: float | None) -> bytes | Event | None:
        due = inf if timeout is None else self.now + timeout
        with self._news:
            while not self._lines and not self._ended and due > self._until:
                self.now = self._until
                self.is_still = True
                self._news.wait()
            if self._lines:
                return self._lines.popleft()
            if self._ended:
                return Event.END
            self.now = due
            return None

    def ask(self, line: bytes) -> None:
        with self._news:
            self.is_still = False
            self._lines.append(line)
            self._news.notify()

    def run(self, seconds: float) -> None:
        with self._news:
            self.is_still = False
            self._until += seconds
            self._news.notify()

    def end(self) -> None:
        with self._news:
            self._ended = True
            self._news.notify()

    def close(self) -> None:
        """Nobody else can come."""


class StillEngine:
    """The server, spoken with like an `Engine`; `asked` keeps what it was asked."""

    last_lines = ("the last line of its log",)

    def __init__(self) -> None:
        self.asked: list[Request[Any]] = []
        self._loop = asyncio.get_running_loop()
        self.hello: asyncio.Future[Hello] = self._loop.create_future()
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._events: asyncio.Queue[Progress | None] = asyncio.Queue()
        self._ids = count(1)
        self._dead = False
        self._held: list[Any] | None = None
        self._answers: dict[type[Request[Any]], Answer] = {}
        self._time = StillTime(self._write)
        server = Server(self._time, Log("engine.log"), clock=self._time)
        self._thread = threading.Thread(target=server.serve, daemon=True)
        self._thread.start()

    def pass_time(self, seconds: float) -> None:
        """Let the engine have so many seconds."""
        self._time.run(seconds)

    def answer(self, kind: type[Request[Any]], answer: Answer) -> None:
        """Answer this kind of request in this way from now on."""
        self._answers[kind] = answer

    def hold(self) -> None:
        """Keep back from now on whatever is answered."""
        self._held = []

    def let_go(self) -> None:
        """Let through what was held, and what comes."""
        held, self._held = self._held or [], None
        for reply in held:
            self.hear(reply)

    @property
    def is_still(self) -> bool:
        """Whether nothing will come of it before it is asked something, or given time."""
        return self._dead or (self._time.is_still and self._events.empty() and not self._pending)

    async def ask(self, request: Request[A]) -> A:
        if self._dead:
            raise EngineDied("The engine was killed by signal 9.", self.last_lines)
        self.asked.append(request)
        if type(request) in self._answers:
            return self._answers[type(request)]  # type: ignore[return-value]
        number = next(self._ids)
        answer = self._pending[number] = self._loop.create_future()
        self._time.ask(encode(replace(request, id=number)))
        return await answer

    async def events(self) -> AsyncIterator[Progress]:
        while (event := await self._events.get()) is not None:
            yield event
        if self._dead:
            raise EngineDied("The engine was killed by signal 9.", self.last_lines)

    def die(self) -> None:
        """End as a process does that is killed."""
        self._dead = True
        self._events.put_nowait(None)

    async def close(self) -> None:
        self._time.end()
        self._events.put_nowait(None)
        await asyncio.to_thread(self._thread.join, 10)

    def _write(self, line: bytes) -> None:
        self._loop.call_soon_threadsafe(self.hear, decode_reply(line))

    def hear(self, reply: Any) -> None:
        """Take in what the server says, or what a test says in its place."""
        if self._held is not None:
            self._held.append(reply)
        elif isinstance(reply, Hello):
            self.hello.set_result(reply)
        elif isinstance(reply, Progress):
            self._events.put_nowait(reply)
        elif isinstance(reply, Error):
            self._answered(reply.id).set_exception(EngineError(reply.sentence))
        else:
            self._answered(reply.id).set_result(reply)

    def _answered(self, number: int) -> asyncio.Future[Any]:
        """What waits for an answer; one for nobody, when whoever asked has gone."""
        waiting = self._pending.pop(number)
        return self._loop.create_future() if waiting.done() else waiting
