"""A program in a real pseudo-terminal, and at the other end a terminal that reads no faster than its line.

    with Terminal([sys.executable, "-m", "unroll"], rate=25_000) as terminal:
        terminal.until_shown("Recipe")
        pressed = terminal.send("7")
        echoed = terminal.until_shown("› 7")

It answers what a program asks of a terminal as xterm would, when the question has come through the line; keeps the time
of every chunk it read; and emulates the screen (`pyte`). Everything happens inside the calls: there is no thread.

It shares the machine that it measures, so it emulates only when somebody looks, and then turns into text only the rows
that changed: watched for a word beside a training at full speed it takes 1 % of a core, and 5 % if it does neither.
"""

import errno
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple, Self

import pyte

from unroll_dev.bench.processes import cpu_seconds

CHUNK = 4096
READ_INTERVAL_S = 0.005
"""A limited line delivers what came through it this often, in seconds."""

UNWANTED = ("TEXTUAL", "COLUMNS", "LINES", "NO_COLOR")
"""Beginnings of variables that would make a program draw otherwise than for the terminal that it has."""

_QUERY = re.compile(rb"\x1b\[(c|6n|\?\d+\$p)")


class Chunk(NamedTuple):
    """Bytes that arrived, and when."""

    when: float
    data: bytes


class Terminal:
    """A terminal with a program in it; `rate` is its line in bytes a second, `delay` that of its answers in seconds."""

    def __init__(
        self,
        command: Sequence[str],
        size: tuple[int, int] = (120, 40),
        rate: float | None = None,
        delay: float = 0.0,
        answers: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.rate, self.delay, self.answers = rate, delay, answers
        self.chunks: list[Chunk] = []
        self.received = 0
        """Bytes read so far."""
        self.ended = False
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._unseen = bytearray()
        self._rows: dict[int, str] = {}
        self._due: list[tuple[float, bytes]] = []
        self._tail = b""
        self._next_read = 0.0
        self.line, slave = pty.openpty()
        self._set_size(*size)
        self.started = time.monotonic()
        self.program = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=_environment(environment or {}),
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 (there is no thread)
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def screen(self) -> pyte.Screen:
        """The screen as all that was read has left it."""
        if self._unseen:
            self.show(self.take_unseen())
        return self._screen

    @property
    def text(self) -> str:
        """What the screen shows."""
        screen = self.screen
        for y in screen.dirty:
            self._rows[y] = "".join(screen.buffer[y][x].data for x in range(screen.columns))
        screen.dirty.clear()
        return "\n".join(self._rows.get(y, "") for y in range(screen.lines))

    def take_unseen(self) -> bytes:
        """What has been read and nobody has looked at yet, to be given to `show` in whatever pieces."""
        unseen, self._unseen = bytes(self._unseen), bytearray()
        return unseen

    def show(self, data: bytes) -> None:
        """Let the emulated screen take in bytes that were read."""
        self._stream.feed(data)

    def send(self, keys: str | bytes) -> float:
        """Type; returns when."""
        os.write(self.line, keys.encode() if isinstance(keys, str) else keys)
        return time.monotonic()

    def resize(self, width: int, height: int) -> None:
        """Change the window's size, which signals the program."""
        self.screen.resize(height, width)
        self._set_size(width, height)

    def pump(self, seconds: float) -> int:
        """Read for so long; returns how many bytes came."""
        before, end = self.received, time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self.ended:
            self._read(left)
        return self.received - before

    def until(self, condition: Callable[[], bool], timeout: float = 10.0) -> float:
        """Read until the condition holds; returns when the chunk arrived that made it so."""
        end = time.monotonic() + timeout
        while not condition():
            left = end - time.monotonic()
            if left <= 0 or self.ended:
                why = "the program has ended" if self.ended else f"not within {timeout:g} s"
                raise TimeoutError(f"{why}; the screen shows:\n{self.text}")
            self._read(left)
        return self.chunks[-1].when if self.chunks else self.started

    def until_shown(self, text: str, timeout: float = 10.0) -> float:
        """Read until a text stands on the screen; returns when the chunk arrived that completed it."""
        return self.until(lambda: text in self.text, timeout)

    def quiet(self, seconds: float = 0.2, timeout: float = 10.0) -> None:
        """Read until nothing has come for so long."""
        end = time.monotonic() + timeout
        while self.pump(seconds):
            if time.monotonic() > end:
                raise TimeoutError(f"not quiet within {timeout} s")

    def cpu_seconds(self) -> float:
        """Processor time used so far by the program and the processes it started; raises `Unmeasured`."""
        return cpu_seconds(self.program.pid)

    def close(self) -> None:
        """End the program and the line."""
        if self.program.poll() is None:
            self.program.kill()
        self.program.wait()
        with suppress(OSError):
            os.close(self.line)

    def _set_size(self, width: int, height: int) -> None:
        fcntl.ioctl(self.line, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def _read(self, left: float) -> None:
        """Wait for what comes next: bytes off the line, or the time of an answer."""
        now = time.monotonic()
        self._answer(now)
        wait = min([left, *(when - now for when, _ in self._due), 0.05])
        if now < self._next_read:
            time.sleep(max(0.0, min(wait, self._next_read - now)))
        elif select.select([self.line], [], [], max(0.0, wait))[0]:
            self._take()

    def _take(self) -> None:
        """Read as much as the line lets through, and show it."""
        amount = CHUNK if self.rate is None else max(1, int(self.rate * READ_INTERVAL_S))
        try:
            data = os.read(self.line, amount)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            data = b""
        self.ended = not data
        now = time.monotonic()
        if self.rate is not None:
            self._next_read = max(self._next_read, now - READ_INTERVAL_S) + len(data) / self.rate
        self.chunks.append(Chunk(now, data))
        self.received += len(data)
        self._hear(data, now)

    def _hear(self, data: bytes, now: float) -> None:
        """Notice the questions in what came, one torn between two chunks too."""
        heard = self._tail + data
        end, shown = 0, len(self._tail)
        for question in _QUERY.finditer(heard):
            end = question.end()
            self._unseen += heard[shown:end]
            shown = max(shown, end)
            if self.answers:
                self._due.append((now + self.delay, self._reply(question[1])))
        self._unseen += heard[shown:]
        self._tail = heard[end:][-12:]
        self._answer(now)

    def _reply(self, question: bytes) -> bytes:
        if question == b"c":
            return b"\x1b[?62;22c"
        if question == b"6n":
            return b"\x1b[%d;%dR" % (self.screen.cursor.y + 1, self.screen.cursor.x + 1)
        mode = question[1:-2]
        return b"\x1b[?%s;%d$y" % (mode, 2 if mode == b"2026" else 0)

    def _answer(self, now: float) -> None:
        while self._due and self._due[0][0] <= now:
            with suppress(OSError):
                os.write(self.line, self._due.pop(0)[1])


def _environment(changes: Mapping[str, str]) -> dict[str, str]:
    """The environment of a terminal like xterm with all its colours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(UNWANTED)}
    return {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", **changes}


def _take_terminal() -> None:
    """Make standard input the controlling terminal, so that its signals arrive."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
