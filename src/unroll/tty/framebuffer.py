"""The screen twice: as the compositor wants it, and as the terminal is known to hold it.

`absorb` takes what Textual would have printed into the wanted screen; `paint` writes the cells in which the two differ,
and marks them painted. Any number of updates may be absorbed before the next painting: what was never painted is never
sent. A row that the terminal may have lost is `None` on the painted side: `forget` makes all of them so.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from rich.color import ColorSystem
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Size
from textual.strip import Strip

from unroll.tty.brush import Brush, Place
from unroll.tty.cells import BLANK, Cell, cells_of, is_undisputed
from unroll.tty.charset import Alphabet

REPAIR = "\x1b[r\x1b[?6l\x1b[4l\x1b[?7l\x1b[?25l\x0f\x1b(B\x1b[m"
"""What painting relies on: no scrolling region, absolute places, no insertion, no wrapping, ASCII, a plain pen."""

LONGEST_RUN = 12
"""Cells after which a painting may stop, when the line has no more room."""


class Canvas:
    """Both screens, and the rows in which they may differ."""

    def __init__(self) -> None:
        self.size = Size(0, 0)
        self.cursor: Place | None = None
        self.wanted: list[list[Cell]] = []
        self.painted: list[list[Cell] | None] = []
        self.stale: set[int] = set()
        self.forgotten = True

    def forget(self) -> None:
        """The terminal may hold anything: the next painting writes every cell."""
        self.painted = [None] * self.size.height
        self.stale = set(range(self.size.height))
        self.cursor = None
        self.forgotten = True

    def resize(self, size: Size) -> None:
        """A screen of another size, blank until it is absorbed."""
        self.size = size
        self.wanted = [[BLANK] * size.width for _ in range(size.height)]
        self.forget()

    def absorb(self, update: LayoutUpdate | ChopsUpdate, system: ColorSystem, alphabet: Alphabet | None = None) -> None:
        """Take an update of the compositor into the wanted screen, in the glyphs of an alphabet."""
        for y, x, cells in _patches(update, partial(cells_of, system=system, alphabet=alphabet)):
            row = self.wanted[y]
            if row[x : x + len(cells)] != cells:
                splice(row, x, cells[: self.size.width - x])
                self.stale.add(y)

    def paint(self, rows: Iterable[int], cursor: Place, room: int = sys.maxsize) -> tuple[str, int]:
        """What must be written for these rows to be right and the cursor in its place, and in how many runs.

        The first run that reaches `room` characters is the last; what lacks stays to be painted.
        """
        brush = Brush(self.size.width, self.cursor)
        if self.forgotten:
            brush.emit(REPAIR)
            self.forgotten = False
        runs = sum(self._paint_row(brush, y, room) for y in rows if brush.size < room)
        brush.rest(cursor)
        self.cursor = brush.cursor
        return "".join(brush.written), runs

    def _paint_row(self, brush: Brush, y: int, room: int) -> int:
        """Write the cells of a row that differ, as far as there is room, and count the runs."""
        wanted, painted = self.wanted[y], self.painted[y]
        runs = 0
        for start, end in changed_runs(painted, wanted):
            if runs and brush.size >= room:
                return runs
            brush.run(wanted, y, start, end)
            runs += 1
            if painted is not None:
                painted[start:end] = wanted[start:end]
        if painted is None:
            self.painted[y] = wanted.copy()
        self.stale.discard(y)
        return runs


def changed_runs(painted: list[Cell] | None, wanted: list[Cell]) -> Iterator[tuple[int, int]]:
    """The runs of cells to write, left to right, each with whole glyphs only."""
    if painted is None:
        yield 0, len(wanted)
        return
    start = end = -1
    for x, (old, new) in enumerate(zip(painted, wanted, strict=True)):
        if old is new or old == new:
            continue
        first, last = _whole(wanted, x)
        if first > end or (first == end and end - start >= LONGEST_RUN):
            if end > start:
                yield start, end
            start = first
        end = max(end, last)
    if end > start:
        yield start, end


def _whole(row: list[Cell], x: int) -> tuple[int, int]:
    """The cells to write when one changed: its whole glyph, and the next if a terminal may draw this one over it."""
    first = x if row[x][0] else x - 1
    last, disputed = first + 1, not is_undisputed(row[first][0])
    while last < len(row) and (disputed or not row[last][0]):
        if row[last][0]:
            disputed = not is_undisputed(row[last][0])
        last += 1
    return first, last


def splice(row: list[Cell], x: int, cells: list[Cell]) -> None:
    """Put cells into a row. A wide glyph cut by their edge is blank in its other half, as in the terminal."""
    end = x + len(cells)
    if x and not row[x][0]:
        row[x - 1] = " ", row[x - 1][1]
    if end < len(row) and not row[end][0]:
        row[end] = " ", row[end][1]
    row[x:end] = cells


def _patches(
    update: LayoutUpdate | ChopsUpdate, cells_of: Callable[[Strip], list[Cell]]
) -> Iterator[tuple[int, int, list[Cell]]]:
    """The row, column and cells of everything an update would print."""
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            yield y, update.region.x, [cell for strip in strips for cell in cells_of(strip)]
        return
    for y, start, stop in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x < stop and end > start:
                yield y, x, cells_of(strip)
