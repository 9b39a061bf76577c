"""The real program in a real pseudo-terminal, and what it must have given back in the end."""

from __future__ import annotations

import os
import pty
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from unroll_dev.bench.pty import Terminal

UNROLL = (sys.executable, "-m", "unroll")
RECORDED = ("--replay", str(Path(__file__).parent / "terminal" / "recordings" / "trained.jsonl"))
"""A recorded engine: it starts without torch, and answers as far as the recording goes."""
PATIENCE = 40.0
"""Seconds for anything that is waited for, on a machine that has other things to do."""
MODES = {"1049", "1000", "1003", "1004", "1006", "1015", "2004", "2026"}
"""Private modes that are off in a terminal as a shell has it."""


def long(value: Any, **more: Any) -> Any:
    """A parameter that is tried only with the long tests."""
    return pytest.param(value, marks=pytest.mark.long, **more)


class Person(Terminal):
    """Someone at a terminal with the program in it."""

    def __init__(
        self,
        *arguments: str,
        under: Sequence[str] = (),
        command: Sequence[str] = UNROLL,
        size: tuple[int, int] = (120, 40),
        environment: Mapping[str, str] | None = None,
        **line: Any,
    ) -> None:
        """`under` are words before the command, such as a shell's; `line` what the terminal's line is like."""
        super().__init__([*under, *command, *arguments], size, environment=environment, **line)

    def type(self, data: bytes) -> None:
        """Send bytes as they are."""
        os.write(self._master, data)

    def shown(self, *texts: str) -> None:
        """Wait until all of these are on the screen."""
        self.until(lambda: all(text in self.text for text in texts), PATIENCE)

    def hang_up(self) -> None:
        """Close the terminal."""
        os.close(self._master)

    def until_ended(self) -> int:
        """Read to the end; the exit code."""
        wait_for(lambda: self.ended or (not self.pump(0.05) and self.program.poll() is not None))
        return self.program.wait(PATIENCE)

    @property
    def sent(self) -> bytes:
        """All that the program has written."""
        return b"".join(chunk.data for chunk in self.chunks)

    @property
    def settings(self) -> list[Any]:
        """The terminal's settings now."""
        return termios.tcgetattr(self._master)

    def assert_given_back(self) -> None:
        """Settings as in a new terminal, all modes off, the first screen, wrapping, and the cursor shown."""
        assert self.settings == _settings_of_a_new_one()
        assert modes_left_on(self.sent) == set()


def modes_left_on(sent: bytes) -> set[str]:
    """The modes that bytes sent to a terminal leave otherwise than a shell has them; `kitty` for its keyboard."""
    left = set()
    for mode in MODES:
        if sent.rfind(b"\x1b[?%sh" % mode.encode()) > sent.rfind(b"\x1b[?%sl" % mode.encode()):
            left.add(mode)
    for mode in ("7", "25"):
        if sent.rfind(b"\x1b[?%sl" % mode.encode()) > sent.rfind(b"\x1b[?%sh" % mode.encode()):
            left.add(mode)
    if sent.rfind(b"\x1b[>25u") > sent.rfind(b"\x1b[<u"):
        left.add("kitty")
    return left


def family(process: int) -> list[int]:
    """A process and all that it has started, and they."""
    children = [
        int(child) for file in Path(f"/proc/{process}/task").glob("*/children") for child in file.read_text().split()
    ]
    return [process, *(member for child in children for member in family(child))]


def living(processes: Sequence[int]) -> list[int]:
    """Those of the processes that still run."""
    return [process for process in processes if _state(process) not in ("", "Z")]


def is_stopped(process: int) -> bool:
    """Whether it was stopped by a signal."""
    return _state(process) == "T"


def wait_for(holds: Callable[[], object]) -> None:
    """Wait until something holds, or fail."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.01)


def _state(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def _settings_of_a_new_one() -> list[Any]:
    master, slave = pty.openpty()
    settings = termios.tcgetattr(slave)
    os.close(master)
    os.close(slave)
    return settings
