"""The loss curve: mean loss an update over the planned epochs, on axes that stand still while it grows.

Drawn from a `Curve`. plotext builds it off the event loop, so that a key's echo never waits for a picture.
"""

from __future__ import annotations

import asyncio

from rich.text import Text
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from unroll.terminal.curve import Curve, ceiling
from unroll.terminal.latest import Latest
from unroll.terminal.plot import AXIS, Line, Plot, draw

CURVE, AXES = "loss-curve--curve", "loss-curve--axes"


class LossCurve(Widget, can_focus=True):
    """One run's curve. `grown()` says that the curve it holds has more points."""

    COMPONENT_CLASSES = {CURVE, AXES}
    DEFAULT_CSS = """
    LossCurve {
        & .loss-curve--curve { color: $accent; }
        & .loss-curve--axes { color: $text-muted; }
    }
    """

    curve: reactive[Curve | None] = reactive(None, always_update=True)

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: list[Text] = []
        self._drawing = Latest(self, self._draw)

    def on_mount(self) -> None:
        self.border_title = "Loss"

    def on_resize(self) -> None:
        self.grown()

    def watch_curve(self) -> None:
        self.grown()

    def grown(self) -> None:
        """Draw again, once for all that came in while the last drawing was under way."""
        self._describe()
        self._drawing.ask()

    async def _draw(self) -> None:
        if self.curve is not None and self.size.area:
            self._rows = await asyncio.to_thread(draw, self._plot(self.curve))
            self.refresh()

    def _plot(self, curve: Curve) -> Plot:
        xs, ys = curve.points(self.size.width - AXIS)
        line = Line(xs, ys, self._colour(CURVE))
        top = ceiling(max([curve.expected_start, *ys]))
        return Plot(self.size.width, self.size.height, curve.epochs, top, self._colour(AXES), (line,))

    def _colour(self, component: str) -> tuple[int, int, int]:
        colour = self.get_component_rich_style(component).color
        red, green, blue = colour.get_truecolor() if colour else (128, 128, 128)
        return red, green, blue

    def _describe(self) -> None:
        if self.curve is None:
            return
        loss, accuracy = self.curve.last()
        epochs = f"{self.curve.epochs:,}"
        parts = [f"epoch {self.curve.epoch:>{len(epochs)},.0f}/{epochs}"]
        if loss is not None:
            parts.append(f"loss {loss:.3f}")
        if accuracy is not None:
            parts.append(f"accuracy {accuracy * 100:3.0f} %")
        self.border_subtitle = " · ".join(parts)

    def render_line(self, y: int) -> Strip:
        if y >= len(self._rows):
            return Strip.blank(self.size.width, self.rich_style)
        strip = Strip(list(self._rows[y].render(self.app.console)))
        return strip.apply_style(self.rich_style).adjust_cell_length(self.size.width, self.rich_style)
