"""Strips taken apart into cells: what the layout promised each cell of the terminal, and the pen it is drawn with.

A wide glyph is two cells, its character and an empty one. Widths are Rich's, as in Textual's layout; where terminals
dispute them (a family of emoji joined by U+200D, a variation selector) the first character alone is drawn and the rest
of its cells stay blank, so that a row is the same in every terminal. Hostile characters end here (`is_hostile`).
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise, repeat

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.segment import Segment

from unroll.tty.ansi import PLAIN, Pen, pen_of
from unroll.tty.charset import Alphabet

Cell = tuple[str, Pen]
BLANK: Cell = (" ", PLAIN)
MARKS_A_CELL = 4

REPLACEMENT = "\ufffd"
"""What stands for a character that must not be sent."""
is_hostile = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
).match
"""Whether a text starts with a character that acts on the terminal or on the text around it."""
_NARROW = r"\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u0377\u0391-\u0482\u2010-\u2027\u2030-\u205e\u2500-\u25fc\u2800-\u28ff"
_WIDE = r"\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fef\uac00-\ud7a3\uff01-\uff5e"
is_narrow = re.compile(f"[{_NARROW}]*").fullmatch
"""Whether every character is one cell wide in all terminals."""
is_undisputed = re.compile(f"[{_NARROW}{_WIDE}]*").fullmatch
"""Whether all terminals agree on the width of every character: after others the cursor is placed anew."""

is_selector = re.compile(r"[\ufe00-\ufe0f\U000e0100-\U000e01ef]").match
"""Whether a text starts with a variation selector."""


def cells_of(segments: Iterable[Segment], system: ColorSystem, alphabet: Alphabet | None = None) -> list[Cell]:
    """The cells that a strip's segments fill, in the glyphs of an alphabet or, without one, in their own."""
    cells: list[Cell] = []
    for text, style, control in segments:
        if not control:
            shown: Iterable[str] = text if is_narrow(text) else glyphs(text)
            if alphabet is not None and not text.isascii():
                shown = spelled(text, alphabet)
            cells.extend(zip(shown, repeat(pen_of(style, system)), strict=False))
    return cells


@lru_cache(4096)
def spelled(text: str, alphabet: Alphabet) -> tuple[str, ...]:
    """What each cell of `text` shows in an alphabet."""
    return tuple(map(alphabet.form, glyphs(text)))


@lru_cache(4096)
def glyphs(text: str) -> tuple[str, ...]:
    """What each cell of `text` shows: a character with its combining marks; nothing in a wide one's second cell."""
    cells: list[str] = []
    for character, width in zip(text, _widths(text), strict=True):
        if is_selector(character):
            cells += [" "] * width
        elif width:
            cells += [REPLACEMENT if is_hostile(character) else character, *[""] * (width - 1)]
        elif cells and unicodedata.category(character)[0] == "M":
            _combine(cells, character)
    return tuple(cells)


def _combine(cells: list[str], mark: str) -> None:
    """Put a combining mark on the last character, up to a bound: without one a single cell grows for ever."""
    last = -1 if cells[-1] else -2
    if len(cells[last]) <= MARKS_A_CELL:
        cells[last] += mark


def _widths(text: str) -> list[int]:
    """How many cells each character adds to those before it, in Rich's count."""
    if "\u200d" not in text and "\ufe0f" not in text:
        return [cell_len(character) for character in text]
    totals = [cell_len(text[:end]) for end in range(len(text) + 1)]
    return [after - before for before, after in pairwise(totals)]
