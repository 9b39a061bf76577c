"""What an engine, or the command that leads to one, writes beside the protocol: kept to tell what went wrong."""

from __future__ import annotations

from asyncio import StreamReader
from collections import deque

from unroll.log import Log
from unroll.text import printable

LAST_LINES = 20
"""How many of the last lines are kept for the person to see."""
MAX_LOGGED = 1000
"""How many stray lines of one engine go into the log; the rest are only counted."""
MAX_LENGTH = 4096
"""Characters of one line that are looked at."""


class Overheard:
    """The stray lines of one engine."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._log = Log("client.log")
        self._logged = 0
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self._unfinished = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """The last lines, oldest first; one that has no end yet, such as a question, is among them."""
        unfinished = (printable(self._unfinished),) if self._unfinished.strip() else ()
        return (*self._lines, *unfinished)[-LAST_LINES:]

    async def listen(self, stream: StreamReader) -> None:
        """Take in a stream to its end."""
        while chunk := await stream.read(2**16):
            *lines, rest = (self._unfinished + chunk.decode(errors="replace")).split("\n")
            self._unfinished = rest[:MAX_LENGTH]
            for line in lines:
                self.note(line)
        if self._unfinished:
            self.note(self._unfinished)
            self._unfinished = ""

    def note(self, line: str) -> None:
        """Keep a line, and log it."""
        self._lines.append(printable(line))
        self.log(line)

    def log(self, line: str) -> None:
        """Only log it."""
        self._logged += 1
        if self._logged <= MAX_LOGGED:
            self._log.write(f"engine {self._pid}: {line[:MAX_LENGTH]}")
