"""Somebody gone wild at the real program, in a pseudo-terminal with a real engine: it stays alive, right and quick.

Looked at now and then: no fault is logged, nothing like a traceback is painted, the window drawn anew is the one that
stood there, and keys do what they say.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from keys_kit import Act, acts
from pty_kit import Person

PATIENCE = 60.0
"""Seconds for anything: somebody wild asks for large networks, too."""
EVERY = 50
"""Acts between two looks at the screen."""
SENT = {
    "escape": "\x1b",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "delete": "\x1b[3~",
    "shift+tab": "\x1b[Z",
    "f1": "\x1bOP",
    "tab": "\t",
    "enter": "\r",
    "backspace": "\x7f",
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


class Wild(Person):
    """Somebody wild at the program."""

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

    def see(self, *texts: str) -> None:
        """Wait until all of these are on the screen."""
        self.until(lambda: all(text in self.text for text in texts), PATIENCE)

    def come_to_rest(self, number: int) -> None:
        """At a size of its own choosing, all keys taken, nothing over the playground: another window has been drawn."""
        self.escape_to((79, 10 + number % 13), f"has 79 and {10 + number % 13}.")
        self.escape_to((120, 40), "╭─ Runs")

    def escape_to(self, size: tuple[int, int], text: str) -> None:
        """Close what is open, and what opens late, until another window shows a text."""
        for _ in range(10):
            for _ in range(4):
                self.do(Act("key", "escape"))
            self.resize(*size)
            with suppress(TimeoutError):
                self.until_shown(text, PATIENCE / 5)
                return
        self.see(text)

    def assert_not_frozen(self) -> None:
        """A key does what it says; but a dialog that was asked for before may come first."""
        for _ in range(6):
            self.send("?")
            with suppress(TimeoutError):
                self.until_shown("escape closes", PATIENCE / 6)
                break
            self.do(Act("key", "escape"))
        self.see("escape closes")
        self.do(Act("key", "escape"))
        self.until(lambda: "escape closes" not in self.text, PATIENCE)

    def assert_drawn_right(self) -> None:
        """What stands there while nothing moves is what is drawn anew."""
        self.quiet(0.3, PATIENCE)
        before, received = self.text.split("\n"), self.received
        self.send(SENT["ctrl+l"])
        self.until(lambda: self.received > received + 1000, PATIENCE)
        self.quiet(0.3, PATIENCE)
        assert [rows for rows in zip(before, self.text.split("\n"), strict=True) if rows[0] != rows[1]] == []

    @property
    def trains(self) -> bool:
        return "· training" in self.text


def assert_no_fault(person: Wild, state_dir: Path) -> None:
    assert person.program.poll() is None, person.text
    log = state_dir / "terminal.log"
    assert not log.exists(), log.read_text()
    assert "Traceback" not in person.text
    assert "Traceback" not in (state_dir / "engine.log").read_text()


def go_wild(seed: int, count: int, state_dir: Path) -> None:
    with Wild() as person:
        person.see("it expects")
        for number, act in enumerate(acts(seed, count), 1):
            person.do(act)
            if number % EVERY == 0:
                person.come_to_rest(number // EVERY)
                person.assert_not_frozen()
                if not person.trains:
                    person.assert_drawn_right()
                assert_no_fault(person, state_dir)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is saved by chance is saved nowhere else."""
    monkeypatch.chdir(tmp_path)


def test_wild_keys_neither_end_nor_freeze_the_program(state_dir: Path) -> None:
    go_wild(0, 50, state_dir)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 21))
def test_twenty_thousand_wild_keys_neither_end_nor_freeze_the_program(seed: int, state_dir: Path) -> None:
    go_wild(seed, 1000, state_dir)
