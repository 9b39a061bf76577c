"""A log file of bounded size that only the user can read, created with the first line.

Each call appends in one write, so that several processes can share a file.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import platformdirs

from unroll.text import printable

STATE_DIR = "UNROLL_STATE_DIR"
"""The environment variable that names another state folder."""
NOTE = "note: "
"""How an echoed line begins that reports no problem."""
MAX_LOG = 256 * 2**10
"""Bytes in a log at most; a full one becomes `NAME.1` and replaces the previous one."""


def state_dir() -> Path:
    """The folder for logs and sessions: the platform's own, or the one that `UNROLL_STATE_DIR` names."""
    return Path(os.environ.get(STATE_DIR) or platformdirs.user_state_dir("unroll"))


class Log:
    """One log file. Failing to write it is ignored on purpose: logging must not stop the program."""

    def __init__(self, name: str, echo: TextIO | None = None, max_bytes: int = MAX_LOG) -> None:
        """The log of that name in the state folder; `echo` gets every line too, for the parent process."""
        self.path = state_dir() / name
        self._echo = echo
        self._max_bytes = max_bytes

    def note(self, text: str) -> None:
        """Write lines that report no problem."""
        self.write(text, NOTE)

    def write(self, text: str, mark: str = "") -> None:
        """Append each line of `text` with the time and the process; an echoed line begins with `mark` instead."""
        stamp = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {os.getpid()} "
        lines = [printable(line) for line in text.splitlines()]
        with suppress(OSError):
            if self._echo:
                print(*(mark + line for line in lines), sep="\n", file=self._echo, flush=True)
        with suppress(OSError):
            self._append("".join(f"{stamp}{line}\n" for line in lines).encode("utf-8", "replace"))

    def _append(self, data: bytes) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o600)
        try:
            os.write(descriptor, data)
            full = os.fstat(descriptor).st_size > self._max_bytes
        finally:
            os.close(descriptor)
        if full:
            self.path.replace(self.path.with_name(f"{self.path.name}.1"))
