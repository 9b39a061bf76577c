"""The cell diff in a real pseudo-terminal: signals, a slow line, a terminal that is not read."""

import re
import signal
import sys
import time
from pathlib import Path

from pty_kit import Session


def program(kind: str, rate: float | None = None) -> Session:
    """One of the sample apps in a pseudo-terminal, its line limited to `rate` bytes a second."""
    command = [sys.executable, "-c", f"from tty_kit import {kind}; {kind}().run()"]
    session = Session(command=command, size=(60, 16), environment={"PYTHONPATH": str(Path(__file__).parent)})
    session.rate = rate
    return session


def ticks(terminal: Session) -> int:
    found = re.search(r"tick (\d+)", terminal.text)
    return int(found[1]) if found else 0


def test_it_echoes_and_idles_in_silence_comes_back_after_a_stop_and_fills_another_window() -> None:
    with program("BoardApp") as terminal:
        terminal.until_shown("numbers")
        terminal.quiet()
        pressed = terminal.send("7")
        assert terminal.until(lambda: " 7 " in terminal.text) >= pressed
        terminal.quiet()
        assert terminal.pump(0.5) == 0
        before = terminal.text
        terminal.tell(signal.SIGTSTP)
        terminal.quiet()
        terminal.screen.reset()
        terminal.screen.draw("$ fg")
        terminal.tell(signal.SIGCONT)
        terminal.until(lambda: terminal.text == before)
        terminal.resize(30, 9)
        terminal.until(lambda: " 7 " in terminal.screen.display[7])


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
