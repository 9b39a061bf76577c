"""Curves drawn by plotext, as lines of text. The one place that knows plotext.

plotext is imported with the first drawing (it takes as long as half of a first paint) and has one figure for the whole
process: call `draw` from one thread at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.text import Text

AXIS = 9
"""Columns and rows that plotext's axes and labels take, at most; a curve is thinned to what is left."""

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Line:
    """One curve: finite points, and its colour."""

    xs: list[float]
    ys: list[float]
    colour: Colour


@dataclass(frozen=True)
class Plot:
    """Curves on axes that stand still: both ranges are given, not found."""

    width: int
    height: int
    x_end: float
    y_end: float
    axis_colour: Colour
    lines: tuple[Line, ...]


def draw(plot: Plot) -> list[Text]:
    """The plot, `height` lines of `width` cells."""
    import plotext

    figure = plotext.figure
    plotext.terminal.limit(False, False)
    plotext.add_theme("unroll", text=plot.axis_colour)
    figure.clear()
    figure.theme("unroll")
    figure.plot_size(plot.width, plot.height)
    figure.axes(False, axis="both", side=1)
    _ruler(figure.ruler("x"), plot.x_end, even_steps(plot.x_end, max(1, min(5, plot.width // 9))))
    _ruler(figure.ruler("y"), plot.y_end, even_steps(plot.y_end, max(1, min(4, plot.height // 3))))
    for line in plot.lines:
        if line.xs:
            signal = figure.signal(line.xs, line.ys, marker=plotext.marker("braille", line.colour))
            figure.draw(signal.lines(len(line.xs) > 1))
    return [Text.from_ansi(row) for row in figure.build().string().splitlines()[: plot.height]]


def _ruler(ruler: Any, end: float, steps: int) -> None:
    positions = [end * i / steps for i in range(steps + 1)]
    ruler.lim(0, end)
    ruler.ticks(positions, [f"{position:.4g}" for position in positions])


def even_steps(end: float, most: int) -> int:
    """Into how many equal steps an axis is cut, at most, so that its ticks are round where they can be."""
    return next((n for n in range(most, 2, -1) if end % n == 0), most)
