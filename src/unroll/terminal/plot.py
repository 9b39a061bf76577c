"""Curves drawn by plotext, as lines of text. The one place that knows plotext.

plotext is imported with the first drawing (it takes as long as half of a first paint) and has one figure for the whole
process: call `draw` from one thread at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

from rich.style import Style
from rich.text import Span, Text

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
    """Curves on axes that stand still: both ranges are given, not found.

    Attributes:
        y_start: 0, or for a log axis where it begins; no point may lie below.
        percent: Whether the y axis is marked in percent.
        cursor: Where a vertical line stands; None for none.
        lines: Drawn in this order, the last on top.
    """

    width: int
    height: int
    x_end: float
    y_start: float
    y_end: float
    axis_colour: Colour
    lines: tuple[Line, ...]
    percent: bool = False
    cursor: float | None = None
    cursor_colour: Colour = (255, 255, 255)

    @property
    def is_log(self) -> bool:
        return self.y_start > 0


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
    _rule(figure, plot)
    if plot.cursor is not None:
        figure.line(
            plot.cursor, orientation="vertical", pixel=plotext.pixel(foreground=plot.cursor_colour), style="dotted"
        )
    for line in plot.lines:
        if line.xs:
            signal = figure.signal(line.xs, line.ys, marker=plotext.marker("braille", line.colour))
            figure.draw(signal.lines(len(line.xs) > 1))
    return [_without_background(Text.from_ansi(row)) for row in figure.build().string().splitlines()[: plot.height]]


def _without_background(row: Text) -> Text:
    """plotext paints a vertical line's cells white, whatever their pixel says."""
    row.spans = [Span(start, end, Style(color=Style.parse(str(style)).color)) for start, end, style in row.spans]
    return row


def _rule(figure: Any, plot: Plot) -> None:
    x, y = figure.ruler("x"), figure.ruler("y")
    if plot.is_log:
        y.scale("log")
        ticks, labels = _labelled(powers_of_ten(plot.y_start, plot.y_end))
    else:
        ticks, labels = _labelled(even_ticks(plot.y_end, max(1, min(4, plot.height // 3))))
        labels = [f"{tick:.0%}" for tick in ticks] if plot.percent else labels
    y.ticks(ticks, labels)
    x.lim(0, plot.x_end)
    x.ticks(*_labelled(_epochs(plot.x_end, plot.width - 1 - max(map(len, labels)))))
    y.lim(*((log10(plot.y_start), log10(plot.y_end)) if plot.is_log else (0, plot.y_end)))


def _labelled(positions: list[float]) -> tuple[list[float], list[str]]:
    return positions, [f"{position:,.0f}" if position >= 1000 else f"{position:.4g}" for position in positions]


def _epochs(end: float, columns: int) -> list[float]:
    """Ticks so far apart that the last label, which ends where the axis does, keeps clear of the one before."""
    (label,) = _labelled([end])[1]
    return even_ticks(end, max(1, min(5, columns // (len(label) + len(label) // 2 + 1))), fewest=2)


def even_ticks(end: float, most: int, fewest: int = 3) -> list[float]:
    """Ticks from 0 to the end: `most` steps, or fewer (at least `fewest`) if that gives whole numbers."""
    steps = next((n for n in range(most, fewest - 1, -1) if end % n == 0), most)
    return [end * i / steps for i in range(steps + 1)]


def powers_of_ten(start: float, end: float) -> list[float]:
    """The ticks of a log axis."""
    return [10.0**power for power in range(ceil(log10(start)), floor(log10(end)) + 1)]
