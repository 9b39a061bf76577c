"""Why there is no engine, or none yet: a sentence with a way out, from how its command ended and what it wrote.

A password cannot be typed: ssh has no terminal here, and the screen is taken.
"""

import re
from asyncio import StreamReader
from collections import deque
from collections.abc import Sequence

from unroll.log import NOTE, Log
from unroll.text import printable

LAST_LINES = 20
"""Lines kept for a person to see."""
MAX_LOGGED_LINES = 1000
"""Lines of one engine that go into the log; the rest are dropped."""
MAX_LINE_CHARACTERS = 4096
"""Characters of a line that are kept."""

COMMAND_FAILED = {
    126: "The engine's command cannot be run (exit status 126): give the path of an unroll that can.",
    127: "The engine's command was not found (exit status 127): install unroll there or give its path.",
}
"""What a shell's exit status means where no engine ever spoke."""
SSH_SAYS = {
    "IDENTIFICATION HAS CHANGED": "The host's key is not the one ssh knows: if that is right, ssh-keygen -R HOST.",
    "Host key verification failed": "ssh does not know this host: log in once by hand (ssh HOST) and accept its key.",
    "Permission denied \\(|Too many authentication": "ssh needs a key (ssh-copy-id): no password can be typed here.",
    "Could not resolve hostname": "ssh finds no such host: check its name.",
    "refused|No route|unreachable|timed out|closed|reset": "ssh does not reach the host: check its net and port.",
}
"""What ssh writes when it gets nowhere, and what to do about it; the first that is found counts."""
QUESTION = re.compile(r"(password|passphrase|passcode|verification code)\b[^\n]{0,80}[:?]\s*\Z", re.IGNORECASE)


class EngineError(Exception):
    """The engine refused something; the message is its sentence."""


class EngineDied(EngineError):  # noqa: N818 - it says what is
    """The engine is gone; the message is a sentence, `last_lines` the last things it logged, oldest first."""

    def __init__(self, sentence: str, last_lines: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.last_lines = tuple(last_lines)


class StrayLines:
    """What an engine, or the command that leads to one, writes beside the protocol: kept to tell what went wrong."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._log = Log("client.log")
        self._logged = 0
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self._unfinished = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """The last lines, oldest first; one that has no end yet, such as a question, is among them."""
        unfinished = [printable(self._unfinished)] if self._unfinished.strip() else []
        return (*self._lines, *unfinished)[-LAST_LINES:]

    async def read(self, stream: StreamReader) -> None:
        """Read a stream to its end."""
        while chunk := await stream.read(2**16):
            *lines, rest = (self._unfinished + chunk.decode(errors="replace")).split("\n")
            self._unfinished = rest[:MAX_LINE_CHARACTERS]
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
        """Log a line without keeping it."""
        self._logged += 1
        if self._logged <= MAX_LOGGED_LINES:
            self._log.write(f"engine {self._pid}: {line[:MAX_LINE_CHARACTERS]}")


def why_it_ended(code: int | None, words: Sequence[str], said_hello: bool) -> str:
    """Why there is no engine any more: its process ended with `code`, a signal's number below zero, or None where it
    lives but sends no more; `words` are the last lines that it wrote beside the protocol."""
    early = "" if said_hello else " before it said hello"
    if code is None:
        return f"The engine fell silent{early}."
    if code < 0:
        return f"The engine was killed by signal {-code}{early}."
    if said_hello and code == 255:
        return "The line to the engine was cut, or the engine was killed (exit status 255)."
    if not said_hello and code in COMMAND_FAILED:
        return COMMAND_FAILED[code]
    if not said_hello and code == 255:
        for pattern, sentence in SSH_SAYS.items():
            if re.search(pattern, "\n".join(words)):
                return sentence
    return f"The engine ended{early} (exit status {code})."


def cause(words: Sequence[str]) -> str:
    """The last line it wrote, unless that is one of its ordinary notes."""
    last = words[-1] if words else ""
    return "" if last.startswith(NOTE) else last


def no_hello(seconds: float, words: Sequence[str]) -> str:
    """Why there is no engine yet."""
    last = cause(words) if words else "It has written nothing."
    if QUESTION.search(last):
        return f"The engine's command asks a question that cannot be answered here: set up a key instead. {last}"
    return f"The engine has not said hello for {seconds:.0f} s. {last}".rstrip()
