"""Starts an engine, here or by any command, and speaks with it: answers are awaited, progress is iterated over.

An answer fits its request or is an `EngineError`. When the engine's output ends it is dead, and every pending request
fails at once.
"""

import asyncio
import re
from asyncio import Future, Task
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from unroll.client.diagnosis import EngineDied, EngineError, StrayLines, why_it_ended
from unroll.client.liveness import SilenceWatch
from unroll.client.pending import Backlog, Pending, number_of
from unroll.client.recording import Recorder, Replay, Speaker
from unroll.client.transport import PYTHON, Transport
from unroll.protocol.codec import MAX_LINE, MAX_REQUEST, NOT_JSON, VERSION, encode, read_reply
from unroll.protocol.replies import Answer, AnyReply, Detached, Error, Hello, Progress
from unroll.protocol.requests import Begin, Create, Detach, Heard, Ping, Play, Request
from unroll.recipe import Recipe

A = TypeVar("A", bound=Answer)

CLOSED = "The engine was closed."
PING_PROMISE_S = 120.0
"""Each ping promises another within this many seconds to an engine that a command has started; without one, that engine
ends and releases its runs. Several times longer than ssh takes to notice a dead connection."""
END_TIMEOUT_S = 2.0
"""Seconds that an engine is given to end by itself, and again after it was told to terminate."""
HELLO_BEGINS = re.compile(rb'\{\s*"type"\s*:\s*"hello"')


class Engine:
    """An engine in a process of its own, from its first word to its end.

    Attributes:
        on_silence: Told in a sentence, every second, that the engine does not answer, and with an empty one when it
            does again; pending requests still wait.
        on_fault: Told in a sentence, once, what fails beside the requests, such as a recording on a full disk.
        is_unheard: Asked whether this client's terminal does not answer any more; the engine is told with each ping.
    """

    on_silence: Callable[[str], None] = staticmethod(lambda sentence: None)
    on_fault: Callable[[str], None] = staticmethod(lambda sentence: None)
    is_unheard: Callable[[], bool] = staticmethod(lambda: False)

    def __init__(self, transport: Transport, recorder: Recorder | None, promise: float | None) -> None:
        self._promise = promise
        self._transport = transport
        self._recorder = recorder
        self._stray = StrayLines(transport.pid)
        self._pending = Pending()
        self._backlog = Backlog()
        self._taken = asyncio.Event()
        self._end: EngineError | None = None
        self._hello: Future[Hello] = asyncio.get_running_loop().create_future()
        self._closing: Task[None] | None = None
        self._pinging: Task[None] | None = None
        self._stderr = asyncio.create_task(self._stray.read(transport.errors))
        self._stdout = asyncio.create_task(self._listen())
        self._acknowledging = asyncio.create_task(self._acknowledge())
        tell = lambda sentence: self.on_silence(sentence)  # noqa: E731, PLW0108 - it is set later
        watch = SilenceWatch(self._pending, self._ping, tell)
        self._watching = asyncio.create_task(watch.run(self._hello, lambda: self.last_lines))

    @classmethod
    async def start(cls, command: Sequence[str] | None = None, record: Path | None = None) -> Self:
        """Start an engine by a command (by default one on this machine), recording what is said where `record` tells.

        Raises `EngineDied` if the command cannot be run, `OSError` if the recording cannot be made.
        """
        recorder = Recorder(record) if record else None
        transport = await Transport.open(command or (*PYTHON, "-m", "unroll.engine"))
        return cls(transport, recorder, PING_PROMISE_S if command else None)

    @property
    def pid(self) -> int:
        """The process that was started: the engine, or the command that leads to it."""
        return self._transport.pid

    @property
    def hello(self) -> Awaitable[Hello]:
        """Its first word; raises `EngineError` for another protocol version, `EngineDied` if none comes."""
        return asyncio.shield(self._hello)

    @property
    def last_lines(self) -> tuple[str, ...]:
        """The last lines that it wrote beside the protocol, its log among them, oldest first."""
        return self._stray.lines

    async def ask(self, request: Request[A]) -> A:
        """The answer to a request, which is numbered here; raises `EngineError` when refused, `EngineDied` at once."""
        if self._end:
            raise self._end.with_traceback(None)
        number, answer = self._pending.add(request)
        try:
            line = encode(msgspec.structs.replace(request, id=number))
            if len(line) > MAX_REQUEST:
                raise EngineError(f"The request has {len(line):,} bytes: the engine reads at most {MAX_REQUEST:,}.")
            self._record("client", line, request)
            await self._transport.send(line)
            return await answer
        finally:
            self._pending.drop(number)

    async def events(self) -> AsyncIterator[Progress]:
        """Every progress, in order, for one reader, without whom nothing more is read once some megabytes wait; ends
        after `close` and raises `EngineDied` on any other end."""
        while (progress := await self._backlog.take()) is not None:
            self._taken.set()
            yield progress
            await asyncio.sleep(0)  # a flood leaves room for a key
        if self._end and not self._closing:
            raise self._end.with_traceback(None)

    async def close(self) -> None:
        """End the engine and wait, for a few seconds at most, until it is gone. May be called twice."""
        await self._end_by(self._transport.close)

    async def leave(self) -> None:
        """Hang up on an engine that has been told to go on alone, and do not end it."""
        await self._end_by(lambda timeout: self._transport.hang_up(timeout / 10))

    async def _listen(self) -> None:
        """Hand out what the engine says until its output ends, then tell why it ended."""
        try:
            async for line in self._transport.lines():
                await self._hear(line)
        except Exception as error:  # a bug in this program must not leave requests waiting for ever
            self._stray.note(f"the client failed: {error!r}")
        await asyncio.wait((self._stderr,), timeout=END_TIMEOUT_S / 4)
        await self._transport.hang_up(END_TIMEOUT_S / 4)
        why = CLOSED if self._closing else why_it_ended(self._transport.code, self.last_lines, self._hello.done())
        self._finish(EngineDied(why, self.last_lines))

    async def _hear(self, line: bytes) -> None:
        """Hand out what a line says; one that cannot be read is logged, and fails the request it answers."""
        if not self._hello.done() and (hello := HELLO_BEGINS.search(line)):
            line = line[hello.start() :]  # behind what a shell has written without ending its line
        try:
            if len(line) > MAX_LINE:
                raise msgspec.DecodeError(f"more than {MAX_LINE:,} bytes")
            reply: AnyReply = read_reply(line)
        except NOT_JSON as error:
            self._stray.note(line[:4096].decode(errors="replace"))
            self._pending.refuse(number_of(line), f"gave an answer that cannot be read ({error!s:.200})")
            return
        self._record("engine", line, self._pending.request(getattr(reply, "id", 0)))
        if isinstance(reply, Progress):
            await self._backlog.put(reply, len(line))
        elif isinstance(reply, Hello):
            self._take_hello(reply)
        elif isinstance(reply, Error) and not reply.id:
            self._stray.note(reply.sentence)
        elif not self._pending.answer(reply):
            self._stray.log(f"an answer that nobody waits for: {line[:200].decode(errors='replace')}")

    def _take_hello(self, hello: Hello) -> None:
        if self._hello.done():
            return
        if hello.protocol == VERSION:
            self._hello.set_result(hello)
            return
        speaks = f"The engine speaks protocol {hello.protocol}, this program {VERSION}"
        self._fail(EngineError(f"{speaks}: install one version of unroll on both sides."))

    async def _acknowledge(self) -> None:
        """Have more progress sent, by one request at a time: an engine that floods need not answer any."""
        while await self._taken.wait():
            self._taken.clear()
            await self._send(Heard())

    def _ping(self) -> None:
        self._pinging = asyncio.create_task(self._send(Ping(within=self._promise, unheard=self.is_unheard())))

    async def _send(self, request: Request[Any]) -> None:
        """Send what has no answer of interest; an engine that has died need not hear it."""
        with suppress(EngineError):
            await self.ask(request)

    def _finish(self, end: EngineError) -> None:
        self._fail(end)
        self._watching.cancel()
        self._acknowledging.cancel()
        self._backlog.end()
        if self._recorder:
            self._recorder.close()
            if self._recorder.fault:
                self._stray.note(self._recorder.fault)

    def _fail(self, end: EngineError) -> None:
        """Nothing will be answered any more; the first reason stays."""
        self._end = self._end or end
        self._pending.fail(self._end)
        if not self._hello.done():
            self._hello.set_exception(self._end)
            self._hello.exception()  # marked as seen: nobody need be waiting for it

    async def _end_by(self, way: Callable[[float], Awaitable[object]]) -> None:
        self._closing = self._closing or asyncio.create_task(self._close(way))
        await asyncio.shield(self._closing)

    async def _close(self, way: Callable[[float], Awaitable[object]]) -> None:
        self._watching.cancel()
        self._fail(EngineDied(CLOSED))  # now, for a stopped engine wakes to end, and answers first
        self._backlog.end()
        await way(END_TIMEOUT_S)
        rest = 0 if self._transport.code is None else END_TIMEOUT_S / 2
        await asyncio.wait((self._stdout, self._stderr), timeout=rest)
        self._stdout.cancel()
        self._stderr.cancel()
        self._finish(EngineDied(CLOSED))

    def _record(self, speaker: Speaker, line: bytes, request: Request[Any] | None) -> None:
        """Write down what goes over the line, except heartbeats and what comes after `close`."""
        if self._recorder and not self._closing and not isinstance(request, Ping | Heard):
            before = self._recorder.fault
            self._recorder.add(speaker, line)
            if self._recorder.fault != before:
                self.on_fault(self._recorder.fault)


Conversation = Engine | Replay
"""What a screen speaks with."""


async def start_training(recipe: Recipe, device: str = "cpu") -> Detached:
    """Start an engine that trains a recipe to its end in the background, and tell where `unroll attach` finds it;
    raises `EngineError` if it refused something, or ended."""
    engine = await Engine.start([*PYTHON, "-m", "unroll", "engine", "--device", device])
    try:
        await engine.ask(Create(recipe=recipe))
        await engine.ask(Play(pace="full"))
        await engine.ask(Begin())
        detached = await engine.ask(Detach())
    except BaseException:
        await engine.close()
        raise
    await engine.leave()
    return detached
