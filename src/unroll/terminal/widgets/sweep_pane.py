"""A sweep's results as a table of two of its axes, each cell coloured by one figure of its seeds.

Says `CellChosen`. Knows neither the file nor the engine.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import ClassVar, NamedTuple, get_args

from msgspec import structs
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from unroll import figures
from unroll.picture import Grid
from unroll.recipe import Value
from unroll.sweep import summary
from unroll.sweep.summary import Figure, Key, Seed
from unroll.terminal import pictures
from unroll.terminal.bindings import both_ways
from unroll.terminal.palette import shades
from unroll.terminal.sparing import Pane
from unroll.text import clipped

AXES, HERE, SAID = "sweep-pane--axes", "sweep-pane--here", "sweep-pane--said"
ROWS_ABOVE, ROWS_BELOW = 2, 4
"""Lines over the cells: what the axes are, and their values; and under them at least, on the cell that is chosen."""
TEXT, SEED = 7, 16
"""Columns of a cell's text, whatever it shows, and of a seed with its figure."""
CURSOR = Style(reverse=True, bold=True)


class CellFigure(NamedTuple):
    """What the cells show of their seeds: a figure in the median, its `spread`, or how many are `solved`."""

    name: str
    figure: Figure
    kind: str = "median"

    def of(self, seeds: Sequence[Seed]) -> float | None:
        """Of these seeds; None where none of them has the figure."""
        found = summary.spread(seeds, self.figure)
        if found is None or self.kind == "solved":
            return found and sum(seed.is_solved for seed in seeds) / len(seeds)
        return found.middle if self.kind == "median" else found.high - found.low

    def shown(self, value: float | None) -> str:
        """As it stands in a cell."""
        return ("" if value is None else summary.shown(self.figure, value)).rjust(TEXT)


MEASURES = (
    CellFigure("median accuracy", "accuracy"),
    CellFigure("accuracy, highest less lowest", "accuracy", "spread"),
    CellFigure(f"seeds with at least {figures.share(figures.SOLVED, 0)} right", "accuracy", "solved"),
    CellFigure("median accuracy on what was held out", "held-out"),
    CellFigure("median loss", "loss"),
)


class SweepPane(Pane, can_focus=True):
    """Cells of a sweep; the seeds of one are opened from here."""

    @dataclass
    class CellChosen(Message):
        """A cell's seeds are wanted, by a figure of theirs; `called` says which cell."""

        called: str
        seeds: Sequence[Seed]
        figure: Figure

    COMPONENT_CLASSES = {AXES, HERE, SAID}
    DEFAULT_CSS = """
    SweepPane {
        & .sweep-pane--axes { color: $text-muted; }
        & .sweep-pane--here { color: $accent; text-style: bold; }
        & .sweep-pane--said { color: $foreground; }
    }
    """
    BINDINGS: ClassVar = [
        *both_ways("left right", "across", "cell", "The cell before or after this one."),
        *both_ways("up down", "down", "cell", "The cell above or below.", show=False),
        Binding("enter", "choose", "open", tooltip="Train this cell's best, median or worst seed again, as a run."),
        Binding("m", "measure", "metric", tooltip="Another figure: the median, the spread, how many seeds are solved."),
        Binding("A", "axes", "axes", tooltip="Other fields across and down, of those that vary."),
    ]

    called: reactive[str] = reactive("", repaint=False)
    seeds: reactive[Sequence[Seed]] = reactive((), repaint=False)
    measure: reactive[CellFigure] = reactive(MEASURES[0], repaint=False)
    axes: reactive[tuple[str, str]] = reactive(("length", "cell"), repaint=False)
    """The fields across and down."""
    cell: reactive[tuple[int, int]] = reactive((0, 0), repaint=False)
    """The column and the row that are chosen."""

    def __init__(self) -> None:
        super().__init__()
        self._groups: dict[Key, list[Seed]] = {}
        self._picture = Grid(row_name="", rows=[], column_name="", columns=[], values=[], caption="", limits="")
        self._rows: list[Strip] = []

    def on_mount(self) -> None:
        self.watch(self, "seeds", self._take)
        self.watch(self, "axes", self._group)
        self.watch(self, "measure", self._fill)
        for attribute in ("called", "cell"):
            self.watch(self, attribute, self.on_resize)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The fields that can be across and down, the first pair first shown."""
        names = summary.varying(self.seeds)
        others = [name for name in ("cell", "hidden_size") if name not in names]
        names = [*others[: 2 - len(names)], *names]
        return [*permutations(reversed(names), 2)]

    @property
    def measures(self) -> list[CellFigure]:
        """What the cells can show: figures that some seed has."""
        known = {figure for figure in get_args(Figure) if summary.spread(self.seeds, figure) is not None}
        return [one for one in MEASURES if one.figure in known] or [MEASURES[0]]

    # Drawing

    def _take(self) -> None:
        """Show other results: their first two axes, from the first cell on."""
        self.set_reactive(SweepPane.axes, self.pairs[0])
        self.set_reactive(SweepPane.measure, self.measures[0])
        self._group()

    def _group(self) -> None:
        self._groups = summary.grouped(self.seeds, self.axes)
        self._across, self._down = (summary.ordered(key[place] for key in self._groups) for place in (0, 1))
        self.cell = (0, 0)
        self._fill()

    def _fill(self) -> None:
        values = [[self._value((x, y)) for x in self._across] for y in self._down]
        highest = max((value or 0.0 for row in values for value in row), default=0.0)
        self._picture = Grid(
            row_name="",
            rows=[f"{y}" for y in self._down],
            column_name="",
            columns=[f"{x}" for x in self._across],
            values=values,
            scale=(highest or 1.0) if self.measure.figure == "loss" else 1.0,
            texts=[[self.measure.shown(value) for value in row] for row in values],
            caption="",
            limits="",
        )
        self.on_resize()

    def _value(self, key: Key) -> float | None:
        return self.measure.of(self._groups[key]) if key in self._groups else None

    def on_resize(self) -> None:
        """Draw every line again; those that are as before are not painted."""
        self.entitle(f"8 Sweep: {self.called}", f"{self.measure.name} · m another · A other axes")
        before, self._rows = self._rows, list(self._lines(*self.cell)) if self._groups and self.size.area else []
        self.refresh_changed(before, self._rows)

    def _lines(self, x: int, y: int) -> Iterator[Strip]:
        """What the axes are, the heading, the cells, and what came of the one that is chosen."""
        picture, cells = structs.replace(self._picture, mark=(y, x)), self._cells(x, y)
        label, here, said = (self.get_component_rich_style(look) for look in (AXES, HERE, SAID))
        yield self._line(self._of_axes(), label)
        yield self._line(pictures.heading(picture, cells, label, here))
        styles = shades(self.background_colors[1])
        for row in range(cells.first_row, cells.first_row + cells.rows):
            line = pictures.cell_row(picture, row, cells, here if row == y else label, styles)
            if row == y:
                place = 1 + 2 * (x - cells.first_column)
                line[place] = Segment(line[place].text, (line[place].style or Style()) + CURSOR)
            yield self._line(line)
        yield self._line("")
        yield from (self._line(sentence, said) for sentence in self._of_cell(self._across[x], self._down[y]))
        room = self.size.height - ROWS_ABOVE - cells.rows - ROWS_BELOW
        yield from (self._line(line, label) for line in self._of_seeds(self._across[x], self._down[y], room))

    def _cells(self, x: int, y: int) -> pictures.Cells:
        """The cells in sight while one is chosen."""
        rows = min(len(self._down), max(1, self.size.height - ROWS_ABOVE - ROWS_BELOW))
        return pictures.fitted(structs.replace(self._picture, mark=(y, x)), self.size.width, rows + 1, y - rows // 2)

    def _line(self, said: str | list[Segment], look: Style | None = None) -> Strip:
        segments = [Segment(clipped(said, self.size.width), look)] if isinstance(said, str) else said
        return Strip(segments).adjust_cell_length(self.size.width)

    def _of_axes(self) -> str:
        x, y = (name.replace("_", "-") for name in self.axes)
        others = [name.replace("_", "-") for name in summary.varying(self.seeds) if name not in self.axes]
        together = f"; every {' and '.join(others)} together" if others else ""
        return f"{x} across, {y} down{together}"

    def _of_cell(self, x: Value, y: Value) -> list[str]:
        """What came of a cell: how many seeds, their figures, and what can be done."""
        seeds = self._groups.get((x, y), [])
        if not seeds:
            return [f"{self._called(x, y)}: no seed", "", ""]
        solved = sum(seed.is_solved for seed in seeds)
        about = f"{self._called(x, y)}: {figures.count(len(seeds), 'seed')}, {solved:,} with at least "
        others = [figure for figure in get_args(Figure) if figure != self.measure.figure]
        remark = " ".join(summary.remarks(seeds, self.measure.figure))
        return [
            f"{about}{figures.share(figures.SOLVED, 0)} right",
            "; ".join(filter(None, (self._of_figure(seeds, figure) for figure in (self.measure.figure, *others)))),
            remark or "enter trains its best, median or worst seed again, as a run",
        ]

    def _of_seeds(self, x: Value, y: Value, room: int) -> Iterator[str]:
        """The seeds of a cell in so many lines, the best first, as many to a line as fit; and how many more."""
        ranked, figure = summary.ranked(self._groups.get((x, y), []), self.measure.figure), self.measure.figure
        items = [f"{one.seed:>7} {self.measure.shown(one.figure(figure))}".ljust(SEED) for one in ranked]
        each = max(1, self.size.width // SEED)
        more = max(0, len(items) - each * (room - 1))
        if not items or room < 2:
            return
        yield f"seed and {figure}, the best first{f'; {more:,} more have no room here' if more else ''}:"
        yield from ("".join(items[start : start + each]) for start in range(0, len(items) - more, each))

    def _called(self, x: Value, y: Value) -> str:
        return ", ".join(f"{name.replace('_', '-')} {value}" for name, value in zip(self.axes, (x, y), strict=True))

    def _of_figure(self, seeds: Sequence[Seed], figure: Figure) -> str:
        found = summary.spread(seeds, figure)
        if found is None:
            return ""
        low, middle, high = (summary.shown(figure, value) for value in (found.low, found.middle, found.high))
        return f"median {figure} {middle}, {low} to {high}"

    def render_line(self, y: int) -> Strip:
        if y >= len(self._rows):
            return Strip.blank(self.size.width, self.rich_style)
        return self._rows[y].apply_style(self.rich_style)

    # What a person does

    def action_across(self, by: int) -> None:
        self._move(by, 0)

    def action_down(self, by: int) -> None:
        self._move(0, by)

    def _move(self, across: int, down: int) -> None:
        (x, y), last = self.cell, (len(self._across) - 1, len(self._down) - 1)
        self.cell = max(0, min(x + across, last[0])), max(0, min(y + down, last[1]))

    def on_click(self, event: events.Click) -> None:
        """Choose a cell; the chosen one is opened."""
        content = event.get_content_offset(self)
        if content is None or not self._groups or content.x < pictures.ROW_LABEL:
            return
        cells = self._cells(*self.cell)
        row, column = content.y - ROWS_ABOVE, (content.x - pictures.ROW_LABEL) // cells.width
        if 0 <= row < cells.rows and column < cells.columns:
            clicked = cells.first_column + column, cells.first_row + row
            if clicked == self.cell:
                self.action_choose()
            self.cell = clicked

    def action_choose(self) -> None:
        x, y = self._across[self.cell[0]], self._down[self.cell[1]]
        if seeds := self._groups.get((x, y)):
            self.post_message(self.CellChosen(self._called(x, y), seeds, self.measure.figure))

    def action_measure(self) -> None:
        measures = self.measures
        self.measure = measures[(measures.index(self.measure) + 1) % len(measures)]

    def action_axes(self) -> None:
        pairs = self.pairs
        self.axes = pairs[(pairs.index(self.axes) + 1) % len(pairs)]
