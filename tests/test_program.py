"""The whole program in a real pseudo-terminal, as a person starts it and leaves it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pexpect
import pyte
import pytest

UNROLL = [sys.executable, "-m", "unroll"]
PATIENCE = 60.0
"""Seconds for anything that is waited for, on a machine that has other things to do."""
FIXED = ("COLUMNS", "LINES")
"""Variables that hold a size against the terminal's own; some test runners set them."""
SENTENCE = "unroll draws on a terminal, and this is none"


class Sitting:
    """The program at work, and the screen that it paints."""

    def __init__(self, width: int, height: int, words: Sequence[str] = (), **changes: str) -> None:
        self.screen = pyte.Screen(width, height)
        self.sent = b""
        self._stream = pyte.ByteStream(self.screen)
        environment = {name: value for name, value in os.environ.items() if name not in FIXED}
        environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", **changes}
        self.program = pexpect.spawn(
            UNROLL[0], [*UNROLL[1:], *words], dimensions=(height, width), env=environment, timeout=None, echo=True
        )
        self.settings = settings_of_new_terminal()

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def press(self, keys: str) -> None:
        self.program.send(keys)

    def until(self, holds: Callable[[], bool]) -> None:
        """Show what the program paints until something holds, or fail with the screen in words."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, f"never seen on {self.screen.columns} by {self.screen.lines}:\n{self.text}"
            self._read()

    def until_shown(self, *texts: str) -> None:
        self.until(lambda: all(text in self.text for text in texts))

    def until_ended(self) -> int:
        """Read to the end of it; the exit code, or the signal's number below zero."""
        self.until(lambda: not self.program.isalive())
        while self._read():
            pass
        return -self.program.signalstatus if self.program.signalstatus else self.program.exitstatus

    def _read(self) -> bool:
        with suppress(pexpect.TIMEOUT, pexpect.EOF):
            data = self.program.read_nonblocking(2**16, timeout=0.1)
            self.sent += data
            self._stream.feed(data)
            return True
        return False

    def settings_now(self) -> list[Any]:
        """What the line is set to."""
        return termios.tcgetattr(self.program.child_fd)

    def assert_left_as_found(self) -> None:
        """The line's settings are what they were, the alternate screen is left, the cursor and the mouse are back."""
        assert self.settings_now() == self.settings
        for on, off in ((b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?25l", b"\x1b[?25h"), (b"1000h", b"1000l")):
            assert self.sent.rfind(off) > self.sent.rfind(on) >= 0


def settings_of_new_terminal() -> list[Any]:
    """What a terminal is set to before a program changes it; the program at work may already have done so."""
    master, slave = os.openpty()
    try:
        return termios.tcgetattr(slave)
    finally:
        os.close(master)
        os.close(slave)


@contextmanager
def sitting(width: int = 120, height: int = 40, words: Sequence[str] = (), **changes: str) -> Iterator[Sitting]:
    """The program in a terminal of a size, given words and variables; ended, if it still runs, after the test."""
    begun = Sitting(width, height, words, **changes)
    try:
        yield begun
    finally:
        begun.program.close(force=True)


def started_by(pid: int) -> set[int]:
    """The processes that a process has started, and those that they have."""
    children = {
        int(child) for file in Path(f"/proc/{pid}/task").glob("*/children") for child in file.read_text().split()
    }
    return children.union(*map(started_by, children))


def none_left(processes: set[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in processes)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_start_train_read_eleven_step_back_and_quit(size: tuple[int, int]) -> None:
    with sitting(*size) as person:
        person.until_shown("› 7 8 9 10", "step 4/4: after 10 it expects")
        engine = started_by(person.program.pid)
        person.press(" ")
        person.until_shown("step 4/4: after 10 it expects 11, >99.9 %")
        person.press("2")
        person.until_shown("epoch 25/25", "←/→ epoch")
        person.press("\x1b")
        person.until_shown("Hidden state", "←/→ step")
        person.press("\x1b[D")
        person.until_shown("step 3/4: after 9 it expects 10, >99.9 %")
        person.press("q")
        assert person.until_ended() == 0
        person.assert_left_as_found()
        assert engine
        person.until(lambda: none_left(engine))


def test_the_frame_is_painted_while_the_engine_still_starts() -> None:
    with sitting() as person:
        person.until_shown("Recipe", "› 7 8 9 10")
        assert "starting the engine" in person.text


@pytest.mark.parametrize("leaving", ["\x03", "/\x03"], ids=["from the heatmap", "from the prompt"])
def test_ctrl_c_leaves_even_before_the_engine_is_there(leaving: str) -> None:
    with sitting() as person:
        person.until_shown("Recipe", "› 7 8 9 10")
        engine = started_by(person.program.pid)
        person.press(leaving)
        assert person.until_ended() == 0
        person.assert_left_as_found()
        person.until(lambda: none_left(engine))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_told_to_end_it_leaves_the_terminal_as_it_was(number: signal.Signals) -> None:
    with sitting() as person:
        person.until_shown("it expects")
        engine = started_by(person.program.pid)
        person.program.kill(number)
        person.until_ended()
        person.assert_left_as_found()
        person.until(lambda: none_left(engine))


def test_a_resized_terminal_is_painted_anew() -> None:
    with sitting() as person:
        person.until_shown("it expects")
        for width, height, shown in (
            (60, 20, "unroll needs 80 columns"),
            (80, 24, "1 State"),
            (120, 40, "hidden_size"),
        ):
            person.screen.resize(height, width)
            person.program.setwinsize(height, width)
            person.until_shown(shown)


@pytest.mark.parametrize("redirected", ["<&-", "</dev/null", ">/dev/null", "2>&1 | cat", "2>err"])
def test_where_a_stream_is_no_terminal_it_says_so_and_exits_with_2(redirected: str, tmp_path: Path) -> None:
    command = f"{sys.executable} -m unroll {redirected}; echo code ${{PIPESTATUS[0]}}; cat err 2>/dev/null"
    program = pexpect.spawn("bash", ["-c", command], cwd=tmp_path, timeout=PATIENCE, dimensions=(24, 200))
    said = program.read().decode()
    assert "code 2" in said
    assert said.count(SENTENCE) == 1
    assert "\x1b" not in said


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_dumb_terminal_is_told_so(term: str) -> None:
    environment = {**os.environ, "TERM": term}
    program = pexpect.spawn(UNROLL[0], UNROLL[1:], env=environment, timeout=PATIENCE, dimensions=(24, 200))
    said = program.read().decode()
    program.close()
    assert program.exitstatus == 2
    assert SENTENCE in said


def test_without_any_terminal_it_says_so_and_exits_with_2() -> None:
    done = subprocess.run(UNROLL, input="", capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert SENTENCE in done.stderr
    assert done.stderr.count("\n") == 1
