"""Programs measured in a pseudo-terminal: a line as slow as it says, keys weighed one by one, stalls told apart."""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from unroll_dev.bench.echo import TYPED, echoes
from unroll_dev.bench.far import FarTerminal
from unroll_dev.bench.figures import Unmeasured
from unroll_dev.bench.panes import Pane
from unroll_dev.bench.programs import SMALLEST, at_rest, caused
from unroll_dev.bench.pty import Terminal
from unroll_dev.bench.resize import wrong_cells
from unroll_dev.bench.rest import steps
from unroll_dev.bench.stall import Backlog, shown_epoch, stalled

RAW = """
import sys, tty, time, select
tty.setraw(0)
def show(text): print(text, end='', flush=True)
"""


@contextmanager
def raw(code: str, shown: str = "", **options: Any) -> Iterator[Terminal]:
    """A program in a raw terminal, that can `show` a text, once something is shown."""
    with Terminal([sys.executable, "-c", RAW + code], (60, 10), **options) as terminal:
        terminal.until_shown(shown, 30)
        yield terminal


def test_a_line_delivers_no_faster_than_it_says() -> None:
    with raw("show('x' * 4000 + 'end')", rate=10_000) as terminal:
        ended = terminal.until_shown("end")
        began = next(chunk.when for chunk in terminal.chunks if chunk.data)
        assert 0.3 < ended - began < 1.5


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (r"\x1b[c", "[?62;22c"),
        (r"\x1b[?2026$p", "[?2026;2$y"),
        (r"\x1b[?2048$p", "[?2048;0$y"),
        (r"\x1b[3;7H\x1b[6n", "[3;7R"),
    ],
)
def test_a_question_is_answered(question: str, answer: str) -> None:
    with raw(f"show('{question}'); show(repr(sys.stdin.read({len(answer) + 1})))") as terminal:
        terminal.until_shown(answer)


def test_a_terminal_may_be_silent() -> None:
    with raw(r"show('\x1b[?2026$pasked'); sys.stdin.read(1)", "asked", answers=False) as terminal:
        terminal.send("k")
        with pytest.raises(TimeoutError):
            terminal.until_shown("never")


def test_keys_size_and_processor_time_are_those_of_the_program() -> None:
    with Terminal(SMALLEST, (50, 12)) as terminal:
        terminal.until_shown("Ready")
        terminal.send("42")
        terminal.until_shown("42")
        terminal.resize(30, 8)
        terminal.quiet()
        assert terminal.cpu_seconds() > 0
        assert len(terminal.screen.display) == 8
    assert terminal.program.poll() is not None


def test_the_text_is_the_screen_though_only_rows_that_changed_are_read_again() -> None:
    draw = random.Random(0)
    glyphs = [draw.choice(["a", "█⣿", "x" * 9]) for _ in range(60)]
    writes = [f"\\x1b[{draw.randint(1, 10)};{draw.randint(1, 40)}H{glyph}" for glyph in glyphs]
    parts = [*writes[:30], "\\x1b[5;1H\\x1b[2M", *writes[30:], "\\x1b[10;1H\\nend"]
    with raw(f"parts = '{'|'.join(parts)}'.split('|')\nfor i in sys.stdin: show(parts[int(i)])") as terminal:
        for number in range(len(parts)):
            terminal.send(f"{number}\n")
            terminal.pump(0.01)
            assert terminal.text == "\n".join(terminal.screen.display)
        terminal.until_shown("end")
        terminal.resize(20, 5)
        assert terminal.text == "\n".join(terminal.screen.display)


def test_what_nobody_has_looked_at_can_be_shown_piece_by_piece() -> None:
    with raw("show('one'); sys.stdin.read(1); show('two')", "one") as terminal:
        terminal.send("k")
        terminal.until(lambda: terminal.received == 6)
        unseen = terminal.take_unseen()
        assert (unseen, terminal.text.split()) == (b"two", ["one"])
        terminal.show(unseen[:2])
        assert terminal.text.split() == ["onetw"]


# Keys are timed and weighed one by one, on programs small enough to know what they must cost


@pytest.mark.long
def test_every_digit_is_timed_to_its_echo() -> None:
    with at_rest(SMALLEST, "Ready") as terminal:
        times = echoes(terminal)
    assert len(times) == sum(key != " " for key in TYPED) == 20
    assert all(0 < time < 10 for time in times)


def test_a_key_costs_what_it_brings_about_by_pane() -> None:
    answers = r"{'a': '\x1b[2;3Habc', 'b': '\x1b[2;3H\x1b[1mx\x1b[m\x1b[5;5Hyy'}"
    with raw(f"show('ready')\nwhile True: show({answers}[sys.stdin.read(1)])", "ready") as terminal:
        panes = {"top": Pane(0, 0, 40, 3), "rest": Pane(0, 3, 40, 10)}
        first, second = caused(terminal, "a"), caused(terminal, "b")
        assert (first.data, first.size) == (b"\x1b[2;3Habc", 9)
        assert (first.by_pane(panes)["top"], first.by_pane(panes)["rest"]) == (9, 0)
        assert (second.by_pane(panes)["top"], second.by_pane(panes)["rest"]) == (11, 11)


def test_what_begins_with_a_step_of_the_cursor_is_charged_from_where_it_stood() -> None:
    with raw(r"show('ready\x1b[5;5H'); sys.stdin.read(1); show('\x1b[Dx'); sys.stdin.read(1)", "ready") as terminal:
        terminal.quiet()
        assert caused(terminal, "k").by_pane({"there": Pane(3, 4, 4, 5)})["there"] == 4


def test_steps_go_to_and_fro_and_each_is_waited_for() -> None:
    code = r"""
show('ready')
at = 9
while True:
    at += {'D': -1, 'C': 1}[sys.stdin.read(3)[2]]
    show(f'\x1b[Hstep {at}/9: after')
"""
    with raw(code, "ready") as terminal:
        taken = steps(terminal, 9, 4)
        assert [step.data for step in taken] == [b"\x1b[Hstep %d/9: after" % at for at in (8, 7, 8, 9)]
        assert all(step.seconds > 0 for step in taken)


@pytest.mark.parametrize(("left", "wrong"), [("abc", 0), ("abX", 1), ("abc   X", 1)])
def test_a_frame_that_is_not_what_a_redraw_gives_is_wrong_in_so_many_cells(left: str, wrong: int) -> None:
    code = rf"""
show('ready')
for text in ('\x1b[H{left:8}', '\x1b[H\x1b[2Jabc'):
    sys.stdin.read(1)
    show(text)
sys.stdin.read(1)
"""
    with raw(code, "ready") as terminal:
        terminal.send("k")
        terminal.until_shown(left)
        assert wrong_cells(terminal, (60, 10)) == wrong


# A stall is told apart from reading: speed is that of the program, not of the screen


HOME = "\\x1b[m\\x1b[;2H"
EPOCH = f"""
def epoch(number, end='{HOME}'):
    show('\\x1b[1m\\x1b[3;2Hepoch {{:>6,}}/9,999'.format(number) + end)
"""
CLOCK = """
start = time.monotonic()
while True:
    epoch(round(1000 * (time.monotonic() - start)))
    {}
    time.sleep(0.02)
"""
ASKS = "show('\\x1b[?2026$p'); answer = sys.stdin.read(11)"


def test_frames_before_the_first_fresh_one_are_stale() -> None:
    code = "epoch(1); sys.stdin.read(1); [epoch(n) for n in (2, 3, 4, 1500)]; epoch(1501, ''); sys.stdin.read(1)"
    with raw(EPOCH + code, "epoch") as terminal:
        terminal.send("k")
        backlog = Backlog(terminal, 1000)
        terminal.until(backlog.over)
        frame = len("\x1b[1m\x1b[3;2Hepoch      2/9,999\x1b[m\x1b[;2H")
        assert (backlog.frames, backlog.size) == (3, 3 * frame)
        terminal.until(lambda: shown_epoch(terminal) == 1501)


def test_a_program_that_waits_for_the_terminal_has_hardly_anything_stale_and_loses_no_speed() -> None:
    with raw(EPOCH + CLOCK.format(ASKS), "epoch") as terminal:
        speed, stale, _ = stalled(terminal, 1.0)
        assert speed.ours == pytest.approx(1000, rel=0.5)
        assert speed.beside == pytest.approx(1000, rel=0.5)
        assert stale.ours <= 1


def test_a_program_that_writes_on_is_found_out() -> None:
    with raw(EPOCH + CLOCK.format("pass"), "epoch") as terminal:
        _, stale, size = stalled(terminal, 1.0)
        assert stale.verdict == "over"
        assert size.ours > 500


def test_where_no_epoch_is_shown_there_is_nothing_to_measure() -> None:
    with Terminal([sys.executable, "-c", "print('hello')"], (60, 10)) as terminal:
        terminal.until_shown("hello")
        with pytest.raises(Unmeasured):
            shown_epoch(terminal)


def test_a_far_line_takes_its_delay_each_way_and_its_time_for_every_byte() -> None:
    program = "print('ready'); input(); print('x' * 2000 + 'end'); input()"
    with FarTerminal([sys.executable, "-c", program]) as terminal:
        terminal.rate, terminal.delay = 10_000.0, 0.2
        terminal.until_shown("ready")
        pressed = terminal.send("\r")
        assert 2 * 0.2 + 2000 / 10_000 <= terminal.until_shown("end") - pressed < 3.0
