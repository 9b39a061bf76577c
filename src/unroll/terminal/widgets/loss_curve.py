"""The loss curve over the planned epochs, on axes that stand still while it grows, with the training cursor.

Drawn from `Curve`s off the event loop, so that a key's echo never waits for a picture; says `EpochChosen`.
"""

from dataclasses import dataclass
from math import ceil
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from unroll import figures
from unroll.terminal.bindings import both_ways, offered
from unroll.terminal.plot import Colour, Line, Plot, drawn, rgb
from unroll.terminal.runs import Curve, Metric, ceiling
from unroll.terminal.sparing import Latest, Pane

CURVE, AXES, FAINT, CURSOR = "loss-curve--curve", "loss-curve--axes", "loss-curve--faint", "loss-curve--cursor"
AXIS = 9
"""Columns and rows that plotext's axes and labels take, at most; a curve is thinned to what is left."""
CORNERS = 4
"""Cells of the pane's width that a border's text cannot use."""
LOWEST = 1e-4
"""Where a log axis begins; lower values are drawn there."""


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
        *both_ways("left right", "move", "epoch", "The network one epoch earlier or later; past the last, the newest."),
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
            before, self._rows = self._rows, await drawn(self._plot(self.curve))
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
            is_log=lowest > 0,
            y_end=1.0 if self.metric == "accuracy" else ceiling(highest),
            axis_colour=self._colour(AXES),
            lines=lines,
            percent=self.metric == "accuracy",
            cursor=self.epoch,
            cursor_colour=self._colour(CURSOR),
        )

    def _colour(self, component: str) -> Colour:
        return rgb(self.get_component_rich_style(component))

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
