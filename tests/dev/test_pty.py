"""The pseudo-terminal that programs are measured in: a line as slow as it says, and a terminal that answers."""

import random
import sys

import pytest

from unroll_dev.bench.programs import SMALLEST
from unroll_dev.bench.pty import Terminal

RAW = "import sys, tty; tty.setraw(0); "


def python(code: str, **options: float | bool) -> Terminal:
    return Terminal([sys.executable, "-c", code], (40, 10), **options)


def test_a_line_delivers_no_faster_than_it_says() -> None:
    with python(RAW + "print('x' * 4000 + 'end')", rate=10_000) as terminal:
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
    code = RAW + f"print('{question}', end='', flush=True); print(repr(sys.stdin.read({len(answer) + 1})), flush=True)"
    with python(code) as terminal:
        terminal.until_shown(answer)


def test_a_terminal_may_be_silent() -> None:
    with python(RAW + r"print('\x1b[?2026$pasked', flush=True); sys.stdin.read(1)", answers=False) as terminal:
        terminal.until_shown("asked")
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
    code = f"parts = '{'|'.join(parts)}'.split('|')\nfor i in sys.stdin: print(parts[int(i)], end='', flush=True)"
    with python(f"{RAW}\n{code}") as terminal:
        for number in range(len(parts)):
            terminal.send(f"{number}\n")
            terminal.pump(0.01)
            assert terminal.text == "\n".join(terminal.screen.display)
        terminal.until_shown("end")
        terminal.resize(20, 5)
        assert terminal.text == "\n".join(terminal.screen.display)


def test_what_nobody_has_looked_at_can_be_shown_piece_by_piece() -> None:
    code = "print('one', end='', flush=True); sys.stdin.read(1); print('two', end='', flush=True)"
    with python(RAW + code) as terminal:
        terminal.until_shown("one")
        terminal.send("k")
        terminal.until(lambda: terminal.received == 6)
        unseen = terminal.take_unseen()
        assert (unseen, terminal.text.split()) == (b"two", ["one"])
        terminal.show(unseen[:2])
        assert terminal.text.split() == ["onetw"]
