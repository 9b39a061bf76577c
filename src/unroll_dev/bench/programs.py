"""The programs that are measured: the playground, and the smallest Textual program.

Each has a state folder of its own that goes with it, so that no start finds what another left, or a person's own.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import NamedTuple

from unroll.permalink import START
from unroll.recipe import Value
from unroll_dev.bench.panes import Pane, spent
from unroll_dev.bench.pty import Terminal

Command = list[str]
SMALLEST: Command = [sys.executable, "-m", "unroll_dev.bench.smallest"]
ANSWERED = "it expects"
"""What stands on the playground's screen as soon as a network has answered."""
LONGEST = 100_000
"""Epochs of a training that outlasts what is measured beside it."""
FULL_SPEED = "++++"
"""Keys that make the pace the fastest."""
AFTER = 0.3
"""Seconds without a byte after which nothing more is expected of a key."""
START_WITHIN, TRAIN_WITHIN = 60.0, 300.0
"""Seconds after which something that was started counts as failed."""


def playground(sequence: str = "7,8,9,10", **recipe: Value) -> Command:
    """The playground on a recipe, looking at the last number of a sequence."""
    fields = [f"{name}={value}" for name, value in recipe.items()]
    line = " ".join([START, *fields, f"sequence={sequence}", f"step={sequence.count(',') + 1}"])
    return [sys.executable, "-m", "unroll", "play", line]


@contextmanager
def started(
    command: Command, rate: float | None = None, size: tuple[int, int] = (120, 40), kind: type[Terminal] = Terminal
) -> Iterator[Terminal]:
    """A program in a kind of terminal, with nothing left from any earlier one but its bytecode, as once installed."""
    with TemporaryDirectory() as folder:
        environment = {"UNROLL_STATE_DIR": folder, "UNROLL_DATA_DIR": folder, "PYTHONDONTWRITEBYTECODE": ""}
        with kind(command, size, rate, environment=environment) as terminal:
            yield terminal


@contextmanager
def at_rest(command: Command, shown: str = ANSWERED, rate: float | None = None) -> Iterator[Terminal]:
    """A program that has shown something and come to rest."""
    with started(command, rate) as terminal:
        terminal.until_shown(shown, START_WITHIN)
        terminal.quiet(0.5, START_WITHIN)
        yield terminal


@contextmanager
def in_training(command: Command, rate: float | None = None) -> Iterator[Terminal]:
    """The playground with a training at full speed that has settled."""
    with at_rest(command, rate=rate) as terminal:
        terminal.send(FULL_SPEED + " ")
        terminal.pump(2.0)
        yield terminal


class Sent(NamedTuple):
    """What a key brought about: bytes, the cursor's column and row before them, and seconds until it was there, and
    until the last byte."""

    data: bytes
    start: tuple[int, int]
    seconds: float
    until_last: float

    @property
    def size(self) -> int:
        """How many bytes it took."""
        return len(self.data)

    def by_pane(self, panes: Mapping[str, Pane]) -> Counter[str]:
        """Its bytes by the pane that they were spent on."""
        return spent(self.data, panes, self.start)


def caused(terminal: Terminal, key: str, shown: str = "") -> Sent:
    """What a key brings about, until nothing has come for a while; it is there as soon as `shown` is."""
    cursor, before = terminal.screen.cursor, len(terminal.chunks)
    start = cursor.x, cursor.y
    pressed = terminal.send(key)
    seconds = terminal.until_shown(shown, START_WITHIN) - pressed
    terminal.quiet(AFTER, START_WITHIN)
    chunks = terminal.chunks[before:]
    until_last = chunks[-1].when - pressed if chunks else 0.0
    return Sent(b"".join(chunk.data for chunk in chunks), start, seconds, until_last)
