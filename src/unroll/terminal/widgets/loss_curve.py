"""The loss curve over the planned epochs, on axes that stand still while it grows, with the training cursor.

Drawn from `Curve`s; says `EpochChosen`. plotext builds it off the event loop, so that a key's echo
never waits for a picture.
"""

from __future__ import annotations

import asyncio
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
from unroll.terminal.bindings import offered
from unroll.terminal.coalesce import Latest
from unroll.terminal.curve import Curve, Metric, ceiling
from unroll.terminal.plot import AXIS, Colour, Line, Plot, draw
from unroll.terminal.widgets.base import Pane

CURVE, AXES, FAINT, CURSOR = "loss-curve--curve", "loss-curve--axes", "loss-curve--faint", "loss-curve--cursor"
GREY: Colour = (128, 128, 128)
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
        Binding("home", "first", "First epoch", show=False, tooltip="The untrained network."),
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
            self.watch(self, attribute, self._redraw)

    def on_resize(self) -> None:
        self._redraw()

    # Drawing

    def _redraw(self) -> None:
        """Draw again, once for everything that came in during the last drawing."""
        self._describe()
        if self.size.area and self.curve is not None:
            self._drawing.ask()

    async def _draw(self) -> None:
        if self.curve is not None:
            before, self._rows = self._rows, await asyncio.to_thread(draw, self._plot(self.curve))
            if len(before) != len(self._rows):
                self.refresh()
            self.refresh_rows(y for y, (a, b) in enumerate(zip(before, self._rows, strict=False)) if a != b)

    def _plot(self, curve: Curve) -> Plot:
        log = self.log_scale and self.metric == "loss"
        columns, lowest = self.size.width - AXIS, LOWEST if log else 0.0
        behind = [Line(*other.points(self.metric, columns, lowest), self._colour(FAINT)) for other in self.others]
        line = Line(*curve.points(self.metric, columns, lowest), self._colour(CURVE))
        longest = max([curve.train.epochs, *(other.train.epochs for other in self.others)])
        return Plot(
            self.size.width,
            self.size.height,
            longest,
            lowest,
            self._top([*behind, line], curve),
            self._colour(AXES),
            (*behind, line),
            self.metric == "accuracy",
            None if self.epoch is None else float(self.epoch),
            self._colour(CURSOR),
        )

    def _top(self, lines: list[Line], curve: Curve) -> float:
        if self.metric == "accuracy":
            return 1.0
        return ceiling(max([curve.top(self.metric), *(y for line in lines for y in line.ys)]))

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
        total, at = f"{curve.train.epochs:,}", curve.epoch if self.epoch is None else self.epoch
        epoch, during = f"epoch {at:>{len(total)},.0f}/{total}", curve.last()
        if self.epoch is not None:
            shown = self.epoch if self.shown is None else self.shown
            epoch = epoch if shown == self.epoch else f"epoch {at:,.0f}→{shown:,.0f}/{total}"
            during = curve.at(ceil(shown))
        loss, accuracy = during
        parts = [epoch if loss is None else f"during {epoch}"]
        parts += [] if loss is None else [f"loss {figures.loss(loss)}"]
        parts += [] if accuracy is None else [f"{figures.share(accuracy, 0):>5} right"]
        self.entitle(title, self._shortened(" · ".join(parts)))

    def _shortened(self, figures: str) -> str:
        """Without the words that can be spared, one after another, until it fits the border."""
        for word in (" right", "epoch ", "loss "):
            if len(figures) > self.size.width - CORNERS:
                figures = figures.replace(word, "")
        return figures

    # What a person does

    def action_move(self, by: int) -> None:
        self._choose(self._at + by)

    def action_page(self, by: int) -> None:
        self._choose(self._at + by * max(1, self.curve.train.epochs // 10 if self.curve else 1))

    def action_first(self) -> None:
        self._choose(0)

    def action_newest(self) -> None:
        self.post_message(self.EpochChosen(None))

    @property
    def _at(self) -> int:
        newest = ceil(self.curve.epoch) if self.curve else 0
        return newest if self.epoch is None else self.epoch

    def _choose(self, epoch: int) -> None:
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
        self._choose(round(max(0.0, min(1.0, share)) * self.curve.train.epochs))
