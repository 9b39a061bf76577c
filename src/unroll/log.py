"""A log file of bounded size that only the user can read, created with the first line.

Each call appends in one write, so that several processes can share a file.
"""

import os
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import platformdirs

from unroll.errors import FileError
from unroll.files import folder_of, opened, own_folder
from unroll.text import printable

STATE_DIR = "UNROLL_STATE_DIR"
"""The environment variable that names another state folder."""
NOTE = "note: "
"""How an echoed line begins that reports no problem."""
MAX_LOG = 256 * 2**10
"""Bytes in a log at most; a full one becomes `NAME.1` and replaces the previous one."""
WAY_OUT = f"name another state folder with {STATE_DIR}."


def state_dir() -> Path:
    """The folder for logs and sessions: the platform's own, or the one that `UNROLL_STATE_DIR` names; raises
    `FileError` without a home folder."""
    return folder_of(STATE_DIR, lambda: platformdirs.user_state_dir("unroll"))


def private_folder(name: str = "") -> Path:
    """The state folder, or one of that name in it, made if need be; raises `FileError` if others could write there."""
    folder = own_folder(state_dir(), WAY_OUT, may_chmod=False)
    return own_folder(folder / name, WAY_OUT) if name else folder


def host() -> str:
    """This machine's name in the names of files: several machines may share a state folder."""
    return re.sub(r"[^A-Za-z0-9-]", "-", os.uname().nodename.partition(".")[0])[-30:] or "localhost"


class Log:
    """One log file. Failing to write it is ignored on purpose: logging must not stop the program."""

    def __init__(self, name: str, echo: TextIO | None = None, max_bytes: int = MAX_LOG) -> None:
        """The log of that name in the state folder; `echo` gets every line too, for the parent process."""
        self.path = Path(name)
        with suppress(FileError):
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
        with suppress(OSError, FileError):
            self._append("".join(f"{stamp}{line}\n" for line in lines).encode("utf-8", "replace"))

    def _append(self, data: bytes) -> None:
        private_folder()
        how = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_NOFOLLOW
        with opened(self.path, how, 0o600) as descriptor:
            os.write(descriptor, data)
            is_full = os.fstat(descriptor).st_size > self._max_bytes
        if is_full:
            self.path.replace(self.path.with_name(f"{self.path.name}.1"))
