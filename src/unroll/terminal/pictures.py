"""What a lens shows, as a plot or as cells, at any size: no lens is known here, only the three kinds of pictures."""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from math import ceil, floor, log10
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from unroll.picture import Grid, Lines, Plane, Shape
from unroll.terminal.cells import cut, put, right
from unroll.terminal.palette import glyphs, level
from unroll.terminal.plot import Colour, Line, Plot
from unroll.terminal.runs import ceiling

AXIS_ROWS = 2
LABEL_ROOM = 7
"""Columns from one label of an axis to the next, at least."""
ROW_LABEL = 11
CELL = 5
"""Columns of a grid's cell at most."""
BETWEEN, MAX_LEGEND = 3, 2
"""Columns that a name in the legend takes beside its own; and the lines of a legend, at most."""
SHORTEST = 3
"""Columns of a name at least."""
LONGEST = 7
"""Columns of a text in a grid's cell at most."""
DOTS_HIGH = 2
"""How many columns are as wide as a row is high."""
ROUND_ROWS = 9
"""Rows from which a circle in a plane is round."""
FEW = 40
"""Points that are drawn large; those of a shape with more are dots."""
HERE = "◆"


class PlotColours(NamedTuple):
    """Of the axes, of the moment shown, and of the lines and shapes in their order."""

    axes: Colour
    here: Colour
    series: Sequence[Colour]

    def of(self, place: int) -> Colour:
        return self.series[place % len(self.series)]


def names(picture: Lines | Plane) -> list[str]:
    """What the lines or shapes are called, in the order of their colours; the edges of a band are left out."""
    if isinstance(picture, Plane):
        return [shape.name for shape in picture.shapes]
    return [line.name for place, line in enumerate(picture.lines) if place not in (picture.band or ())]


def legend(words: Sequence[str], width: int) -> list[list[str]]:
    """Names in one line or two, whole where that gives them room."""
    lines: list[list[str]] = [[]]
    for word in words:
        if lines[-1] and _room([*lines[-1], word]) > width:
            lines.append([])
        lines[-1].append(word)
    return (
        lines if len(lines) <= MAX_LEGEND and all(_room(line) <= width for line in lines) else [shortened(words, width)]
    )


def _room(words: Sequence[str]) -> int:
    """Cells of names side by side, each behind a sign of its colour."""
    return sum(map(cell_len, words)) + BETWEEN * len(words) - 1


def shortened(words: Sequence[str], width: int) -> list[str]:
    """Words cut so that all have room side by side; none to less than three cells."""
    longest = max(map(cell_len, words), default=0)
    found = list(words)
    while longest > SHORTEST and _room(found) > width:
        longest -= 1
        found = [cut(word, longest) for word in words]
    return found


def band_name(picture: Lines | Plane) -> str:
    """What a band is called; empty where there is none."""
    if isinstance(picture, Plane) or picture.band is None:
        return ""
    low, high = (picture.lines[place].name for place in picture.band)
    return f"{low.removesuffix(' %')}-{high}"


def plot_of(picture: Lines | Plane, width: int, height: int, colours: PlotColours) -> Plot:
    """Lines or a plane as a plot of that many cells."""
    if isinstance(picture, Lines):
        return _plot_of_lines(picture, width, height, colours)
    return _plot_of_plane(picture, width, height, colours)


def _plot_of_lines(picture: Lines, width: int, height: int, colours: PlotColours) -> Plot:
    low, high = _range(picture)
    lines = [
        Line(xs, ys, colours.of(place))
        for place, line in reversed([*enumerate(picture.lines)])
        if place not in (picture.band or ())
        for xs, ys in _unbroken(picture.xs, line.ys)
    ]
    first, last = (picture.xs[0], picture.xs[-1]) if picture.xs else (0.0, 1.0)
    band = [shade(picture, (last - first) / (2 * width), height, (low, high), colours.axes)] if picture.band else []
    return Plot(
        width=width,
        height=height,
        x_start=first if last > first else first - 1,
        x_end=last if last > first else last + 1,
        x_ticks=_ticks(picture, width),
        y_start=low,
        y_end=high,
        is_log=picture.log,
        percent=picture.percent,
        axis_colour=colours.axes,
        lines=[*band, *lines],
        wall=picture.wall,
    )


def shade(picture: Lines, across: float, height: int, ends: tuple[float, float], colour: Colour) -> Line:
    """Every second dot between the two lines of a band, `across` from one to the next, in a y axis with such `ends`."""
    assert picture.band is not None
    start, end = (log10(y) if picture.log else y for y in ends)
    up = (end - start) / (4 * height)
    dots: list[tuple[float, float]] = []
    for (x, *edges), (next_x, *next_edges) in pairwise(_edges(picture, *picture.band)):
        for column in range(ceil(x / across), ceil(next_x / across)):
            part = (column * across - x) / (next_x - x)
            low, high = sorted(a + part * (b - a) for a, b in zip(edges, next_edges, strict=True))
            rows = range(max(0, ceil((low - start) / up)), min(4 * height, floor((high - start) / up)) + 1)
            dots += [(column * across, start + row * up) for row in rows if (row + column) % 2]
    return Line([x for x, _ in dots], [10**y if picture.log else y for _, y in dots], colour, is_joined=False)


def _edges(picture: Lines, low: int, high: int) -> Iterator[tuple[float, float, float]]:
    """Where both lines of a band have values, on the scale of the axis."""
    for x, *ys in zip(picture.xs, picture.lines[low].ys, picture.lines[high].ys, strict=True):
        if None not in ys:
            yield x, *(log10(y) if picture.log else y for y in ys if y is not None)  # type: ignore[misc]


def _range(picture: Lines) -> tuple[float, float]:
    """The ends of the y axis: of one kind for all figures of the picture, so that it seldom moves."""
    values = [y for line in picture.lines for y in line.ys if y is not None]
    if picture.percent:
        return 0.0, 1.0
    if picture.log:
        low, high = (min(values), max(values)) if values else (0.1, 1.0)
        return 10.0 ** floor(log10(low) - 1e-9), 10.0 ** ceil(log10(high) + 1e-9)
    end = ceiling(max([1.0, *map(abs, values)]))
    return (-end if any(value < 0 for value in values) else 0.0), end


def _unbroken(xs: Sequence[float], ys: Sequence[float | None]) -> Iterator[tuple[list[float], list[float]]]:
    """The parts of a line between the places that have no value."""
    for has_value, part in groupby(zip(xs, ys, strict=True), lambda point: point[1] is not None):
        if has_value:
            points = [(x, y) for x, y in part if y is not None]
            yield [x for x, _ in points], [y for _, y in points]


def _ticks(picture: Lines, width: int) -> list[tuple[float, str]]:
    """As many places of the axis as have room for a label, evenly chosen."""
    stride = max(1, -(-len(picture.xs) // max(1, (width - LABEL_ROOM) // LABEL_ROOM)))
    labels = [cut(label, LABEL_ROOM - 1) for label in picture.labels] or [f"{x:g}" for x in picture.xs]
    return list(zip(picture.xs, labels, strict=True))[::stride]


def _plot_of_plane(picture: Plane, width: int, height: int, colours: PlotColours) -> Plot:
    """One unit is as long across as it is up, but in a few rows, which would show nothing then."""
    xs, ys = ([value for shape in picture.shapes for value in getattr(shape, axis)] or [0.0] for axis in ("xs", "ys"))
    columns, rows = max(1, width - LABEL_ROOM), max(1, height - AXIS_ROWS) * DOTS_HIGH
    middle_x, middle_y = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    needed = (max(xs) - min(xs)) / columns, (max(ys) - min(ys)) / rows
    across, up = (ceiling(1.05 * max(1e-6, size)) for size in needed)
    if height >= ROUND_ROWS:
        across = up = max(across, up)
    last = len(picture.shapes) - 1
    lines = [_line(shape, colours.of(place), place == last) for place, shape in enumerate(picture.shapes)]
    here = [Line([picture.mark[0]], [picture.mark[1]], colours.here, False, HERE)] if picture.mark else []
    return Plot(
        width=width,
        height=height,
        x_start=middle_x - across * columns / 2,
        x_end=middle_x + across * columns / 2,
        y_start=middle_y - up * rows / 2,
        y_end=middle_y + up * rows / 2,
        axis_colour=colours.axes,
        has_round_ticks=True,
        lines=[*lines, *here],
    )


def _line(shape: Shape, colour: Colour, is_last: bool) -> Line:
    is_path = shape.kind == "path"
    marker = "braille" if is_path or len(shape.xs) > FEW else "●" if is_last else "○"
    return Line(shape.xs, shape.ys, colour, is_path, marker)


class Cells(NamedTuple):
    """Which part of a grid is shown, from `first_row` and `first_column` on, and how wide its cells are."""

    first_row: int
    rows: int
    first_column: int
    columns: int
    width: int


def fitted(picture: Grid, width: int, height: int, first_row: int = 0) -> Cells:
    """The cells that have room, those of the moment's column among them; one row is the heading."""
    room = max(1, width - ROW_LABEL)
    longest = max((cell_len(text) for row in picture.texts for text in row), default=0)
    cell = max(min(longest, LONGEST) + 1 if longest else 1, min(CELL, room // max(1, len(picture.columns))))
    columns = min(len(picture.columns), room // cell)
    here = picture.mark[1] or 0
    first_column = max(0, min(here - columns // 2, len(picture.columns) - columns))
    rows = min(len(picture.rows), max(0, height - 1))
    return Cells(max(0, min(first_row, len(picture.rows) - rows)), rows, first_column, columns, cell)


def heading(picture: Grid, cells: Cells, plain: Style, here: Style) -> list[Segment]:
    """The columns' labels, that of the moment marked."""
    shown, width, gap = range(cells.first_column, cells.first_column + cells.columns), cells.width, cells.width > 1
    row: dict[int, tuple[str, Style]] = {}
    for column in sorted(shown, key=lambda column: column != picture.mark[1]):  # its own first, then what has room
        label, look = picture.columns[column], here if column == picture.mark[1] else plain
        end = (column - cells.first_column + 1) * width - gap
        put(row, end - cell_len(label), label, look, cells.columns * width)
    named = Segment(picture.column_name[: ROW_LABEL - 1].rjust(ROW_LABEL - 1) + " ", plain)
    return [named, *(Segment(*row.get(x, (" ", plain))) for x in range(cells.columns * width))]


def cell_row(picture: Grid, row: int, cells: Cells, label: Style, background: list[Style]) -> list[Segment]:
    """A row's label and cells."""
    segments = [Segment(picture.rows[row][: ROW_LABEL - 1].rjust(ROW_LABEL - 1) + " ", label)]
    gap = " " * (cells.width > 1)
    for column in range(cells.first_column, cells.first_column + cells.columns):
        value = picture.values[row][column]
        shade = 0 if value is None else level(value, picture.scale)
        width = cells.width - len(gap)
        text = right(picture.texts[row][column], width) if picture.texts else glyphs(shade, width)
        segments += [Segment(" " * width if value is None else text, background[shade]), Segment(gap)]
    return segments
