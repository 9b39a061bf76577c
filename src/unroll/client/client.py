"""Starts an engine, here or by any command, and speaks with it: answers are awaited, progress is iterated over.

Whatever comes over the line, an answer fits its request or is an `EngineError`, and what cannot be read is passed over
and logged. When the engine's output ends it is dead, and whoever waits for an answer learns it at once.
"""

from __future__ import annotations

import asyncio
import re
import sys
from asyncio import Future, Task
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from unroll.client.backlog import Backlog
from unroll.client.conversation import EngineDied, EngineError
from unroll.client.diagnosis import obituary
from unroll.client.liveness import Watch
from unroll.client.overheard import Overheard
from unroll.client.pending import Pending
from unroll.client.recording import Recorder, Speaker
from unroll.client.transport import Link, lines
from unroll.protocol.codec import MAX_LINE, MAX_REQUEST, VERSION, decode_reply, encode
from unroll.protocol.replies import Answer, AnyReply, Error, Hello, Progress
from unroll.protocol.requests import Heard, Ping, Request

A = TypeVar("A", bound=Answer)

ENGINE = (sys.executable, "-m", "unroll.engine")
"""The command of an engine on this machine."""
CLOSED = "The engine was closed."
PROMISE = 120.0
"""Seconds in which an engine elsewhere will hear of this program again, unless the line is dead: some times as many as
ssh takes to notice. Until then it keeps its runs to itself, from an engine on a new line, too."""
PATIENCE = 2.0
"""Seconds that an engine is given to end by itself, and again after it was told to terminate."""
HELLO = re.compile(rb'\{\s*"type"\s*:\s*"hello"')
NUMBERED = re.compile(rb'\s*\{\s*"type"\s*:\s*"(?!progress)\w+"[^][{}]*?"id"\s*:\s*(\d{1,18})\b')
"""How an answer begins, to tell whose it was when the rest of it cannot be read."""


class Engine:
    """An engine in a process of its own; a `Conversation`."""

    def __init__(self, link: Link, recorder: Recorder | None, promise: float | None) -> None:
        self.on_silence: Callable[[str], None] = _nobody
        self.on_fault: Callable[[str], None] = _nobody
        self._promise = promise
        self._link = link
        self._recorder = recorder
        self._overheard = Overheard(link.pid)
        self._pending = Pending()
        self._hello: Future[Hello] = asyncio.get_running_loop().create_future()
        self._backlog = Backlog()
        self._end: EngineError | None = None
        self._closing: Task[None] | None = None
        self._watch = Watch(self._pending, self._ping, self._tell)
        self._tasks: set[Task[None]] = set()
        self._unheard = False
        self._hearing: Task[None] | None = None
        self._stderr = self._spawn(self._overheard.listen(link.errors))
        self._stdout = self._spawn(self._listen())
        self._watching = self._spawn(self._watch_silence())

    @classmethod
    async def start(cls, command: Sequence[str] | None = None, record: Path | None = None) -> Engine:
        """Start an engine by a command (by default one on this machine), recording what is said where `record` tells.

        Raises:
            EngineDied: the command cannot be run.
            OSError: the recording cannot be made.
        """
        recorder = Recorder(record) if record else None
        return cls(await Link.open(command or ENGINE), recorder, PROMISE if command else None)

    @property
    def pid(self) -> int:
        """The process that was started: the engine, or the command that leads to it."""
        return self._link.pid

    @property
    def hello(self) -> Awaitable[Hello]:
        """The engine's first word; raises `EngineError` for another protocol version, `EngineDied` if none comes."""
        return asyncio.shield(self._hello)

    @property
    def last_lines(self) -> tuple[str, ...]:
        """The last lines that it wrote beside the protocol, its log among them, oldest first."""
        return self._overheard.lines

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
            await self._link.send(line)
            return await answer
        finally:
            self._pending.drop(number)

    async def events(self) -> AsyncIterator[Progress]:
        """Every progress, in order, for one reader; ends after `close` and raises `EngineDied` on any other end.

        When nobody takes it nothing more is heard of the engine, once some megabytes wait.
        """
        while (progress := await self._backlog.take()) is not None:
            self._acknowledge()
            yield progress
            await asyncio.sleep(0)  # a flood leaves room for a key
        if self._end and not self._closing:
            raise self._end.with_traceback(None)

    async def close(self) -> None:
        """End the engine and wait, for a few seconds at most, until it is gone. May be called twice."""
        await self._part(self._link.close)

    async def leave(self) -> None:
        """Say no more to an engine that has been told to go on without, and do not end it."""
        await self._part(lambda patience: self._link.hang_up(patience / 10))

    def _acknowledge(self) -> None:
        """Have more told, by one request at a time: an engine that floods need not answer any."""
        self._unheard = True
        if self._hearing is None or self._hearing.done():
            self._hearing = self._spawn(self._say_heard())

    async def _say_heard(self) -> None:
        while self._unheard:
            self._unheard = False
            await self._say(Heard())

    # What comes over the line

    async def _listen(self) -> None:
        """Hand out what the engine says until it says no more."""
        try:
            async for line in lines(self._link.output):
                await self._hear(line)
        except Exception as error:  # a fault of this program, but whoever waits must not wait for ever
            self._overheard.note(f"the client failed: {error!r}")
        await self._bury()

    async def _hear(self, line: bytes) -> None:
        if not self._hello.done() and (hello := HELLO.search(line)):
            line = line[hello.start() :]  # behind what a shell has written without ending its line
        reply = self._read(line)
        if reply is None:
            return
        self._record("engine", line, self._pending.request(getattr(reply, "id", 0)))
        if isinstance(reply, Progress):
            await self._backlog.put(reply, len(line))
        elif isinstance(reply, Hello):
            self._greet(reply)
        elif isinstance(reply, Error) and not reply.id:
            self._overheard.note(reply.sentence)
        elif not self._pending.answer(reply):
            self._overheard.log(f"an answer that nobody waits for: {line[:200].decode(errors='replace')}")

    def _read(self, line: bytes) -> AnyReply | None:
        """What a line says; None for one that says nothing, which is logged and fails the request it answers."""
        try:
            if len(line) > MAX_LINE:
                raise msgspec.DecodeError(f"more than {MAX_LINE:,} bytes")
            reply: AnyReply = decode_reply(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._overheard.note(line[:4096].decode(errors="replace"))
            self._pending.refuse(number_of(line), f"gave an answer that cannot be read ({error!s:.200})")
            return None
        return reply

    def _greet(self, hello: Hello) -> None:
        if self._hello.done():
            return
        if hello.protocol == VERSION:
            self._hello.set_result(hello)
            return
        self._fail(
            EngineError(
                f"The engine speaks protocol {hello.protocol}, this program {VERSION}: "
                "install one version of unroll on both sides."
            )
        )

    # Its silence, and its end

    async def _watch_silence(self) -> None:
        await self._watch.until_hello(self._hello, lambda: self.last_lines)
        await self._watch.for_ever()

    def _tell(self, sentence: str) -> None:
        self.on_silence(sentence)

    def _ping(self) -> None:
        self._spawn(self._say(Ping(within=self._promise)))

    async def _say(self, request: Request[Any]) -> None:
        """Ask what has no answer of interest; an engine that has died need not hear it."""
        with suppress(EngineError):
            await self.ask(request)

    async def _bury(self) -> None:
        """The engine's output has ended: learn why, and tell everyone who waits."""
        await asyncio.wait((self._stderr,), timeout=PATIENCE / 4)
        await self._link.hang_up(PATIENCE / 4)
        self._finish(EngineDied(self._obituary(), self.last_lines))

    def _obituary(self) -> str:
        return CLOSED if self._closing else obituary(self._link.code, self.last_lines, self._hello.done())

    def _finish(self, end: EngineError) -> None:
        self._fail(end)
        self._watching.cancel()
        self._backlog.end()
        if self._recorder:
            self._recorder.close()
            if self._recorder.fault:
                self._overheard.note(self._recorder.fault)

    def _fail(self, end: EngineError) -> None:
        """Nothing will be answered any more; the first reason stays."""
        self._end = self._end or end
        self._pending.fail(self._end)
        if not self._hello.done():
            self._hello.set_exception(self._end)
            self._hello.exception()  # seen: nobody need be waiting for it

    async def _part(self, way: Callable[[float], Awaitable[None]]) -> None:
        self._closing = self._closing or self._spawn(self._close(way))
        await asyncio.shield(self._closing)

    async def _close(self, way: Callable[[float], Awaitable[None]]) -> None:
        self._watching.cancel()
        self._fail(EngineDied(CLOSED))  # now, for a stopped engine wakes to end, and answers first
        self._backlog.end()
        await way(PATIENCE)
        await asyncio.wait((self._stdout, self._stderr), timeout=0 if self._link.code is None else PATIENCE / 2)
        self._stdout.cancel()
        self._stderr.cancel()
        self._finish(EngineDied(CLOSED))

    def _record(self, speaker: Speaker, line: bytes, request: Request[Any] | None) -> None:
        """Write down what goes over the line, but for what only keeps it going, and what comes too late."""
        if self._recorder and not self._closing and not isinstance(request, Ping | Heard):
            before = self._recorder.fault
            self._recorder.add(speaker, line)
            if self._recorder.fault != before:
                self.on_fault(self._recorder.fault)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


class Numbered(Struct):
    """What is read of an answer when the rest of it cannot be."""

    id: int
    type: str


def number_of(line: bytes) -> int:
    """The request that a line answers, as far as can be told; 0 where it answers none."""
    try:
        if len(line) <= MAX_LINE and (found := msgspec.json.decode(line, type=Numbered)).type != "progress":
            return found.id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    begins = NUMBERED.match(line, 0, 4096)
    return int(begins[1]) if begins else 0


def _nobody(sentence: str) -> None:
    """Nobody wants to know."""
