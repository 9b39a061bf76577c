"""The loss curve over the planned epochs, on axes that stand still while it grows, with the training cursor.

Drawn from `Curve`s; says `EpochChosen`. plotext builds it off the event loop, so that a key's echo never waits for a
picture. It is imported with the first drawing (it takes as long as half of a first paint) and has one figure for the
whole process: call `draw` from one thread at a time.
"""

import asyncio
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any, ClassVar

from rich.style import Style
from rich.text import Span, Text
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from unroll import figures
from unroll.terminal.bindings import offered
from unroll.terminal.runs import Curve, Metric, ceiling
from unroll.terminal.sparing import Latest, Pane

CURVE, AXES, FAINT, CURSOR = "loss-curve--curve", "loss-curve--axes", "loss-curve--faint", "loss-curve--cursor"
AXIS = 9
"""Columns and rows that plotext's axes and labels take, at most; a curve is thinned to what is left."""
CORNERS = 4
"""Cells of the pane's width that a border's text cannot use."""
LOWEST = 1e-4
"""Where a log axis begins; lower values are drawn there."""
Colour = tuple[int, int, int]
GREY: Colour = (128, 128, 128)


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
        lines: Drawn in this order, the last on top.
        percent: Whether the y axis is marked in percent.
        cursor: Where a vertical line stands; None for none.
    """

    width: int
    height: int
    x_end: float
    y_start: float
    y_end: float
    axis_colour: Colour
    lines: list[Line]
    percent: bool = False
    cursor: float | None = None
    cursor_colour: Colour = (255, 255, 255)


class LossCurve(Pane, can_focus=True):
    """One run's curve, earlier runs faint behind it. `updates` is how many points it has: it grows in place."""

    @dataclass
    class EpochChosen(Message):
        """An epoch of the training was chosen; None follows the newest."""

        epoch: int | None

    COMPONENT_CLASSES = {CURVE, AXES, FAINT, CURSOR}
    DEFAULT_CSS = """
    LossCurve {
        & .loss-curve--curve { color: $accent; }
        & .loss-curve--axes { color: $text-muted; }
        & .loss-curve--faint { color: $foreground 35%; }
        & .loss-curve--cursor { color: $foreground; }
    }
    """
    BINDINGS: ClassVar = [
        Binding(
            "left",
            "move(-1)",
            "epoch",
            key_display="←/→",
            tooltip="The network one epoch earlier or later; past the last, the newest.",
        ),
        Binding("right", "move(1)", show=False),
        *offered("branch", "log", "metric"),
        Binding("pageup", "page(-1)", "Page back", show=False, tooltip="A tenth of the epochs back."),
        Binding("pagedown", "page(1)", "Page forward", show=False, tooltip="A tenth of the epochs forward."),
        Binding("home", "choose(0)", "First epoch", show=False, tooltip="The untrained network."),
        Binding("end", "newest", "Newest", show=False, tooltip="Follow the newest epoch."),
    ]

    curve: reactive[Curve | None] = reactive(None, repaint=False)
    updates: reactive[int] = reactive(0, repaint=False)
    others: reactive[tuple[Curve, ...]] = reactive((), repaint=False)
    epoch: reactive[int | None] = reactive(None, repaint=False)
    shown: reactive[float | None] = reactive(None, repaint=False)
    metric: reactive[Metric] = reactive("loss", repaint=False)
    log_scale: reactive[bool] = reactive(False, repaint=False)

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Text] = []
        self._drawing = Latest(self.run_worker, self._draw)

    def on_mount(self) -> None:
        for attribute in ("curve", "updates", "others", "epoch", "shown", "metric", "log_scale"):
            self.watch(self, attribute, self.on_resize)

    def on_resize(self) -> None:
        """Draw again, once for everything that came in during the last drawing."""
        self._describe()
        if self.size.area and self.curve is not None:
            self._drawing.ask()

    # Drawing

    async def _draw(self) -> None:
        if self.curve is not None:
            before, self._rows = self._rows, await asyncio.to_thread(draw, self._plot(self.curve))
            self.refresh_changed(before, self._rows)

    def _plot(self, curve: Curve) -> Plot:
        lowest = LOWEST if self.log_scale and self.metric == "loss" else 0.0
        shown = [(other, FAINT) for other in self.others] + [(curve, CURVE)]
        columns = self.size.width - AXIS
        lines = [Line(*one.points(self.metric, columns, lowest), self._colour(look)) for one, look in shown]
        highest = max([curve.top(self.metric), *(y for line in lines for y in line.ys)])
        return Plot(
            width=self.size.width,
            height=self.size.height,
            x_end=max(one.recipe.train.epochs for one, _ in shown),
            y_start=lowest,
            y_end=1.0 if self.metric == "accuracy" else ceiling(highest),
            axis_colour=self._colour(AXES),
            lines=lines,
            percent=self.metric == "accuracy",
            cursor=self.epoch,
            cursor_colour=self._colour(CURSOR),
        )

    def _colour(self, component: str) -> Colour:
        colour = self.get_component_rich_style(component).color
        if colour is None or colour.is_default:  # the terminal's own: only the terminal knows it
            return GREY
        red, green, blue = colour.get_truecolor()
        return red, green, blue

    def render_line(self, y: int) -> Strip:
        if y >= len(self._rows):
            return Strip.blank(self.size.width, self.rich_style)
        strip = Strip(list(self._rows[y].render(self.app.console)))
        return strip.apply_style(self.rich_style).adjust_cell_length(self.size.width, self.rich_style)

    def _describe(self) -> None:
        """The epoch under the cursor, or the newest, and the mean figures of the updates made during it."""
        title = self.metric.capitalize() + (" (log)" if self.log_scale and self.metric == "loss" else "")
        curve = self.curve
        if curve is None:
            self.entitle(title, "")
            return
        total, at = f"{curve.recipe.train.epochs:,}", ceil(curve.epoch if self.epoch is None else self.epoch)
        epoch, during = f"epoch {at:>{len(total)},}/{total}", curve.last()
        if self.epoch is not None:
            shown = self.epoch if self.shown is None else self.shown
            epoch = epoch if shown == self.epoch else f"epoch {at:,}→{shown:,.0f}/{total}"
            during = curve.at(ceil(shown))
        loss, accuracy = during
        parts = [epoch if loss is None else f"during {epoch}"]
        parts += [] if loss is None else [f"loss {figures.loss(loss)}"]
        parts += [] if accuracy is None else [f"{figures.share(accuracy, 0):>5} right"]
        said = " · ".join(parts)
        for word in (" right", "epoch ", "loss "):  # can be spared, one after another, until it fits the border
            if len(said) > self.size.width - CORNERS:
                said = said.replace(word, "")
        self.entitle(title, said)

    # What a person does

    def action_move(self, by: int) -> None:
        newest = ceil(self.curve.epoch) if self.curve else 0
        self.action_choose((newest if self.epoch is None else self.epoch) + by)

    def action_page(self, by: int) -> None:
        self.action_move(by * max(1, self.curve.recipe.train.epochs // 10 if self.curve else 1))

    def action_newest(self) -> None:
        self.post_message(self.EpochChosen(None))

    def action_choose(self, epoch: int) -> None:
        """Move at once, so that keys in quick succession add up, and say so."""
        newest = int(self.curve.epoch) if self.curve else 0
        self.epoch = max(0, epoch) if epoch <= newest else None
        self.post_message(self.EpochChosen(self.epoch))

    def on_click(self, event: events.Click) -> None:
        content = event.get_content_offset(self)
        axis = next((row.plain for row in self._rows if "└" in row.plain), "")
        if content is None or self.curve is None or not axis:
            return
        start = axis.index("└") + 1
        share = (content.x - start) / max(1, len(axis.rstrip()) - 1 - start)
        self.action_choose(round(max(0.0, min(1.0, share)) * self.curve.recipe.train.epochs))


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
        pixel = plotext.pixel(foreground=plot.cursor_colour)
        figure.line(plot.cursor, orientation="vertical", pixel=pixel, style="dotted")
    for line in plot.lines:
        if line.xs:
            signal = figure.signal(line.xs, line.ys, marker=plotext.marker("braille", line.colour))
            figure.draw(signal.lines(len(line.xs) > 1))
    rows = [Text.from_ansi(row) for row in figure.build().string().splitlines()[: plot.height]]
    for row in rows:  # plotext paints a vertical line's cells white, whatever their pixel says
        row.spans = [Span(start, end, Style(color=Style.parse(str(style)).color)) for start, end, style in row.spans]
    return rows


def _rule(figure: Any, plot: Plot) -> None:
    x, y = figure.ruler("x"), figure.ruler("y")
    if plot.y_start:
        y.scale("log")
        ticks, labels = _labelled(powers_of_ten(plot.y_start, plot.y_end))
    else:
        ticks, labels = _labelled(even_ticks(plot.y_end, max(1, min(4, plot.height // 3))))
        labels = [f"{tick:.0%}" for tick in ticks] if plot.percent else labels
    y.ticks(ticks, labels)
    y.lim(*((log10(plot.y_start), log10(plot.y_end)) if plot.y_start else (0, plot.y_end)))
    x.lim(0, plot.x_end)
    wide, room = len(_labelled([plot.x_end])[1][0]), plot.width - 1 - max(map(len, labels))
    most = room // (wide + wide // 2 + 1)  # so far apart that the last label keeps clear of the one before
    x.ticks(*_labelled(even_ticks(plot.x_end, max(1, min(5, most)), fewest=2)))


def _labelled(positions: list[float]) -> tuple[list[float], list[str]]:
    return positions, [f"{position:,.0f}" if position >= 1000 else f"{position:.4g}" for position in positions]


def even_ticks(end: float, most: int, fewest: int = 3) -> list[float]:
    """Ticks from 0 to the end: `most` steps, or fewer (at least `fewest`) if that gives whole numbers."""
    steps = next((n for n in range(most, fewest - 1, -1) if end % n == 0), most)
    return [end * i / steps for i in range(steps + 1)]


def powers_of_ten(start: float, end: float) -> list[float]:
    """The ticks of a log axis."""
    return [10.0**power for power in range(ceil(log10(start)), floor(log10(end)) + 1)]
