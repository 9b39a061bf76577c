"""The whole program in a real pseudo-terminal: one way to wait for it, and what it must give back in the end.

with Session(*TRAINED) as session:
    session.until_ready()
    session.send("q")
    assert session.until_ended() == 0
    session.assert_given_back()
"""

import os
import pty
import sys
import termios
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from unroll_dev.bench.pty import Terminal

UNROLL = (sys.executable, "-m", "unroll")
RECORDINGS = Path(__file__).parent / "terminal" / "recordings"
TRAINED = ("--replay", str(RECORDINGS / "trained.jsonl"))
UNTRAINED = ("--replay", str(RECORDINGS / "untrained.jsonl"))
"""Recorded engines: they start without torch, and answer as far as the recording goes."""
SILENT = ("--engine", "tail")
"""An engine that never speaks, and ends with its standard input."""
READY = "it expects"
"""On the screen as soon as an engine has answered a look."""
TIMEOUT_S = 60.0
"""For anything that is waited for, on a machine that has other things to do."""
MODES = {"1049", "1000", "1003", "1004", "1006", "1015", "2004", "2026"}
"""Private modes that are off in a terminal as a shell has it."""


def long(*values: Any, **more: Any) -> Any:
    """Parameters that are tried only with the long tests."""
    return pytest.param(*values, marks=pytest.mark.long, **more)


class Session(Terminal):
    """The program in a terminal; whatever is waited for and does not come fails with the screen in words."""

    def __init__(
        self,
        *arguments: str,
        command: Sequence[str] = UNROLL,
        size: tuple[int, int] = (120, 40),
        delay: float = 0.0,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start it; `delay` is that of the terminal's answers, in seconds."""
        super().__init__([*command, *arguments], size, delay=delay, environment=environment)

    def until(self, condition: Callable[[], object], timeout: float = TIMEOUT_S) -> float:
        return super().until(condition, timeout)  # type: ignore[arg-type]

    def until_shown(self, *texts: str) -> None:  # type: ignore[override]
        """Read until all of these stand on the screen."""
        self.until(lambda: all(text in self.text for text in texts))

    def until_gone(self, text: str) -> None:
        """Read until this stands on the screen no more."""
        self.until(lambda: text not in self.text)

    def until_ready(self, *texts: str) -> None:
        """Read until the engine has answered, and these texts are shown too."""
        self.until_shown(READY, *texts)

    def quiet(self, seconds: float = 0.2, timeout: float = TIMEOUT_S) -> None:
        """Read until nothing has come for so long, and the program waits: on a busy machine it may just be late."""
        end = time.monotonic() + timeout
        while self.pump(seconds) or "R" in map(_state, Path(f"/proc/{self.program.pid}/task").glob("*")):
            assert time.monotonic() < end, f"not quiet within {timeout:g} s:\n{self.text}"

    def until_ended(self, *processes: int) -> int:
        """Read to the end, and wait for these processes to end too; the exit code, or minus a signal's number."""

        def is_read() -> bool:
            is_over = self.program.poll() is not None  # asked first: what it wrote before its end is still to be read
            return self.ended or (not self.pump(0.05) and is_over)

        wait_for(lambda: is_read() and not living(processes), lambda: self.text)
        return self.program.wait(TIMEOUT_S)

    def hang_up(self) -> int:
        """Close the terminal, and wait for the program; its exit code."""
        os.close(self.line)
        return self.program.wait(10)

    def tell(self, told: int | str) -> None:
        """Send the program a signal, or keys."""
        if isinstance(told, str):
            self.send(told)
        else:
            os.kill(self.program.pid, told)

    @property
    def processes(self) -> list[int]:
        """The program and all that it has started."""
        return family(self.program.pid)

    @property
    def last_row(self) -> str:
        """The footer."""
        return self.text.splitlines()[-1]

    @property
    def sent(self) -> bytes:
        """All that the program has written."""
        return b"".join(chunk.data for chunk in self.chunks)

    def assert_given_back(self, traceback: bool = False) -> None:
        """Settings as in a new terminal, all modes off, the first screen, wrapping, and the cursor shown."""
        assert termios.tcgetattr(self.line) == _settings_of_a_new_one()
        assert modes_left_on(self.sent) == set()
        assert (b"Traceback" in self.sent) is traceback


def modes_left_on(sent: bytes) -> set[str]:
    """The modes that bytes sent to a terminal leave otherwise than a shell has them; `kitty` for its keyboard."""

    def last(sequence: str) -> int:
        return sent.rfind(f"\x1b[{sequence}".encode())

    left = {mode for mode in MODES if last(f"?{mode}h") > last(f"?{mode}l")}
    left |= {mode for mode in ("7", "25") if last(f"?{mode}l") > last(f"?{mode}h")}
    return left | ({"kitty"} if last(">29u") > last("<u") else set())


def family(process: int) -> list[int]:
    """A process and all that it has started, and they."""
    children = [
        int(child) for file in Path(f"/proc/{process}/task").glob("*/children") for child in file.read_text().split()
    ]
    return [process, *(member for child in children for member in family(child))]


def living(processes: Iterable[int]) -> list[int]:
    """Those of the processes that still run."""
    return [process for process in processes if _state(Path(f"/proc/{process}")) not in ("", "Z")]


def is_stopped(process: int) -> bool:
    """Whether it was stopped by a signal."""
    return _state(Path(f"/proc/{process}")) == "T"


def wait_for(holds: Callable[[], object], instead: Callable[[], object] = lambda: "") -> None:
    """Wait until something holds, or fail and say what there is instead."""
    end = time.monotonic() + TIMEOUT_S
    while not holds():
        assert time.monotonic() < end, f"not within {TIMEOUT_S:g} s; instead:\n{instead()}"
        time.sleep(0.01)


def _state(folder: Path) -> str:
    """The state of a process or thread by its folder in /proc: `R` where it runs or could, "" where it is gone."""
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def _settings_of_a_new_one() -> list[Any]:
    master, slave = pty.openpty()
    settings = termios.tcgetattr(slave)
    os.close(master)
    os.close(slave)
    return settings
