"""A process that leads to an engine: lines in, lines out, and its end.

Both of its outputs are read all the time: a full pipe would stop the engine. Standard error is not inherited: it would
paint over the screen.
"""

import asyncio
import os
import signal
import sys
import time
from asyncio import StreamReader, StreamReaderProtocol, StreamWriter
from asyncio.streams import FlowControlMixin
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE, Popen
from typing import IO, Self

from unroll.client.diagnosis import EngineDied
from unroll.errors import over_limit
from unroll.files import reason
from unroll.protocol.codec import MAX_LINE

PYTHON = (sys.executable, "-P")
"""How a Python process is started: without -P, a `queue.py` in the current folder would be imported."""
READ_BYTES = 2**16
"""Bytes read at a time; the streams hold back what is beyond twice that."""
EXIT_POLL_S = 0.01
"""From one look at whether a process has ended to the next, once it should have."""
KEEP_ALIVE = ("ServerAliveInterval=5", "ServerAliveCountMax=3")
"""Makes ssh notice within some 20 seconds that its line is dead; by itself it waits for ever."""


class Transport:
    """A started process. Nothing ends it but `close`: asyncio's own would be killed with the program."""

    def __init__(self, process: Popen[bytes], send: StreamWriter, output: StreamReader, errors: StreamReader) -> None:
        self._process = process
        self._input = send
        self._output = output
        self.errors = errors

    @classmethod
    async def open(cls, words: Sequence[str]) -> Self:
        """Start a command, or raise `EngineDied`. It has a session of its own: the terminal's signals and password
        prompts pass it by."""
        try:
            process = Popen(over_ssh(words), stdin=PIPE, stdout=PIPE, stderr=PIPE, bufsize=0, start_new_session=True)
        except (OSError, ValueError) as error:
            why = over_limit(error) or f"{words[0]:.200}: {reason(error)}."
            raise EngineDied(f"The engine cannot be started: {why[0].lower()}{why[1:]}") from error
        assert process.stdin and process.stdout and process.stderr
        loop = asyncio.get_running_loop()
        pipe, protocol = await loop.connect_write_pipe(FlowControlMixin, process.stdin)
        send = StreamWriter(pipe, protocol, None, loop)
        return cls(process, send, await _reader(process.stdout), await _reader(process.stderr))

    @property
    def pid(self) -> int:
        """The started process."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """What the process ended with: a signal's number below zero; None while it runs."""
        return self._process.poll()

    async def send(self, line: bytes) -> None:
        """Write a line, and wait while too much is under way; a process that is dying drops it."""
        with suppress(ConnectionError):
            self._input.write(line + b"\n")
            await self._input.drain()

    async def lines(self) -> AsyncIterator[bytes]:
        """Its lines as they come, without their ends; a longer one is cut somewhat beyond `MAX_LINE` bytes."""
        held = bytearray()
        while chunk := await self._output.read(READ_BYTES):
            *whole, rest = chunk.split(b"\n")
            for part in whole:
                held += part
                yield bytes(held).rstrip(b"\r")
                held = bytearray()
            if len(held) <= MAX_LINE:
                held += rest
        if held:
            yield bytes(held)

    async def hang_up(self, timeout: float) -> bool:
        """Close its input, and wait `timeout` seconds for the process to end; whether it has."""
        self._input.close()
        end = time.monotonic() + timeout
        while self.code is None and time.monotonic() < end:
            await asyncio.sleep(EXIT_POLL_S)
        return self.code is not None

    async def close(self, timeout: float) -> None:
        """End the process: by the end of its input, which a stopped one must be woken to see, and if need be by force;
        it has `timeout` seconds each time."""
        for number in (signal.SIGCONT, signal.SIGTERM, signal.SIGKILL):
            if self.code is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, number)
            if await self.hang_up(timeout):
                return


def over_ssh(words: Sequence[str]) -> list[str]:
    """A command; ssh gets options that keep its lines clean and make it notice a dead one, unless it has its own."""
    program, *rest = words
    if Path(program).name != "ssh":
        return [program, *rest]
    plain = [] if "-T" in rest else ["-T"]
    given = any("serveralive" in word.lower() for word in rest)
    alive = [] if given else [part for option in KEEP_ALIVE for part in ("-o", option)]
    return [program, *plain, *alive, *rest]


async def _reader(pipe: IO[bytes]) -> StreamReader:
    reader = StreamReader(limit=READ_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(lambda: StreamReaderProtocol(reader), pipe)
    return reader
