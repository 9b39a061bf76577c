"""The screen twice: as the compositor wants it, and as the terminal is known to show it.

`absorb` takes what Textual would have printed into the wanted screen; `paint` writes the cells in which the two differ,
and marks them painted. Any number of updates may be absorbed before the next painting: what was never painted is never
sent. A row that the terminal may have lost is `None` on the painted side: `forget` makes all of them so.

A wide character is two cells, the character and an empty one. Widths are Rich's, as in Textual's layout; where
terminals dispute them (emoji joined by U+200D, a variation selector) the first character alone is drawn and the rest of
its cells stay blank, so that a row is the same in every terminal. Hostile characters are replaced here.
"""

import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from itertools import pairwise, repeat
from operator import itemgetter

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip

from unroll.tty.ansi import PLAIN, AnsiWriter, Cell, Place, Run, is_narrow, is_undisputed, parse
from unroll.tty.environment import Charset
from unroll.tty.textual_patches import ChopsUpdate, LayoutUpdate

REPAIR = "\x1b[r\x1b[?6l\x1b[4l\x1b[?7l\x1b[?25l\x0f\x1b(B\x1b[m"
"""What painting relies on: no scrolling region, absolute places, no insertion, no wrapping, ASCII, a plain pen."""
REPLACEMENT = "\ufffd"
"""Stands for a character that must not be sent."""
HOSTILE = (
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)
"""A pattern for a character that acts on the terminal or on the text around it: controls, bidi, invisible ones."""
is_hostile = re.compile(HOSTILE).match

_BLANK: Cell = (" ", PLAIN)
_MAX_MARKS = 4
"""Combining marks on one cell; without a bound a single cell could grow without limit."""
_MAX_UNBROKEN_RUN = 12
"""Cells after which painting may stop when the line has no more room."""
_ONE_WAY = 200
"""A frame of so few bytes is written row by row; a longer one so or pen by pen, whichever is shorter."""
_is_selector = re.compile(r"[\ufe00-\ufe0f\U000e0100-\U000e01ef]").match


class Framebuffer:
    """Both screens, and the rows in which they may differ (`stale`).

    Attributes:
        next: The place where the last painting had no more room, and at which the next one goes on.
    """

    def __init__(self) -> None:
        self.size = Size(0, 0)
        self.cursor: Place | None = None
        self.wanted: list[list[Cell]] = []
        self.painted: list[list[Cell] | None] = []
        self.stale: set[int] = set()
        self.forgotten = True
        self.next: Place = 0, 0

    def forget(self) -> None:
        """The terminal may show anything: the next painting writes every cell."""
        self.painted = [None] * self.size.height
        self.stale = set(range(self.size.height))
        self.cursor = None
        self.forgotten = True

    def resize(self, size: Size) -> None:
        """A screen of another size, blank until it is absorbed."""
        self.size = size
        self.wanted = [[_BLANK] * size.width for _ in range(size.height)]
        self.forget()

    def absorb(
        self, update: LayoutUpdate | ChopsUpdate, system: ColorSystem, charset: Charset | None = None
    ) -> set[int]:
        """Take an update of the compositor into the wanted screen, in the characters of a charset; the rows changed."""
        changed = set()
        for y, x, cells in _patches(update, partial(cells_of, system=system, charset=charset)):
            row = self.wanted[y]
            if row[x : x + len(cells)] != cells:
                splice(row, x, cells[: self.size.width - x])
                changed.add(y)
        self.stale |= changed
        return changed

    def paint(self, rows: Iterable[int], cursor: Place, room: int = sys.maxsize) -> tuple[str, int]:
        """What must be written for these rows to be right and the cursor in its place, and in how many runs: the first
        that reaches `room` characters is the last, the rest stays stale."""
        writer, written = AnsiWriter(self.size.width, self.cursor), list[Run]()
        repair, self.forgotten = REPAIR if self.forgotten else "", False
        writer.emit(repair)
        for y in rows:
            if writer.size < room:
                written += self._paint_row(writer, y, room)
        writer.finish(cursor)
        if writer.size > _ONE_WAY:
            other = AnsiWriter(self.size.width, self.cursor)
            other.emit(repair)
            other.runs_by_pen(sorted(written, key=itemgetter(1, 2)))
            other.finish(cursor)
            writer = min(writer, other, key=lambda way: way.size)
        self.cursor = writer.cursor
        return "".join(writer.written), len(written)

    def _paint_row(self, writer: AnsiWriter, y: int, room: int) -> list[Run]:
        """Write the cells of a row that differ, as far as there is room; the runs."""
        wanted, painted = self.wanted[y], self.painted[y]
        start_at = self.next[0] if self.next[1] == y else 0
        changed = sorted(_changed_runs(painted, wanted), key=lambda run: run[0] < start_at)
        runs = [(wanted, y, start, end) for start, end in changed]
        for place, (start, end) in enumerate(changed):
            if place and writer.size >= room:
                self.next = start, y
                return runs[:place]
            writer.run(wanted, y, start, end)
            if painted is not None:
                painted[start:end] = wanted[start:end]
        if painted is None:
            self.painted[y] = wanted.copy()
        self.stale.discard(y)
        self.next = 0, y + 1
        return runs


def _changed_runs(painted: list[Cell] | None, wanted: list[Cell]) -> Iterator[tuple[int, int]]:
    """The runs of cells to write, left to right, each with whole glyphs only."""
    if painted is None:
        yield 0, len(wanted)
        return
    start = end = -1
    for x, (old, new) in enumerate(zip(painted, wanted, strict=True)):
        if old is new or old == new:
            continue
        first, last = _whole(wanted, x)
        if first > end or (first == end and end - start >= _MAX_UNBROKEN_RUN):
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


def cells_of(segments: Iterable[Segment], system: ColorSystem, charset: Charset | None = None) -> list[Cell]:
    """The cells that a strip's segments fill, in the characters of a charset or, without one, in their own."""
    cells: list[Cell] = []
    for text, style, control in segments:
        if not control:
            shown: Iterable[str] = text if is_narrow(text) else glyphs(text)
            if charset is not None and not text.isascii():
                shown = spelled(text, charset)
            pen = PLAIN if style is None else parse(Strip.render_ansi(style, system))  # as stock Textual would draw it
            cells.extend(zip(shown, repeat(pen), strict=False))
    return cells


@lru_cache(4096)
def spelled(text: str, charset: Charset) -> tuple[str, ...]:
    """What each cell of `text` shows in a charset."""
    return tuple(map(charset.form, glyphs(text)))


@lru_cache(4096)
def glyphs(text: str) -> tuple[str, ...]:
    """What each cell of `text` shows: a character with its combining marks; nothing in a wide one's second cell."""
    cells: list[str] = []
    for character, width in zip(text, _widths(text), strict=True):
        if _is_selector(character):
            cells += [" "] * width
        elif width:
            cells += [REPLACEMENT if is_hostile(character) else character, *[""] * (width - 1)]
        elif cells and unicodedata.category(character)[0] == "M":
            last = -1 if cells[-1] else -2  # a wide one's second cell is empty
            if len(cells[last]) <= _MAX_MARKS:
                cells[last] += character
    return tuple(cells)


def _widths(text: str) -> list[int]:
    """How many cells each character adds to those before it, in Rich's count."""
    if "\u200d" not in text and "\ufe0f" not in text:
        return [cell_len(character) for character in text]
    totals = [cell_len(text[:end]) for end in range(len(text) + 1)]
    return [after - before for before, after in pairwise(totals)]
