"""Nothing is lost: an engine killed, a terminal killed, a line that drops, a training left alone; and what one sees."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from background_kit import nobody_left_behind  # noqa: F401
from pty_kit import long
from unroll_dev.bench.pty import Terminal

pytestmark = pytest.mark.usefixtures("nobody_left_behind")
LONG = [sys.executable, "-m", "unroll", "play", "unroll:1 epochs=50000 sequence=7,8,9,10 step=4"]
AGAIN = [sys.executable, "-m", "unroll"]
PATIENCE = 40.0
FULL_SPEED = " ++++"


@contextmanager
def opened(command: list[str]) -> Iterator[Terminal]:
    """The program, once its engine has answered."""
    with Terminal(command) as terminal:
        until(terminal, "it expects")
        yield terminal


def until(terminal: Terminal, *texts: str) -> None:
    terminal.until(lambda: all(text in terminal.text for text in texts), PATIENCE)


def epoch(terminal: Terminal) -> int:
    """The epoch that the loss pane shows."""
    shown = re.search(r"epoch +([\d,]+)/50,000", terminal.text)
    return int(shown[1].replace(",", "")) if shown else -1


def train(terminal: Terminal) -> int:
    """Train at full speed for three seconds; the epoch that had been reached after one, two before the end."""
    terminal.send(FULL_SPEED)
    terminal.until(lambda: epoch(terminal) > 0, PATIENCE)
    terminal.pump(1.0)
    reached = epoch(terminal)
    terminal.pump(2.0)
    return reached


def engine_of(terminal: Terminal) -> int:
    children = Path(f"/proc/{terminal.program.pid}/task/{terminal.program.pid}/children").read_text().split()
    return int(children[0])


def ended(terminal: Terminal, *processes: int) -> int:
    """Wait until the program and some processes are gone; the exit code."""
    end = time.monotonic() + PATIENCE
    while terminal.program.poll() is None or any(Path(f"/proc/{pid}").exists() for pid in processes):
        assert time.monotonic() < end, terminal.text
        terminal.pump(0.1)
        time.sleep(0.02)
    return terminal.program.returncode


def test_a_killed_engine_comes_back_with_one_key_where_it_was() -> None:
    with opened(LONG) as terminal:
        reached = train(terminal)
        os.kill(engine_of(terminal), signal.SIGKILL)
        until(terminal, "ctrl+r starts another engine.", "killed by signal 9")
        terminal.send("\x12")
        until(terminal, "It is back as it was last kept")
        assert epoch(terminal) >= reached
        assert "count rnn" in terminal.text
        before = epoch(terminal)
        terminal.send(" ")
        terminal.until(lambda: epoch(terminal) > before + 100, PATIENCE)


@pytest.mark.parametrize("number", [long(signal.SIGKILL), signal.SIGHUP, long(signal.SIGTERM)])
def test_a_sitting_that_is_cut_off_is_offered_and_comes_back(number: int) -> None:
    with opened(LONG) as terminal:
        reached, engine = train(terminal), engine_of(terminal)
        os.kill(terminal.program.pid, number)
        assert ended(terminal, engine) in (-number, 128 + number)
    with opened(AGAIN) as terminal:
        until(terminal, "was cut off after", "r resumes it.")
        terminal.send("r")
        until(terminal, "It is back as it was last kept")
        terminal.until(lambda: epoch(terminal) >= reached, PATIENCE)
        terminal.send(" ")
        until(terminal, "Pause")
        terminal.send("qq")
        assert ended(terminal) == 0
    with opened(AGAIN) as terminal:
        assert "cut off" not in terminal.text


def test_a_training_that_is_left_goes_on_and_is_found_again_with_its_curve() -> None:
    with opened(LONG) as terminal:
        reached, engine = train(terminal), engine_of(terminal)
        terminal.send("d")
        until(terminal, "It goes on in the background: unroll attach count-rnn")
        assert ended(terminal) == 0
    assert Path(f"/proc/{engine}").exists()
    with opened([*AGAIN, "attach"]) as terminal:
        terminal.until(lambda: epoch(terminal) > reached, PATIENCE)
        assert "Pause" in terminal.text
        terminal.send("q")
        until(terminal, "A training is under way", "unroll attach comes back")
        terminal.send("\x1b")
        terminal.until(lambda: "A training" not in terminal.text, PATIENCE)
        terminal.send("qq")
        assert ended(terminal, engine) == 0


def test_what_has_not_been_trained_is_not_left_alone() -> None:
    with opened(AGAIN) as terminal:
        terminal.send("d")
        until(terminal, "Nothing trains that could go on alone: space trains, s saves, q leaves.")
        terminal.send("r")
        until(terminal, "No sitting was cut off")
        terminal.send("q")
        assert ended(terminal) == 0
