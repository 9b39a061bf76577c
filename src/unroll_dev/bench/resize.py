"""A window dragged to and fro: a thousand sizes in five seconds, and then the one it had.

Whole repaints are counted by what the cell diff writes before one (`REPAIR`). The last frame is right if the emulated
terminal, which has lived through all of it, holds cell by cell what a fresh one holds after the redraw key.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pyte

from unroll.tty.framebuffer import REPAIR
from unroll_dev.bench.figures import Figure, Unmeasured
from unroll_dev.bench.programs import at_rest, caused, playground
from unroll_dev.bench.pty import Terminal

SIZES, SPAN = 1000, 5.0
NARROWEST, WIDEST = (40, 12), (160, 50)
SIZE = (120, 40)
REDRAW = "\x0c"


def figures() -> Iterator[Figure]:
    """Repaints a second, and cells that are wrong in the end."""
    with at_rest(playground()) as terminal:
        yield from resized(terminal, SIZE)


def resized(terminal: Terminal, size: tuple[int, int]) -> Iterator[Figure]:
    """What a drag of the window that ends at `size` does."""
    before = len(terminal.chunks)
    drag(terminal, size)
    dragged = b"".join(chunk.data for chunk in terminal.chunks[before:])
    repaints = dragged.count(REPAIR.encode())
    if not repaints:
        raise Unmeasured("no whole repaint was seen: does Textual paint by itself?")
    yield Figure("repaints in 1,000 resizes", "a second", repaints / SPAN, 10)
    terminal.quiet(1.0)
    yield Figure("cells wrong after 1,000 resizes", "cells", wrong_cells(terminal, size), 0)


def drag(terminal: Terminal, last: tuple[int, int]) -> None:
    """Change the size a thousand times at even moments, a few cells at a time, and to the last size at the end."""
    draw, (width, height) = random.Random(0), last
    for _ in range(SIZES - 1):
        width = _near(draw, width, NARROWEST[0], WIDEST[0])
        height = _near(draw, height, NARROWEST[1], WIDEST[1])
        terminal.resize(width, height)
        terminal.pump(SPAN / SIZES)
    terminal.resize(*last)


def _near(draw: random.Random, cells: int, least: int, most: int) -> int:
    return min(most, max(least, cells + draw.randint(-3, 3)))


def wrong_cells(terminal: Terminal, size: tuple[int, int]) -> int:
    """In how many cells the terminal differs from a fresh one after the redraw key."""
    fresh = pyte.Screen(*size)
    held = _cells(terminal.screen)
    pyte.ByteStream(fresh).feed(caused(terminal, REDRAW).data)
    return sum(a != b for a, b in zip(held, _cells(fresh), strict=True))


def _cells(screen: pyte.Screen) -> list[pyte.screens.Char]:
    return [screen.buffer[y][x] for y in range(screen.lines) for x in range(screen.columns)]
