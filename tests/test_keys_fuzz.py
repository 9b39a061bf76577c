"""Random keys at the real program, in a pseudo-terminal with a real engine: it stays alive, right and quick.

Looked at now and then: no fault is logged, nothing like a traceback is painted, the window drawn anew is the one that
stood there, and keys do what they say.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from keys_kit import Act, acts
from pty_kit import TIMEOUT_S, Session, long

ACTS_BETWEEN_LOOKS = 50
SENT = {
    "escape": "\x1b",
    "tab": "\t",
    "enter": "\r",
    "backspace": "\x7f",
    "delete": "\x1b[3~",
    "f1": "\x1bOP",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "shift+tab": "\x1b[Z",
    "ctrl+p": "\x10",
    "ctrl+l": "\x0c",
    "ctrl+r": "\x12",
    "space": " ",
    "comma": ",",
    "minus": "-",
    "plus": "+",
    "slash": "/",
    "equals_sign": "=",
    "question_mark": "?",
}


class Wild(Session):
    """A session of random keys."""

    def do(self, act: Act) -> None:
        """Send what a terminal sends for it."""
        width, height = self.screen.columns, self.screen.lines
        column, row = 1 + int(act.x * width), 1 + int(act.y * height)
        if act.kind == "resize":
            self.resize(int(act.x), int(act.y))
        elif act.kind == "paste":
            self.send(f"\x1b[200~{act.word}\x1b[201~")
        elif act.kind == "click":
            self.send(f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")
        elif act.kind == "scroll":
            self.send(f"\x1b[<{64 if act.word == 'up' else 65};{column};{row}M")
        else:
            self.send(SENT.get(act.word, act.word))
        self.pump(0.15 if act.word == "escape" else 0.01)  # with what follows, an escape would be another key

    def come_to_rest(self, number: int) -> None:
        """At a size of its own choosing, all keys taken, nothing over the playground: another window has been drawn."""
        rows = 10 + number % 13
        self.do_until(f"has 79 and {rows}.", lambda: self.escape_to(79, rows))
        self.do_until("5 Runs", lambda: self.escape_to(120, 40))

    def do_until(self, text: str, act: Callable[[], None]) -> None:
        """Do it again where a text does not come: what was asked for before may have come between."""
        for _ in range(9):
            act()
            with suppress(TimeoutError):
                self.until(lambda: text in self.text, TIMEOUT_S / 20)
                return
        self.until_shown(text)

    def escape_to(self, width: int, height: int) -> None:
        for _ in range(4):
            self.do(Act("key", "escape"))
        self.resize(width, height)

    def ask_for_help(self) -> None:
        self.do(Act("key", "escape"))
        self.send("?")

    def assert_not_frozen(self) -> None:
        """A key does what it says."""
        self.do_until("esc closes", self.ask_for_help)
        self.do(Act("key", "escape"))
        self.until_gone("esc closes")

    def assert_drawn_right(self) -> None:
        """What stands there while nothing moves is what is drawn anew."""
        self.quiet(0.3, TIMEOUT_S)
        before, received = self.text.split("\n"), self.received
        self.send(SENT["ctrl+l"])
        self.until(lambda: self.received > received + 1000)
        self.quiet(0.3, TIMEOUT_S)
        assert [rows for rows in zip(before, self.text.split("\n"), strict=True) if rows[0] != rows[1]] == []

    def assert_no_fault(self, state_dir: Path) -> None:
        assert self.program.poll() is None, self.text
        assert not (state_dir / "terminal.log").exists(), (state_dir / "terminal.log").read_text()
        assert "Traceback" not in self.text + (state_dir / "engine.log").read_text()


@pytest.mark.parametrize(("seed", "count"), [(0, 50), *(long(seed, 1000) for seed in range(1, 21))])
def test_wild_keys_neither_end_nor_freeze_the_program(seed: int, count: int, state_dir: Path) -> None:
    with Wild() as wild:
        wild.until_ready()
        for number, act in enumerate(acts(seed, count), 1):
            wild.do(act)
            if number % ACTS_BETWEEN_LOOKS == 0:
                wild.come_to_rest(number // ACTS_BETWEEN_LOOKS)
                wild.assert_not_frozen()
                if "· training" not in wild.text:
                    wild.assert_drawn_right()
                wild.assert_no_fault(state_dir)
