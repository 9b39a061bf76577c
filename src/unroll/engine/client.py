"""Starts an engine, here or by any command, and speaks with it: answers are awaited, progress is iterated over.

Two tasks read what the engine says: its standard output line by line, and its standard error, which must be drained
(a full pipe would stop the engine) and must not be inherited (it would paint over the screen). When standard output
ends the engine is dead, and whoever waits for an answer learns it at once.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio import Future
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from unroll.engine.conversation import EngineDied, EngineError
from unroll.engine.log import Log, printable
from unroll.engine.protocol import (
    MAX_LINE,
    MAX_REQUEST,
    VERSION,
    Answer,
    AnyReply,
    Error,
    Hello,
    Progress,
    Request,
    decode_reply,
    encode,
)
from unroll.engine.recording import Recorder

A = TypeVar("A", bound=Answer)

ENGINE = (sys.executable, "-m", "unroll.engine")
"""The command of an engine on this machine."""
LAST_LINES = 20
"""How many of the engine's last lines on standard error are kept for the person to see."""
MAX_LOGGED = 1000
"""How many stray lines of one engine go into the log; the rest are only counted."""
CLOSED = "The engine was closed."
PATIENCE = 2.0
"""Seconds that an engine is given to end by itself, and again after it was told to terminate."""


class Engine:
    """An engine in a process of its own; a `Conversation`."""

    def __init__(self, process: Process, recorder: Recorder | None) -> None:
        loop = asyncio.get_running_loop()
        self._process = process
        self._recorder = recorder
        self._log = Log("client.log")
        self._logged = 0
        self._last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self._ids = count(1)
        self._pending: dict[int, Future[Any]] = {}
        self._hello: Future[Hello] = loop.create_future()
        self._events: asyncio.Queue[Progress | None] = asyncio.Queue()
        self._end: EngineError | None = None
        self._closing: asyncio.Task[None] | None = None
        self._stderr = loop.create_task(self._drain_stderr())
        self._stdout = loop.create_task(self._listen())

    @classmethod
    async def start(cls, command: Sequence[str] | None = None, record: Path | None = None) -> Engine:
        """Start an engine by a command (by default one on this machine), recording what is said where `record` tells.

        It gets a session of its own, so that the terminal's signals and password prompts pass it by.

        Raises:
            EngineDied: the command cannot be run.
            OSError: the recording cannot be made.
        """
        words = tuple(command or ENGINE)
        recorder = Recorder(record) if record else None
        try:
            process = await asyncio.create_subprocess_exec(
                *words, stdin=PIPE, stdout=PIPE, stderr=PIPE, limit=MAX_LINE, start_new_session=True
            )
        except (OSError, ValueError) as error:
            raise EngineDied(f"The engine cannot be started: {words[0]:.200}: {_reason(error)}.") from error
        return cls(process, recorder)

    @property
    def pid(self) -> int:
        """The process that was started: the engine, or the command that leads to it."""
        return self._process.pid

    @property
    def hello(self) -> Awaitable[Hello]:
        """The engine's first word; raises `EngineError` for another protocol version, `EngineDied` if none comes."""
        return asyncio.shield(self._hello)

    @property
    def log_path(self) -> Path:
        """The file in which an engine on this machine keeps its log; it exists once there is something in it."""
        return self._log.path.with_name("engine.log")

    @property
    def last_lines(self) -> tuple[str, ...]:
        """The last lines that the engine wrote on standard error, oldest first."""
        return tuple(self._last_lines)

    async def ask(self, request: Request[A]) -> A:
        """The answer to a request, which is numbered here; raises `EngineError` when refused, `EngineDied` at once."""
        if self._end:
            raise self._end.with_traceback(None)
        number = next(self._ids)
        line = encode(msgspec.structs.replace(request, id=number))
        if len(line) > MAX_REQUEST:
            raise EngineError(f"The request has {len(line):,} bytes: the engine reads at most {MAX_REQUEST:,}.")
        answer: Future[A] = asyncio.get_running_loop().create_future()
        self._pending[number] = answer
        try:
            await self._send(line)
            return await answer
        finally:
            del self._pending[number]

    async def events(self) -> AsyncIterator[Progress]:
        """Every progress, in order, for one reader; ends after `close` and raises `EngineDied` on any other end."""
        while (event := await self._events.get()) is not None:
            yield event
        self._events.put_nowait(None)
        if self._end and not self._closing:
            raise self._end.with_traceback(None)

    async def close(self) -> None:
        """End the engine and wait, for a few seconds at most, until it is gone. May be called twice."""
        self._closing = self._closing or asyncio.get_running_loop().create_task(self._close())
        await asyncio.shield(self._closing)

    async def _send(self, line: bytes) -> None:
        assert self._process.stdin is not None
        if self._recorder:
            self._recorder.add("client", line)
        with suppress(ConnectionError):  # the engine is dying: `_listen` sees it and says why
            self._process.stdin.write(line + b"\n")
            await self._process.stdin.drain()

    async def _listen(self) -> None:
        """Hand out what the engine says until it says no more."""
        assert self._process.stdout is not None
        while True:
            try:
                line = await self._process.stdout.readline()
            except ValueError:
                self._note(f"a line of more than {MAX_LINE:,} bytes")
                continue
            if not line:
                break
            self._hear(line.rstrip(b"\r\n"))
        await self._bury()

    def _hear(self, line: bytes) -> None:
        try:
            reply = decode_reply(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self._note(line[:4096].decode(errors="replace"))
            return
        if self._recorder:
            self._recorder.add("engine", line)
        self._hand_out(reply)

    def _hand_out(self, reply: AnyReply) -> None:
        if isinstance(reply, Progress):
            self._events.put_nowait(reply)
        elif isinstance(reply, Hello):
            self._greet(reply)
        elif (waiting := self._pending.get(reply.id)) and not waiting.done():
            if isinstance(reply, Error):
                waiting.set_exception(EngineError(reply.sentence))
            else:
                waiting.set_result(reply)
        elif isinstance(reply, Error):
            self._note(reply.sentence)

    def _greet(self, hello: Hello) -> None:
        if self._hello.done():
            return
        if hello.protocol == VERSION:
            self._hello.set_result(hello)
            return
        self._fail(
            EngineError(
                f"The engine speaks version {hello.protocol} of the protocol, this program version {VERSION}: "
                "install the same version of unroll on both sides."
            )
        )

    async def _bury(self) -> None:
        """The engine's output has ended: learn why, and tell everyone who waits."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._stderr), PATIENCE / 4)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), PATIENCE / 4)
        self._finish(EngineDied(self._obituary(), self._last_lines))

    def _obituary(self) -> str:
        code = self._process.returncode
        if self._closing:
            return CLOSED
        early = "" if self._hello.done() else " before it said hello"
        if code is None:
            return f"The engine fell silent{early}."
        return f"The engine was killed by signal {-code}{early}." if code < 0 else f"The engine ended{early} ({code})."

    def _finish(self, end: EngineError) -> None:
        self._fail(end)
        self._events.put_nowait(None)
        if self._recorder:
            self._recorder.close()

    def _fail(self, end: EngineError) -> None:
        """Nothing will be answered any more; the first reason stays."""
        self._end = self._end or end
        waiting = [future for future in (self._hello, *self._pending.values()) if not future.done()]
        for future in waiting:
            future.set_exception(self._end)
        if self._hello in waiting:
            self._hello.exception()  # seen: nobody need be waiting for it

    async def _drain_stderr(self) -> None:
        assert self._process.stderr is not None
        rest = ""
        while chunk := await self._process.stderr.read(2**16):
            *lines, rest = (rest + chunk.decode(errors="replace")).split("\n")
            rest = rest[:4096]
            for line in lines:
                self._note(line)
        if rest:
            self._note(rest)

    def _note(self, line: str) -> None:
        """Keep a line that is not of the protocol for whoever wants to know what went wrong."""
        self._last_lines.append(printable(line))
        self._logged += 1
        if self._logged <= MAX_LOGGED:
            self._log.write(f"engine {self.pid}: {line}")

    async def _close(self) -> None:
        assert self._process.stdin is not None
        for end in (self._process.stdin.close, self._process.terminate, self._process.kill):
            with suppress(ProcessLookupError):
                end()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), PATIENCE)
            if self._process.returncode is not None:
                break
        await asyncio.wait((self._stdout, self._stderr), timeout=PATIENCE / 2)
        self._stdout.cancel()
        self._stderr.cancel()
        self._finish(EngineDied(CLOSED))


def _reason(error: OSError | ValueError) -> str:
    """Why a command could not be run, in the system's own words."""
    return (isinstance(error, OSError) and error.strerror) or str(error)
