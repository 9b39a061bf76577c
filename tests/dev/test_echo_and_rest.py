"""Keys are timed and weighed one by one, on programs small enough to know what they must cost."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from unroll_dev.bench.echo import TYPED, echoes
from unroll_dev.bench.panes import Pane
from unroll_dev.bench.programs import SMALLEST, at_rest, caused
from unroll_dev.bench.pty import Terminal
from unroll_dev.bench.resize import wrong_cells
from unroll_dev.bench.rest import steps

RAW = """
import sys, tty
tty.setraw(0)
def show(text): print(text, end='', flush=True)
show('ready')
"""


@contextmanager
def python(code: str) -> Iterator[Terminal]:
    with Terminal([sys.executable, "-c", RAW + code], (40, 10)) as terminal:
        terminal.until_shown("ready", 30)
        yield terminal


@pytest.mark.long
def test_every_digit_is_timed_to_its_echo() -> None:
    with at_rest(SMALLEST, "Ready") as terminal:
        times = echoes(terminal)
    assert len(times) == sum(key != " " for key in TYPED) == 20
    assert all(0 < time < 10 for time in times)


def test_a_key_costs_what_it_brings_about_by_pane() -> None:
    answers = r"{'a': '\x1b[2;3Habc', 'b': '\x1b[2;3H\x1b[1mx\x1b[m\x1b[5;5Hyy'}"
    with python(f"while True: show({answers}[sys.stdin.read(1)])") as terminal:
        panes = {"top": Pane(0, 0, 40, 3), "rest": Pane(0, 3, 40, 10)}
        first, second = caused(terminal, "a"), caused(terminal, "b")
        assert (first.data, first.size) == (b"\x1b[2;3Habc", 9)
        assert (first.by_pane(panes)["top"], first.by_pane(panes)["rest"]) == (9, 0)
        assert (second.by_pane(panes)["top"], second.by_pane(panes)["rest"]) == (11, 11)


def test_what_begins_with_a_step_of_the_cursor_is_charged_from_where_it_stood() -> None:
    with python(r"show('\x1b[5;5H'); sys.stdin.read(1); show('\x1b[Dx'); sys.stdin.read(1)") as terminal:
        terminal.quiet()
        assert caused(terminal, "k").by_pane({"there": Pane(3, 4, 4, 5)})["there"] == 4


def test_steps_go_to_and_fro_and_each_is_waited_for() -> None:
    code = r"""
at = 9
while True:
    at += {'D': -1, 'C': 1}[sys.stdin.read(3)[2]]
    show(f'\x1b[Hstep {at}/9: after')
"""
    with python(code) as terminal:
        taken = steps(terminal, 9, 4)
        assert [step.data for step in taken] == [b"\x1b[Hstep %d/9: after" % at for at in (8, 7, 8, 9)]
        assert all(step.seconds > 0 for step in taken)


@pytest.mark.parametrize(("left", "wrong"), [("abc", 0), ("abX", 1), ("abc   X", 1)])
def test_a_frame_that_is_not_what_a_redraw_gives_is_wrong_in_so_many_cells(left: str, wrong: int) -> None:
    code = rf"""
for text in ('\x1b[H{left:8}', '\x1b[H\x1b[2Jabc'):
    sys.stdin.read(1)
    show(text)
sys.stdin.read(1)
"""
    with python(code) as terminal:
        terminal.send("k")
        terminal.until_shown(left)
        assert wrong_cells(terminal, (40, 10)) == wrong
