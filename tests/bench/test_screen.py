"""The pseudo-terminal that the screen is measured in: a line as slow as it says, and a terminal that answers."""

import sys
from functools import partial

import pytest

from unroll.bench.pty import Terminal
from unroll.bench.screen import SMALLEST, Figure, table

RAW = "import sys, tty; tty.setraw(0); "


def python(code: str, **options: float | bool) -> Terminal:
    return Terminal([sys.executable, "-c", code], (40, 10), **options)


def holds(terminal: Terminal, text: str) -> bool:
    return text in terminal.text


def test_a_line_delivers_no_faster_than_it_says() -> None:
    with python(RAW + "print('x' * 4000 + 'end')", rate=10_000) as terminal:
        ended = terminal.until(partial(holds, terminal, "end"))
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
    code = RAW + f"print('{question}', end='', flush=True); print(repr(sys.stdin.read({len(answer) + 1})), flush=True)"
    with python(code) as terminal:
        terminal.until(partial(holds, terminal, answer))


def test_a_terminal_may_be_silent() -> None:
    with python(RAW + r"print('\x1b[?2026$pasked', flush=True); sys.stdin.read(1)", answers=False) as terminal:
        terminal.until(partial(holds, terminal, "asked"))
        terminal.send("k")
        with pytest.raises(TimeoutError):
            terminal.until(partial(holds, terminal, "never"))


def test_keys_size_and_processor_time_are_those_of_the_program() -> None:
    with Terminal(SMALLEST, (50, 12)) as terminal:
        terminal.until(partial(holds, terminal, "Ready"))
        terminal.send("42")
        terminal.until(partial(holds, terminal, "42"))
        terminal.resize(30, 8)
        terminal.quiet()
        assert terminal.cpu_seconds() > 0
        assert len(terminal.screen.display) == 8
    assert terminal.program.poll() is not None


def test_the_table_says_what_is_over() -> None:
    lines = table([Figure("idle", "bytes", 0, 0), Figure("a step", "bytes", 1600, 1500)]).splitlines()
    assert "over" not in lines[1] and lines[2].endswith("over")
