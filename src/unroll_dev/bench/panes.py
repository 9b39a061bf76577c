"""Which pane the bytes of a stream were spent on.

A stream of cells is a walk of the cursor: `CSI row;column H`, `CSI n A` to `D` and backspaces move it, a pen
(`CSI ... m`) waits for what it draws, and a glyph falls on one cell. So each glyph, with the moves and pens since the
last one, belongs to the pane on whose cells it fell. What nothing was drawn with (the pen put back, the cursor brought
home, questions, marks of a synchronized update) belongs to none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import pyte
from wcwidth import wcwidth

PROMPT = "prompt"
NONE = ""
"""What belongs to no pane."""

_TOKEN = re.compile(r"\x1b\[([0-?]*)[ -/]*([@-~])|\x1b[ -/]*[0-~]?|.", re.DOTALL)
_STEPS = {"A": (0, -1), "B": (0, 1), "C": (1, 0), "D": (-1, 0)}
_TITLE = re.compile(r"╭─ (.+?) ─*╮")


class Pane(NamedTuple):
    """Cells of the screen, borders included: from the first column and row up to, without, the last."""

    left: int
    top: int
    right: int
    bottom: int

    def holds(self, x: int, y: int) -> bool:
        """Whether a cell is one of the pane's."""
        return self.left <= x < self.right and self.top <= y < self.bottom


def panes_of(screen: pyte.Screen) -> dict[str, Pane]:
    """The panes on a screen by their names, and the row of the prompt. Tabs stand apart from a name by two blanks."""
    cells = [[screen.buffer[y][x].data for x in range(screen.columns)] for y in range(screen.lines)]
    found = {}
    for y, row in enumerate(cells):
        for title in _TITLE.finditer("".join(glyph or " " for glyph in row)):
            bottom = next((below for below in range(y, screen.lines) if cells[below][title.start()] == "╰"), y)
            found[title[1].split("  ")[0]] = Pane(title.start(), y, title.end(), bottom + 1)
        if row[0] == "›":
            found[PROMPT] = Pane(0, y, screen.columns, y + 1)
    return found


def spent(stream: bytes, panes: Mapping[str, Pane], start: tuple[int, int] = (0, 0)) -> Counter[str]:
    """Bytes of a stream by the pane that they were spent on; with `NONE`, together they are all of its bytes.

    `start` is the column and row where the cursor stood before it.
    """
    spending: Counter[str] = Counter()
    (x, y), waiting = start, 0
    for token in _TOKEN.finditer(stream.decode(errors="surrogateescape")):
        size = len(token[0].encode(errors="surrogateescape"))
        if token[0].isprintable():
            pane = next((name for name, pane in panes.items() if pane.holds(x, y)), NONE)
            spending[pane] += waiting + size
            x, waiting = x + max(0, wcwidth(token[0])), 0
        elif token[0] == "\b":
            waiting, x = waiting + size, x - 1
        elif token[1] and token[1].startswith("?"):
            spending[NONE] += size
        else:
            waiting += size
            x, y = _moved(x, y, token[1], token[2]) if token[2] else (x, y)
    spending[NONE] += waiting
    return spending


def _moved(x: int, y: int, parameters: str, final: str) -> tuple[int, int]:
    """Where a control sequence leaves the cursor."""
    if final == "H":
        row, _, column = parameters.partition(";")
        return int(column or 1) - 1, int(row or 1) - 1
    across, down = _STEPS.get(final, (0, 0))
    step = int(parameters or 1) if across or down else 0
    return x + step * across, y + step * down
