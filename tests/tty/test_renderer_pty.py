"""The cell diff in a real pseudo-terminal: signals, a slow line, a terminal that is not read."""

import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from unroll_dev.bench.pty import Terminal


def program(kind: str, rate: float | None = None, size: tuple[int, int] = (60, 16)) -> Terminal:
    """One of the sample apps in a pseudo-terminal."""
    command = [sys.executable, "-c", f"from tty_kit import {kind}; {kind}().run()"]
    return Terminal(command, size, rate, environment={"PYTHONPATH": str(Path(__file__).parent)})


def ticks(terminal: Terminal) -> int:
    found = re.search(r"tick (\d+)", terminal.text)
    return int(found[1]) if found else 0


@pytest.mark.parametrize("kind", ["BoardApp", "StockApp"])
def test_it_starts_echoes_and_says_nothing_when_idle(kind: str) -> None:
    with program(kind) as terminal:
        terminal.until(lambda: "numbers" in terminal.text)
        terminal.quiet()
        pressed = terminal.send("7")
        assert terminal.until(lambda: " 7 " in terminal.text) >= pressed
        terminal.quiet()
        assert terminal.pump(0.5) == 0


def test_after_stop_and_continue_the_screen_comes_back() -> None:
    with program("BoardApp") as terminal:
        terminal.until(lambda: "numbers" in terminal.text)
        terminal.quiet()
        terminal.send("42")
        terminal.until(lambda: "42" in terminal.text)
        terminal.quiet()
        before = terminal.text
        os.kill(terminal.program.pid, signal.SIGTSTP)
        terminal.quiet()
        terminal.screen.reset()
        terminal.screen.draw("$ fg")
        os.kill(terminal.program.pid, signal.SIGCONT)
        terminal.until(lambda: terminal.text == before)


def test_a_window_of_another_size_is_filled() -> None:
    with program("BoardApp") as terminal:
        terminal.until(lambda: "numbers" in terminal.text)
        terminal.resize(30, 9)
        terminal.until(lambda: "numbers" in terminal.screen.display[7])


def test_on_a_slow_line_a_key_echoes_soon_and_no_frame_is_late() -> None:
    with program("BusyApp", rate=10_000) as terminal:
        terminal.until(lambda: ticks(terminal) > 5)
        terminal.pump(1.0)
        for key in "123":
            pressed = terminal.send(key)
            assert terminal.until(lambda key=key: key in terminal.screen.display[14]) - pressed < 1.0
            terminal.pump(0.1)


def test_a_terminal_that_is_not_read_stops_nothing_and_gets_no_backlog() -> None:
    with program("BusyApp", rate=200_000) as terminal:
        terminal.until(lambda: ticks(terminal) > 5)
        before = ticks(terminal)
        time.sleep(3)
        stale = terminal.received
        terminal.until(lambda: ticks(terminal) > before + 60, timeout=2)
        assert terminal.received - stale < 60_000
