"""Escape sequences in the fewest bytes: runs of cells written from a known cursor, in a known pen.

A *pen* is what Select Graphic Rendition (SGR) has set in the terminal. Stock Textual writes all codes of a style and a
reset around every segment; here only the difference between two pens is written.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "6": "25", "7": "27", "8": "28", "9": "29"}
_COLOUR_LENGTH = {"5": 3, "2": 5}
_DEFAULT = {"39", "49"}
_CUBE = ("0", "95", "135", "175", "215", "255")


class Pen(NamedTuple):
    """Attributes, foreground and background as SGR codes; an empty colour is the terminal's default."""

    attributes: frozenset[str] = frozenset()
    foreground: str = ""
    background: str = ""


Cell = tuple[str, Pen]
"""What one cell shows: a character with its combining marks, empty in the second half of a wide one; and its pen."""
Place = tuple[int, int]
"""Column and row, from 0."""
Run = tuple[list[Cell], int, int, int]
"""Cells of a row: the row, its number, the first column and the one after the last."""

PLAIN = Pen()
_SEEN_ON_BLANKS = frozenset({"4", "7", "9", "21", "51", "52", "53"})
"""Underlined, reversed, struck through, framed or overlined; without one, of a blank only the background is seen."""
_REWRITTEN_GAP = 4
"""Unchanged cells fewer than this, in the current pen, are cheaper to write again than to jump over."""

_NARROW = (
    r"\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u0377\u0391-\u0482\u2010-\u2027\u2030-\u205e\u2500-\u25fc✓✗"
    r"\u2800-\u28ff"
)
_WIDE = r"\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fef\uac00-\ud7a3\uff01-\uff5e"
is_narrow = re.compile(f"[{_NARROW}]*").fullmatch
"""Whether every character is one cell wide in all terminals."""
is_undisputed = re.compile(f"[{_NARROW}{_WIDE}]*").fullmatch
"""Whether all terminals agree on the width of every character: after others the cursor is placed anew."""

_pen = itemgetter(1)


class AnsiWriter:
    """Collects text in `written`, of `size` characters; after it the terminal holds `pen`, and its cursor stands at
    `cursor`: None where terminals differ."""

    def __init__(self, width: int, cursor: Place | None) -> None:
        """`width` is the screen's, in cells; the pen starts plain."""
        self.width, self.cursor, self.pen = width, cursor, PLAIN
        self.written: list[str] = []
        self.size = 0

    def run(self, row: list[Cell], y: int, start: int, end: int) -> None:
        """Write the cells of `row` from column `start` up to `end`."""
        self._cross_gap(row, y, start)
        x = start
        for pen, cells in groupby(row[start:end], key=_pen):
            glyphs = [glyph for glyph, _ in cells]
            self._write(pen, glyphs, x, y)
            x += len(glyphs)

    def runs_by_pen(self, runs: Iterable[Run]) -> None:
        """Write runs, all that is of one pen before the next, which is the one that takes the shortest change.

        A run with a character of disputed width stays whole: what is right of that has to be written after it.
        """
        pieces: dict[Pen, list[Run]] = {}
        for row, y, start, end in runs:
            cuts = {start, end}
            if is_undisputed("".join(glyph for glyph, _ in row[start:end])):
                cuts.update(x for x in range(start + 1, end) if row[x][1] is not row[x - 1][1])
            for first, last in pairwise(sorted(cuts)):
                pieces.setdefault(row[first][1], []).append((row, y, first, last))
        while pieces:
            nearest = min(pieces, key=lambda pen: len(change(self.pen, pen)) + self._distance(pieces[pen][0]))
            nearer = pieces.pop(nearest)
            if self.cursor is not None and self.cursor[1] - nearer[0][1] > abs(nearer[-1][1] - self.cursor[1]):
                nearer.reverse()
            for piece in nearer:
                self.run(*piece)

    def _distance(self, run: Run) -> int:
        """How many bytes bring the cursor to a run."""
        return len(travel(self.cursor, (run[2], run[1])))

    def emit(self, text: str) -> None:
        """Write something that leaves cursor and pen as they are."""
        self.written.append(text)
        self.size += len(text)

    def move(self, x: int, y: int) -> None:
        """Bring the cursor to a cell."""
        if self.cursor != (x, y):
            self.emit(travel(self.cursor, (x, y)))
            self.cursor = x, y

    def finish(self, cursor: Place) -> None:
        """Leave a plain pen, and the cursor where the program wants it."""
        self._set_pen(PLAIN)
        self.move(*cursor)

    def _cross_gap(self, row: list[Cell], y: int, start: int) -> None:
        """Write a short gap again rather than jump, where that takes no change of pen."""
        if self.cursor is None or self.cursor[1] != y or not 0 < start - self.cursor[0] < _REWRITTEN_GAP:
            return
        gap = row[self.cursor[0] : start]
        text = "".join(glyph for glyph, _ in gap)
        if len(text) == len(gap) and is_undisputed(text) and all(pen == self.pen for _, pen in gap):
            self._put(text, len(gap))

    def _set_pen(self, pen: Pen) -> None:
        if pen is not self.pen:
            self.emit(change(self.pen, pen))
            self.pen = pen

    def _write(self, pen: Pen, glyphs: list[str], x: int, y: int) -> None:
        """Write cells of one pen from a place on."""
        text = "".join(glyphs)
        if pen is not self.pen:
            is_blank = text.isspace() and _SEEN_ON_BLANKS.isdisjoint(pen.attributes | self.pen.attributes)
            self._set_pen(self.pen._replace(background=pen.background) if is_blank else pen)
        if is_undisputed(text):
            self.move(x, y)
            self._put(text, len(glyphs))
        else:
            self._write_each(glyphs, x, y)

    def _write_each(self, glyphs: list[str], x: int, y: int) -> None:
        """Write one by one; where a width is disputed, on cells blanked first, and the cursor is lost after it."""
        for place, glyph in enumerate(glyphs):
            if not glyph:
                continue
            width, disputed = 2 if glyphs[place + 1 : place + 2] == [""] else 1, not is_undisputed(glyph)
            self.move(x + place, y)
            if disputed and width > 1:
                self._put(" " * width, width)
                self.move(x + place, y)
            self._put(glyph, width)
            if disputed:
                self.cursor = None

    def _put(self, text: str, cells: int) -> None:
        """Write text at the cursor. At the right edge terminals differ in where that leaves the cursor."""
        assert self.cursor is not None
        x, y = self.cursor
        self.emit(text)
        self.cursor = (x + cells, y) if x + cells < self.width else None


@lru_cache(16384)
def parse(sgr: str) -> Pen:
    """The pen that a string of SGR codes such as `1;38;5;9;49` describes."""
    attributes, foreground, background = set(), "", ""
    codes = sgr.split(";") if sgr else []
    while codes:
        length = _COLOUR_LENGTH[codes[1]] if codes[0] in ("38", "48") else 1
        code, codes = _shorter(codes[:length]), codes[length:]
        if len(code[0]) == 1 or code[0] in ("21", "51", "52", "53"):
            attributes.add(code[0])
        elif code[0][0] == "3" or code[0][0] == "9":
            foreground = "" if code[0] in _DEFAULT else ";".join(code)
        else:
            background = "" if code[0] in _DEFAULT else ";".join(code)
    return Pen(frozenset(attributes), foreground, background)


def _shorter(code: list[str]) -> list[str]:
    """A colour by its number among the 256, where it is one of their cube but for the blues, which some redefine."""
    if len(code) == _COLOUR_LENGTH["2"] and all(part in _CUBE for part in code[2:]):
        red, green, blue = map(_CUBE.index, code[2:])
        if red or green:
            return [code[0], "5", str(16 + 36 * red + 6 * green + blue)]
    return code


@lru_cache(16384)
def change(before: Pen, after: Pen) -> str:
    """The shortest sequence that turns the pen `before` into `after`; nothing when they are equal."""
    if before == after:
        return ""
    anew = ["0", *sorted(after.attributes), *filter(None, after[1:])] if after != PLAIN else [""]
    ways = [";".join(way) for way in (_difference(before, after), anew) if way is not None]
    return f"\x1b[{min(ways, key=len)}m"


def _difference(before: Pen, after: Pen) -> list[str] | None:
    """The codes that differ, or `None` where an attribute has no code of its own to end it."""
    gone = before.attributes - after.attributes
    if not gone <= _OFF.keys():
        return None
    ends = {_OFF[code] for code in gone}
    kept = {code for code in before.attributes if _OFF.get(code) not in ends}
    codes = sorted(ends) + sorted(after.attributes - kept)
    if before.foreground != after.foreground:
        codes.append(after.foreground or "39")
    if before.background != after.background:
        codes.append(after.background or "49")
    return codes


@lru_cache(4096)
def travel(start: Place | None, end: Place) -> str:
    """The shortest sequence that brings the cursor from a place, if it is known, to another."""
    x, y = end
    absolute = f"\x1b[{y + 1 if y else ''}{f';{x + 1}' if x else ''}H"
    if start is None:
        return absolute
    return min(absolute, _by(y - start[1], "B", "A") + _by(x - start[0], "C", "D"), key=len)


def _by(step: int, forth: str, back: str) -> str:
    """Some cells along a row or a column; up to three backspaces are shorter than a sequence."""
    if not step or (back == "D" and -4 < step < 0):
        return "\b" * -step
    return f"\x1b[{abs(step) if abs(step) > 1 else ''}{forth if step > 0 else back}"
