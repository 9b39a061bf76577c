"""Curves and points on axes that stand still, as lines of text: plotext, with its one figure for the whole process.

It is imported with the first drawing, for that takes as long as half of a first paint, and drawn off the event loop.
"""

import asyncio
from math import ceil, floor, log10
from threading import Lock
from typing import Any, NamedTuple

from rich.style import Style
from rich.text import Span, Text

from unroll import figures

Colour = tuple[int, int, int]
GREY: Colour = (128, 128, 128)
DOTTED = "┈┼"
"""What plotext draws a dotted horizontal line with, and where the cursor crosses it."""


class Line(NamedTuple):
    """One curve: finite points, and its colour. Points that are not joined are dots, or stand under a `marker`."""

    xs: list[float]
    ys: list[float]
    colour: Colour
    is_joined: bool = True
    marker: str = "braille"


class Plot(NamedTuple):
    """Curves on axes that stand still: both ranges are given, not found.

    Attributes:
        lines: Drawn in this order, the last on top.
        is_log: Whether the y axis is logarithmic; then no point may lie below `y_start`, which is above 0.
        percent: Whether it is marked in percent.
        has_round_ticks: Whether the ranges begin anywhere, and are marked at round numbers.
        x_ticks: Where the x axis is marked, and with what; None for even steps.
        cursor, wall: Where vertical lines stand; None for none.
        margin: Columns that the y axis' labels take at least, so that plots over each other are aligned.
        level: Where a horizontal line stands, and what it is; None for none.
    """

    width: int
    height: int
    x_end: float
    y_start: float
    y_end: float
    axis_colour: Colour
    lines: list[Line]
    is_log: bool = False
    percent: bool = False
    x_start: float = 0.0
    x_ticks: list[tuple[float, str]] | None = None
    has_round_ticks: bool = False
    cursor: float | None = None
    cursor_colour: Colour = (255, 255, 255)
    wall: float | None = None
    margin: int = 0
    level: tuple[float, str] | None = None


def rgb(style: Style) -> Colour:
    """A style's colour; grey for the terminal's own, which only the terminal knows."""
    if style.color is None or style.color.is_default:
        return GREY
    red, green, blue = style.color.get_truecolor()
    return red, green, blue


_FIGURE = Lock()


async def drawn(plot: Plot) -> list[Text]:
    """The plot, drawn in a thread."""
    return await asyncio.to_thread(draw, plot)


def draw(plot: Plot) -> list[Text]:
    """The plot, `height` lines of `width` cells; one after another, for they share plotext's figure."""
    with _FIGURE:
        return _draw(plot)


def _draw(plot: Plot) -> list[Text]:
    import plotext

    figure = plotext.figure
    plotext.terminal.limit(False, False)
    plotext.add_theme("unroll", text=plot.axis_colour)
    figure.clear()
    figure.theme("unroll")
    figure.plot_size(plot.width, plot.height)
    figure.axes(False, axis="both", side=1)
    _rule(figure, plot)
    for place, colour in ((plot.wall, plot.axis_colour), (plot.cursor, plot.cursor_colour)):
        if place is not None:
            figure.line(place, orientation="vertical", pixel=plotext.pixel(foreground=colour), style="dotted")
    if plot.level is not None:
        pixel = plotext.pixel(foreground=plot.axis_colour)
        figure.line(plot.level[0], orientation="horizontal", pixel=pixel, style="dotted")
    for line in plot.lines:
        if line.xs:
            signal = figure.signal(line.xs, line.ys, marker=plotext.marker(line.marker, line.colour))
            figure.draw(signal.lines(line.is_joined and len(line.xs) > 1))
    rows = [Text.from_ansi(row) for row in figure.build().string().splitlines()[: plot.height]]
    for row in rows:  # plotext paints a vertical line's cells white, whatever their pixel says
        row.spans = [Span(start, end, Style(color=Style.parse(str(style)).color)) for start, end, style in row.spans]
    return rows if plot.level is None else [_named(row, f" {plot.level[1]} ") for row in rows]


def _named(row: Text, name: str) -> Text:
    """A row of which the horizontal line is, with the line's name at its end, unless a curve is there."""
    place = len(row.plain) - len(name)
    if place < 0 or not set(row.plain[place:]) <= set(DOTTED):
        return row
    return Text.assemble(row[:place], (name, row.spans[0].style))


def _rule(figure: Any, plot: Plot) -> None:
    x, y = figure.ruler("x"), figure.ruler("y")
    if plot.has_round_ticks:
        ticks, labels = _labelled(round_ticks(plot.y_start, plot.y_end, max(1, plot.height // 3)))
    elif plot.is_log:
        y.scale("log")
        ticks, labels = _labelled(powers_of_ten(plot.y_start, plot.y_end, max(1, plot.height // 3)))
    else:
        most = max(1, min(4, plot.height // 3))
        most = most // 2 * 2 or 1 if plot.y_start < 0 else most  # so that 0 is marked where there is room
        ticks, labels = _labelled(even_ticks(plot.y_end, most, start=plot.y_start))
        labels = [f"{tick:.0%}" for tick in ticks] if plot.percent else labels
    y.ticks(ticks, [label.rjust(plot.margin) for label in labels])
    y.lim(*((log10(plot.y_start), log10(plot.y_end)) if plot.is_log else (plot.y_start, plot.y_end)))
    x.lim(plot.x_start, plot.x_end)
    wide, room = len(_labelled([plot.x_end])[1][0]), plot.width - 1 - max(map(len, labels))
    most = room // (wide + wide // 2 + 1)  # so far apart that the last label keeps clear of the one before
    most = max(1, min(5, most))
    round_ = plot.has_round_ticks
    places = round_ticks(plot.x_start, plot.x_end, most) if round_ else even_ticks(plot.x_end, most, 2, plot.x_start)
    marked = [*zip(*_labelled(places), strict=True)] if plot.x_ticks is None else plot.x_ticks
    x.ticks([place for place, _ in marked], [label for _, label in marked])


def _labelled(positions: list[float]) -> tuple[list[float], list[str]]:
    return positions, [_label(position) for position in positions]


def _label(position: float) -> str:
    if 0 < position < 0.001:
        return figures.loss(position).replace(".0e", "e")
    return f"{position:,.0f}" if position >= 1000 else f"{position:.4g}"


def even_ticks(end: float, most: int, fewest: int = 3, start: float = 0.0) -> list[float]:
    """Ticks from start to end: `most` steps, or fewer (at least `fewest`) if that gives whole numbers."""
    steps = next((n for n in range(most, fewest - 1, -1) if (end - start) % n == 0), most)
    return [start + (end - start) * i / steps for i in range(steps + 1)]


def round_ticks(start: float, end: float, most: int) -> list[float]:
    """Ticks inside a range at multiples of 1, 2 or 5 times a power of ten, so many at most and one more."""
    least = (end - start) / most
    power = 10.0 ** floor(log10(least))
    step = next(step * power for step in (1, 2, 5, 10) if step * power >= least * (1 - 1e-9))
    return [step * n + 0.0 for n in range(ceil(start / step), floor(end / step) + 1)]


def powers_of_ten(start: float, end: float, most: int) -> list[float]:
    """The ticks of a log axis: at every power, or where that is more than so many, evenly chosen from the top."""
    powers = range(ceil(log10(start)), floor(log10(end)) + 1)
    return [10.0**power for power in powers[:: -ceil(len(powers) / most)]][::-1]
