"""Starts an engine, here or by any command, and speaks with it: answers are awaited, progress is iterated over.

Whatever comes over the line, an answer fits its request or is an `EngineError`, and what cannot be read is passed over
and logged. When the engine's output ends it is dead, and whoever waits for an answer learns it at once.
"""

from __future__ import annotations

import asyncio
import re
from asyncio import Future, Task
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import Struct

from unroll.client.diagnosis import EngineDied, EngineError, StrayLines, why_it_ended
from unroll.client.liveness import SilenceWatch
from unroll.client.pending import Backlog, Pending
from unroll.client.recording import Recorder, Speaker
from unroll.client.transport import PYTHON, Transport, lines
from unroll.protocol.codec import MAX_LINE, MAX_REQUEST, VERSION, decode_reply, encode
from unroll.protocol.replies import Answer, AnyReply, Error, Hello, Progress
from unroll.protocol.requests import Heard, Ping, Request

A = TypeVar("A", bound=Answer)

ENGINE = (*PYTHON, "-m", "unroll.engine")
"""The command of an engine on this machine."""
CLOSED = "The engine was closed."
PING_PROMISE_S = 120.0
"""Seconds in which an engine elsewhere will hear of this program again, unless the line is dead: some times as many as
ssh takes to notice. Until then it keeps its runs to itself, from an engine on a new line, too."""
END_TIMEOUT_S = 2.0
"""Seconds that an engine is given to end by itself, and again after it was told to terminate."""
HELLO_BEGINS = re.compile(rb'\{\s*"type"\s*:\s*"hello"')
ANSWER_BEGINS = re.compile(rb'\s*\{\s*"type"\s*:\s*"(?!progress)\w+"[^][{}]*?"id"\s*:\s*(\d{1,18})\b')
"""How an answer begins, to tell whose it was when the rest of it cannot be read."""


class Conversation(Protocol):
    """One engine, from its first word to its end.

    Attributes:
        on_silence: Told in a sentence, every second, that the engine does not answer; and with an empty one when it
            does again. Nothing is lost by that: whatever was asked still waits for its answer.
        on_fault: Told in a sentence, once, what goes wrong beside the talk, such as a recording that finds no room.
    """

    on_silence: Callable[[str], None]
    on_fault: Callable[[str], None]

    @property
    def hello(self) -> Awaitable[Hello]:
        """The engine's first word; raises `EngineError` for another protocol version, `EngineDied` if none comes."""

    @property
    def last_lines(self) -> tuple[str, ...]:
        """The last lines that the engine wrote on standard error, its log among them, oldest first."""

    async def ask(self, request: Request[A]) -> A:
        """The answer to a request, which is numbered here; raises `EngineError` when refused, `EngineDied` at once."""

    def events(self) -> AsyncIterator[Progress]:
        """Every progress, in order, for one reader; ends after `close` and raises `EngineDied` on any other end."""

    async def close(self) -> None:
        """End the engine and wait, for a few seconds at most, until it is gone. May be called twice."""

    async def leave(self) -> None:
        """Say no more to an engine that has been told to go on without, and do not end it."""


class Engine:
    """An engine in a process of its own; a `Conversation`."""

    def __init__(self, transport: Transport, recorder: Recorder | None, promise: float | None) -> None:
        self.on_silence: Callable[[str], None] = _nobody
        self.on_fault: Callable[[str], None] = _nobody
        self._promise = promise
        self._transport = transport
        self._recorder = recorder
        self._stray = StrayLines(transport.pid)
        self._pending = Pending()
        self._hello: Future[Hello] = asyncio.get_running_loop().create_future()
        self._backlog = Backlog()
        self._end: EngineError | None = None
        self._closing: Task[None] | None = None
        self._watch = SilenceWatch(self._pending, self._ping, self._tell)
        self._tasks: set[Task[None]] = set()
        self._acknowledge_due = False
        self._acknowledging: Task[None] | None = None
        self._stderr = self._spawn(self._stray.read(transport.errors))
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
        return cls(await Transport.open(command or ENGINE), recorder, PING_PROMISE_S if command else None)

    @property
    def pid(self) -> int:
        """The process that was started: the engine, or the command that leads to it."""
        return self._transport.pid

    @property
    def hello(self) -> Awaitable[Hello]:
        """The engine's first word; raises `EngineError` for another protocol version, `EngineDied` if none comes."""
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
        await self._end_by(self._transport.close)

    async def leave(self) -> None:
        """Say no more to an engine that has been told to go on without, and do not end it."""
        await self._end_by(lambda timeout: self._transport.hang_up(timeout / 10))

    def _acknowledge(self) -> None:
        """Have more told, by one request at a time: an engine that floods need not answer any."""
        self._acknowledge_due = True
        if self._acknowledging is None or self._acknowledging.done():
            self._acknowledging = self._spawn(self._send_heard())

    async def _send_heard(self) -> None:
        while self._acknowledge_due:
            self._acknowledge_due = False
            await self._send(Heard())

    # What comes over the line

    async def _listen(self) -> None:
        """Hand out what the engine says until it says no more."""
        try:
            async for line in lines(self._transport.output):
                await self._hear(line)
        except Exception as error:  # a fault of this program, but whoever waits must not wait for ever
            self._stray.note(f"the client failed: {error!r}")
        await self._output_ended()

    async def _hear(self, line: bytes) -> None:
        if not self._hello.done() and (hello := HELLO_BEGINS.search(line)):
            line = line[hello.start() :]  # behind what a shell has written without ending its line
        reply = self._read(line)
        if reply is None:
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

    def _read(self, line: bytes) -> AnyReply | None:
        """What a line says; None for one that says nothing, which is logged and fails the request it answers."""
        try:
            if len(line) > MAX_LINE:
                raise msgspec.DecodeError(f"more than {MAX_LINE:,} bytes")
            reply: AnyReply = decode_reply(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._stray.note(line[:4096].decode(errors="replace"))
            self._pending.refuse(number_of(line), f"gave an answer that cannot be read ({error!s:.200})")
            return None
        return reply

    def _take_hello(self, hello: Hello) -> None:
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
        await self._watch.wait_for_hello(self._hello, lambda: self.last_lines)
        await self._watch.watch_answers()

    def _tell(self, sentence: str) -> None:
        self.on_silence(sentence)

    def _ping(self) -> None:
        self._spawn(self._send(Ping(within=self._promise)))

    async def _send(self, request: Request[Any]) -> None:
        """Ask what has no answer of interest; an engine that has died need not hear it."""
        with suppress(EngineError):
            await self.ask(request)

    async def _output_ended(self) -> None:
        """The engine's output has ended: learn why, and tell everyone who waits."""
        await asyncio.wait((self._stderr,), timeout=END_TIMEOUT_S / 4)
        await self._transport.hang_up(END_TIMEOUT_S / 4)
        self._finish(EngineDied(self._why_it_ended(), self.last_lines))

    def _why_it_ended(self) -> str:
        return CLOSED if self._closing else why_it_ended(self._transport.code, self.last_lines, self._hello.done())

    def _finish(self, end: EngineError) -> None:
        self._fail(end)
        self._watching.cancel()
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
            self._hello.exception()  # seen: nobody need be waiting for it

    async def _end_by(self, way: Callable[[float], Awaitable[None]]) -> None:
        self._closing = self._closing or self._spawn(self._close(way))
        await asyncio.shield(self._closing)

    async def _close(self, way: Callable[[float], Awaitable[None]]) -> None:
        self._watching.cancel()
        self._fail(EngineDied(CLOSED))  # now, for a stopped engine wakes to end, and answers first
        self._backlog.end()
        await way(END_TIMEOUT_S)
        has_ended = self._transport.code is not None
        await asyncio.wait((self._stdout, self._stderr), timeout=END_TIMEOUT_S / 2 if has_ended else 0)
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
    begins = ANSWER_BEGINS.match(line, 0, 4096)
    return int(begins[1]) if begins else 0


def _nobody(sentence: str) -> None:
    """Nobody wants to know."""
