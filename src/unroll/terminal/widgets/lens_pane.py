"""The lens: one more way of seeing the network that is shown, its caption and what it cannot show under it.

Draws any picture that the engine sends, and says `LensChosen`; and `MemberChosen` where it is of several trainings.
Knows neither lenses nor the engine.
"""

from dataclasses import dataclass
from itertools import cycle
from math import ceil
from textwrap import wrap
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from unroll import figures
from unroll.picture import Grid, Lines, Picture, Plane, Ranked
from unroll.terminal import pictures
from unroll.terminal.bindings import both_ways
from unroll.terminal.palette import shades
from unroll.terminal.plot import Plot, drawn, rgb
from unroll.terminal.sparing import Latest, Pane

SERIES = [f"lens-pane--series-{place}" for place in range(1, 7)]
AXES, HERE, CAPTION, LIMITS = "lens-pane--axes", "lens-pane--here", "lens-pane--caption", "lens-pane--limits"
CAPTION_CELLS, LIMITS_CELLS = 90, 80
"""Room that is kept for the two sentences, so that nothing moves when they change."""
ROWS_FOR_LIMITS = 15
"""Rows from which there is room for what a lens cannot show."""
NO_BREAK = "\N{NO-BREAK SPACE}"
LEAST_ROWS = 5
"""Rows that the picture itself gets at least."""


class LensPane(Pane, can_focus=True):
    """Shows what a lens has seen, or why it cannot see."""

    @dataclass
    class LensChosen(Message):
        """The lens so many places on is wanted."""

        by: int

    @dataclass
    class MemberChosen(Message):
        """One of the trainings that are trained together is wanted as a run: their seeds, and its place among them."""

        seeds: tuple[int, ...]
        index: int

    COMPONENT_CLASSES = {AXES, HERE, CAPTION, LIMITS, *SERIES}
    DEFAULT_CSS = """
    LensPane {
        & .lens-pane--axes { color: $text-muted; }
        & .lens-pane--here { color: $accent; text-style: bold; }
        & .lens-pane--caption { color: $foreground; }
        & .lens-pane--limits { color: $text-muted; }
        & .lens-pane--series-1 { color: $accent; }
        & .lens-pane--series-2 { color: $secondary; }
        & .lens-pane--series-3 { color: $success; }
        & .lens-pane--series-4 { color: $error; }
        & .lens-pane--series-5 { color: $foreground; }
        & .lens-pane--series-6 { color: $text-muted; }
    }
    """
    BINDINGS: ClassVar = [
        *both_ways("left right", "choose", "lens", "The lens before or after this one."),
        *both_ways(
            "up down",
            "scroll_rows",
            "rows",
            "Earlier or later rows; of several seeds, a worse or a better one.",
            show=False,
        ),
        Binding("enter", "open", "open seed", tooltip="Open the chosen seed as a run, where the lens is of several."),
    ]

    picture: reactive[Picture | None] = reactive(None, repaint=False)
    lens: reactive[str] = reactive("", repaint=False)
    lenses: reactive[tuple[str, ...]] = reactive((), repaint=False)
    called: reactive[str] = reactive("3 Lens", repaint=False)
    """What stands first in the title."""
    refusal: reactive[str] = reactive("", repaint=False)
    """Why there is no picture; empty where there is one."""
    first_row: reactive[int] = reactive(0, repaint=False)
    chosen: reactive[int] = reactive(0, repaint=False)
    """Which of several trainings is chosen, the worst being 0."""
    step: reactive[int] = reactive(0, repaint=False)

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Strip] = []
        self._unmarked: list[Strip] = []
        self._plotted: Plot | None = None
        self._drawing = Latest(self.run_worker, self._draw)

    def watch_picture(self, before: Picture | None, now: Picture | None) -> None:
        """Offer the key that opens a seed where there are some."""
        if bool(ranked(before)) != bool(ranked(now)):
            self.refresh_bindings()

    def on_mount(self) -> None:
        for attribute in ("picture", "lens", "lenses", "refusal", "first_row", "chosen", "called"):
            self.watch(self, attribute, self.on_resize)
        self.watch(self, "step", self._mark)

    def on_resize(self) -> None:
        """Draw again, once for everything that came in during the last drawing."""
        title, place = self.called, ""
        if self.lens in self.lenses:
            number = self.lenses.index(self.lens) + 1
            title += f": {self.lens}"
            place = f"{number}/{len(self.lenses)} · L {self.lenses[number % len(self.lenses)]}"
        self.entitle(title, place)
        if self.size.area:
            self._drawing.ask()

    # Drawing

    async def _draw(self) -> None:
        self._unmarked = await self._lines()
        self._mark()

    def _mark(self) -> None:
        """Mark on the axis where the step stands: the one line that another step changes."""
        before, marks = self._rows, self.picture.marks if isinstance(self.picture, Lines) else []
        mark = marks[self.step] if self.step < len(marks) else None
        self._rows = self._unmarked
        if self._plotted is not None and mark is not None:
            self._rows = [
                _marked(line, self._plotted, mark, self.get_component_rich_style(HERE)) for line in self._rows
            ]
        self.refresh_changed(before, self._rows)

    async def _lines(self) -> list[Strip]:
        """All lines: the picture, its caption, and where there is room what it cannot show."""
        (width, height), self._plotted = self.size, None
        if self.picture is None or self.refusal:
            return [self._line(line, CAPTION) for line in wrap(self.refusal, width)]
        said = [self._line(self._member(several), HERE)] if (several := ranked(self.picture)) else []
        said += self._sentence(self.picture.caption, CAPTION, CAPTION_CELLS)
        if height >= ROWS_FOR_LIMITS:
            said += self._sentence(self.picture.limits, LIMITS, LIMITS_CELLS)
        room = max(LEAST_ROWS, height - len(said))
        shown = self._grid(self.picture, room) if isinstance(self.picture, Grid) else await self._plot(room)
        return [*shown, *[Strip.blank(width)] * (room - len(shown)), *said][:height]

    def _member(self, several: list[Ranked]) -> str:
        """The chosen training, in columns that stand still, and what can be done about it."""
        place, last = min(self.chosen, len(several) - 1), len(several) - 1
        one, word = several[place], {0: "worst", last // 2: "median", last: "best"}.get(place, "")
        loss = "-" if one.loss is None else figures.loss(one.loss)
        right = "" if one.right is None else figures.share(one.right, 0)
        said = f"↕ seed {one.seed:>3}  {word:6}  {loss:>6}  {right:>6}"
        return f"{said}  enter opens it" if self.size.width >= len(said) + 16 else said

    def _sentence(self, sentence: str, look: str, room: int) -> list[Strip]:
        lines = _wrapped(sentence, max(1, self.size.width))
        return [self._line(line, look) for line in lines + [""] * (ceil(room / max(1, self.size.width)) - len(lines))]

    def _line(self, text: str, look: str) -> Strip:
        return Strip([Segment(text, self.get_component_rich_style(look))]).adjust_cell_length(self.size.width)

    async def _plot(self, rows: int) -> list[Strip]:
        """The names of lines or shapes in their colours, then these."""
        picture = self.picture
        assert picture is not None and not isinstance(picture, Grid)
        styles = [self.get_component_rich_style(name) for name in SERIES]
        axes, here = (rgb(self.get_component_rich_style(look)) for look in (AXES, HERE))
        colours = pictures.PlotColours(axes, here, [rgb(style) for style in styles])
        legend = self._legend(picture, styles)
        plot = pictures.plot_of(picture, self.size.width, rows - len(legend), colours)
        lines = [Strip(list(row.render(self.app.console))) for row in await drawn(plot)]
        self._plotted = plot
        return [*legend, *lines]

    def _legend(self, picture: Lines | Plane, styles: list[Style]) -> list[Strip]:
        """The names, and at the right, where there is room, what the axis is."""
        width, faint, band = self.size.width, self.get_component_rich_style(AXES), pictures.band_name(picture)
        names = pictures.names(picture)
        looks = iter([*(("━", style) for _, style in zip(names, cycle(styles), strict=False)), ("░", faint)])
        lines = [
            [Segment(f"{sign} {word} ", style) for word, (sign, style) in zip(words, looks, strict=False)]
            for words in pictures.legend([*names, *([band] if band else [])], width)
        ]
        room, axis = width - Strip(lines[-1]).cell_length, f"{picture.x_name} → "
        if len(axis) < room:
            lines[-1].append(Segment(axis.rjust(room), faint))
        return [Strip(line).adjust_cell_length(width) for line in lines]

    def _grid(self, picture: Grid, rows: int) -> list[Strip]:
        cells = pictures.fitted(picture, self.size.width, rows, self.first_row)
        label, here = self.get_component_rich_style(AXES), self.get_component_rich_style(HERE)
        styles = shades(self.background_colors[1])
        shown = range(cells.first_row, cells.first_row + cells.rows)
        looks = [here if row == picture.mark[0] else label for row in shown]
        lines = [pictures.heading(picture, cells, label, here)]
        lines += [pictures.cell_row(picture, row, cells, look, styles) for row, look in zip(shown, looks, strict=True)]
        return [Strip(line).adjust_cell_length(self.size.width) for line in lines]

    def render_line(self, y: int) -> Strip:
        if y >= len(self._rows):
            return Strip.blank(self.size.width, self.rich_style)
        return self._rows[y].apply_style(self.rich_style).adjust_cell_length(self.size.width, self.rich_style)

    # What a person does

    def action_choose(self, by: int) -> None:
        self.post_message(self.LensChosen(by))

    def action_scroll_rows(self, by: int) -> None:
        if several := ranked(self.picture):
            self.chosen = (self.chosen + by) % len(several)
            return
        rows = len(self.picture.rows) if isinstance(self.picture, Grid) else 1
        self.first_row = max(0, min(self.first_row + by, rows - 1))

    def action_open(self) -> None:
        """Say which training is chosen."""
        if several := ranked(self.picture):
            seeds = tuple(one.seed for one in sorted(several, key=lambda one: one.place))
            self.post_message(self.MemberChosen(seeds, several[min(self.chosen, len(several) - 1)].place))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to open a seed only where there are several."""
        return action != "open" or bool(ranked(self.picture))


def ranked(picture: Picture | None) -> list[Ranked]:
    """The trainings that a picture is of, the worst first; none where it is of one network."""
    return picture.ranked if isinstance(picture, Lines) else []


def _wrapped(sentence: str, width: int) -> list[str]:
    """A sentence in lines, a number never parted from its %."""
    return [line.replace(NO_BREAK, " ") for line in wrap(sentence.replace(" %", f"{NO_BREAK}%"), width)]


def _marked(line: Strip, plot: Plot, mark: float, style: Style) -> Strip:
    """The axis with a sign where the moment stands; any other line as it is."""
    start = line.text.find("└")
    if start < 0:
        return line
    across = (mark - plot.x_start) / (plot.x_end - plot.x_start)
    place = start + 1 + round(across * (plot.width - start - 2))
    return Strip.join([line.crop(0, place), Strip([Segment("▲", style)]), line.crop(place + 1)])
