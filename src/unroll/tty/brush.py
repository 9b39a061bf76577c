"""A brush: writes runs of cells, knowing where the terminal's cursor stands and which pen it holds."""

from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from unroll.tty.ansi import PLAIN, SEEN_ON_BLANKS, Pen, change
from unroll.tty.cells import Cell, is_undisputed

Place = tuple[int, int]
GAP = 4
"""Unchanged cells fewer than this, in the pen at hand, are cheaper to write again than to jump over."""

_pen = itemgetter(1)


class Brush:
    """Collects what must be written; `cursor` is where that leaves the terminal's, or `None` if terminals differ."""

    def __init__(self, width: int, cursor: Place | None) -> None:
        self.width = width
        self.cursor = cursor
        self.pen = PLAIN
        self.written: list[str] = []
        self.size = 0

    def run(self, row: list[Cell], y: int, start: int, end: int) -> None:
        """Write the cells of `row` from `start` up to `end`."""
        self._cross_gap(row, y, start)
        x = start
        for pen, cells in groupby(row[start:end], key=_pen):
            glyphs = [glyph for glyph, _ in cells]
            self._hold(self._enough(pen, glyphs))
            self._write(glyphs, x, y)
            x += len(glyphs)

    def emit(self, text: str) -> None:
        """Write something that leaves cursor and pen as they are."""
        self.written.append(text)
        self.size += len(text)

    def move(self, x: int, y: int) -> None:
        """Bring the cursor to a cell."""
        if self.cursor != (x, y):
            self.emit(travel(self.cursor, (x, y)))
            self.cursor = x, y

    def rest(self, cursor: Place) -> None:
        """Leave the terminal as others expect it: a plain pen, and the cursor where the program wants it."""
        self._hold(PLAIN)
        self.move(*cursor)

    def _cross_gap(self, row: list[Cell], y: int, start: int) -> None:
        """Write a short gap again rather than jump, where that takes no change of pen."""
        if self.cursor is None or self.cursor[1] != y or not 0 < start - self.cursor[0] < GAP:
            return
        gap = row[self.cursor[0] : start]
        text = "".join(glyph for glyph, _ in gap)
        if len(text) == len(gap) and is_undisputed(text) and all(pen == self.pen for _, pen in gap):
            self._put(text, len(gap))

    def _enough(self, pen: Pen, glyphs: list[str]) -> Pen:
        """The pen to write glyphs with: on blanks only the background is seen, unless they are underlined."""
        if "".join(glyphs).isspace() and SEEN_ON_BLANKS.isdisjoint(pen.attributes | self.pen.attributes):
            return self.pen._replace(background=pen.background)
        return pen

    def _hold(self, pen: Pen) -> None:
        if pen is not self.pen:
            self.emit(change(self.pen, pen))
            self.pen = pen

    def _write(self, glyphs: list[str], x: int, y: int) -> None:
        """Write glyphs of one pen from a place on."""
        text = "".join(glyphs)
        if is_undisputed(text):
            self.move(x, y)
            self._put(text, len(glyphs))
            return
        for offset, glyph in enumerate(glyphs):
            if glyph:
                width = 2 if glyphs[offset + 1 : offset + 2] == [""] else 1
                self._write_one(glyph, width, x + offset, y)

    def _write_one(self, glyph: str, width: int, x: int, y: int) -> None:
        """Write one glyph; if terminals dispute its width, on cells blanked first, and the cursor is lost after it."""
        disputed = not is_undisputed(glyph)
        self.move(x, y)
        if disputed and width > 1:
            self._put(" " * width, width)
            self.move(x, y)
        self._put(glyph, width)
        if disputed:
            self.cursor = None

    def _put(self, text: str, cells: int) -> None:
        """Write text at the cursor. At the right edge the cursor's place is each terminal's own affair."""
        assert self.cursor is not None
        x, y = self.cursor
        self.emit(text)
        self.cursor = (x + cells, y) if x + cells < self.width else None


@lru_cache(4096)
def travel(start: Place | None, end: Place) -> str:
    """The shortest sequence that brings the cursor from a place, if it is known, to another."""
    x, y = end
    absolute = f"\x1b[{y + 1 if y else ''}{f';{x + 1}' if x else ''}H"
    if start is None or start[1] != y:
        return absolute
    step = x - start[0]
    count = "" if abs(step) == 1 else abs(step)
    return min(absolute, f"\x1b[{count}{'C' if step > 0 else 'D'}", key=len)
