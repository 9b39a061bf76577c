"""A stall is told apart from reading: stale frames are counted, and speed is that of the program, not of the screen."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from unroll_dev.bench.figures import Unmeasured
from unroll_dev.bench.pty import Terminal
from unroll_dev.bench.stall import Backlog, shown_epoch, stalled

HOME = "\\x1b[m\\x1b[;2H"
PRELUDE = f"""
import sys, tty, time, select
tty.setraw(0)
def show(epoch, end='{HOME}'):
    print('\\x1b[1m\\x1b[3;2Hepoch {{:>6,}}/9,999'.format(epoch) + end, end='', flush=True)
"""
CLOCK = """
start = time.monotonic()
while True:
    show(round(1000 * (time.monotonic() - start)))
    {}
    time.sleep(0.02)
"""
ASKS = "print('\\x1b[?2026$p', end='', flush=True); answer = sys.stdin.read(11)"


@contextmanager
def python(code: str) -> Iterator[Terminal]:
    with Terminal([sys.executable, "-c", PRELUDE + code], (60, 10)) as terminal:
        terminal.until_shown("epoch", 30)
        yield terminal


def test_frames_before_the_first_fresh_one_are_stale() -> None:
    code = "show(1); sys.stdin.read(1); [show(n) for n in (2, 3, 4, 1500)]; show(1501, ''); sys.stdin.read(1)"
    with python(code) as terminal:
        terminal.send("k")
        backlog = Backlog(terminal, 1000)
        terminal.until(backlog.over)
        frame = len("\x1b[1m\x1b[3;2Hepoch      2/9,999\x1b[m\x1b[;2H")
        assert (backlog.frames, backlog.size) == (3, 3 * frame)
        terminal.until(lambda: shown_epoch(terminal) == 1501)


def test_a_program_that_waits_for_the_terminal_has_hardly_anything_stale_and_loses_no_speed() -> None:
    with python(CLOCK.format(ASKS)) as terminal:
        speed, stale, _ = stalled(terminal, 1.0)
        assert speed.ours == pytest.approx(1000, rel=0.5)
        assert speed.beside == pytest.approx(1000, rel=0.5)
        assert stale.ours <= 1


def test_a_program_that_writes_on_is_found_out() -> None:
    with python(CLOCK.format("pass")) as terminal:
        _, stale, size = stalled(terminal, 1.0)
        assert stale.verdict == "over"
        assert size.ours > 500


def test_where_no_epoch_is_shown_there_is_nothing_to_measure() -> None:
    with Terminal([sys.executable, "-c", "print('hello')"], (60, 10)) as terminal:
        terminal.until_shown("hello")
        with pytest.raises(Unmeasured):
            shown_epoch(terminal)
