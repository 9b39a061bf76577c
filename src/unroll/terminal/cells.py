"""Text cut to cells of the screen: wide characters take two, combining ones none of their own."""

from functools import lru_cache
from typing import TypeVar

from rich.cells import cell_len, set_cell_size

from unroll.tty.framebuffer import glyphs
from unroll.vocabulary import Vocabulary

L = TypeVar("L")
CARRIER = "◌"
"""Stands under a combining character that has nothing to stand on."""


def cut(text: str, width: int) -> str:
    """As much of a text as fits into so many cells."""
    text = text if cell_len(text[:1]) else CARRIER + text
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 1)).rstrip() + "…" * (width > 0)


def right(text: str, width: int) -> str:
    """A text at the right of so many cells, or as much of it as fits."""
    shown = cut(text, width)
    return " " * (width - cell_len(shown)) + shown


def centred(text: str, width: int) -> str:
    """A text in the middle of so many cells, or as much of it as fits."""
    shown = cut(text, width)
    return " " * ((width - cell_len(shown)) // 2) + shown + " " * -(-(width - cell_len(shown)) // 2)


def put(row: dict[int, tuple[str, L]], x: int, text: str, look: L, width: int, apart: int = 1) -> None:
    """Put a text into a row of cells, from `x` on or as far as `width` allows; not where that leaves no gap."""
    drawn = glyphs(text)
    x = max(0, min(x, width - len(drawn)))
    if not any(taken in row for taken in range(x - apart, x + len(drawn) + apart)):
        row.update((x + place, (glyph, look)) for place, glyph in enumerate(drawn))


@lru_cache(maxsize=8)
def widest(vocabulary: Vocabulary) -> int:
    """Cells of the widest of a vocabulary's numbers or symbols."""
    if not vocabulary.symbols:
        return len(str(vocabulary.size - 1))
    return max(cell_len(cut(symbol, len(symbol) * 2)) for symbol in vocabulary.symbols)
