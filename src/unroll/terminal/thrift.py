"""Thrift: what goes over the line, by four rules.

1. *Cell diff.* Stock Textual repaints whole rows of a widget: 100 to 400 KB/s for a screen like ours. Here the
   compositor's updates are compared with what the terminal holds, and only cells that changed are written.
2. *Pace.* A frame is sent when the terminal has taken the last one; what changes meanwhile is never queued, only
   compared later with what was really sent: a slow line shows fewer frames, not late ones, a stalled one stops nothing.
3. *Nothing for nothing.* No change, no byte; one changed cell, some forty.
4. *One door.* All text passes here, so here it is freed of controls that came in as data (`inert`) and counted.

Use: `class UnrollApp(ThriftyApp[None])`, with a key bound to `repaint`. Its one private override is `App._display`;
where Textual's internals are not those known (`internals_are_known`), or painting fails, Textual paints for itself.

    compositor --LayoutUpdate, ChopsUpdate--> canvas (wanted | painted) --brush--> driver
"""

import sys
from collections.abc import Sequence
from inspect import signature
from typing import Any

import textual
from rich.color import ColorSystem
from rich.console import RenderableType
from rich.segment import Segment
from textual import events
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import ChopsUpdate, Compositor, LayoutUpdate
from textual.app import App, ReturnType
from textual.color import Color
from textual.filter import LineFilter
from textual.screen import Screen

from unroll.terminal.canvas import Canvas
from unroll.terminal.cells import glyphs


def internals_are_known() -> bool:
    """Whether Textual's private parts are those this was written for."""
    return (
        sys.platform != "win32"
        and textual.__version__.startswith("8.2.")
        and list(signature(LayoutUpdate).parameters) == ["strips", "region"]
        and list(signature(ChopsUpdate).parameters) == ["chops", "spans", "chop_ends"]
        and list(signature(App._display).parameters) == ["self", "screen", "renderable"]
        and hasattr(Compositor, "render_full_update")
    )


class ThriftyApp(App[ReturnType]):
    """An App that writes only the cells that changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.thrifty = internals_are_known()
        """Whether painting is by cell diff; if not, it is Textual's own."""
        self.bytes_written = 0
        """Bytes of all frames so far."""
        self.frames = 0
        """Frames written so far."""
        self._canvas = Canvas()
        self._pictured: Screen[Any] | None = None
        super().__init__(*args, **kwargs)

    def repaint(self) -> None:
        """Write the whole screen anew, over whatever has disturbed the terminal."""
        self._canvas.forget()
        self._pictured = None
        self.screen.refresh()

    def action_repaint(self) -> None:
        """Write the whole screen anew."""
        self.repaint()

    def on_resize(self, event: events.Resize) -> None:
        """Another size, or the same after a suspension: either way nothing the terminal holds can be relied on."""
        self._canvas.forget()
        self._pictured = None
        if event.size == self._canvas.size:
            self.screen.refresh()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters and, where Textual paints, the one that the cell diff has built in."""
        return super().get_line_filters() if self.thrifty else [*super().get_line_filters(), InertFilter()]

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if not self._paints(renderable):
            super()._display(screen, renderable)
            return
        try:
            self._absorb(screen, renderable)
            self._paint()
        except Exception as error:
            self.log.error(f"the cell diff failed, so Textual paints from here on: {error!r}")
            self.thrifty = False
            super()._display(screen, screen._compositor.render_full_update())
        else:
            self.post_display_hook()

    def _paints(self, renderable: RenderableType | None) -> bool:
        """Whether this is ours to paint: an update of a screen, on a terminal, with all of the window ours."""
        driver = self._driver
        return (
            self.thrifty
            and (renderable is None or isinstance(renderable, LayoutUpdate | ChopsUpdate))
            and self._running
            and not self._closed
            and driver is not None
            and not driver.is_headless
            and not driver.is_inline
        )

    def _absorb(self, screen: Screen[Any], update: RenderableType | None) -> None:
        """Take an update into the canvas; all of the screen where the canvas shows another, or another size."""
        size = screen._compositor.size
        if screen is not self._pictured or size != self._canvas.size:
            if not isinstance(update, LayoutUpdate):
                update = screen._compositor.render_full_update()
            if size != self._canvas.size:
                self._canvas.resize(size)
            self._pictured = screen
        if isinstance(update, LayoutUpdate | ChopsUpdate):
            self._canvas.absorb(update, self.console._color_system or ColorSystem.TRUECOLOR)

    def _paint(self) -> None:
        """Write what the terminal lacks, in one piece; but not while a layout for another size is on its way."""
        if self._batch_count or self._canvas.size != self.size:
            return
        cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        frame, runs = self._canvas.paint(sorted(self._canvas.stale), cursor)
        if runs > 1 and self._sync_available:
            frame = f"{SYNC_START}{frame}{SYNC_END}"
        if frame and self._driver is not None:
            self.bytes_written += len(frame.encode(errors="replace"))
            self.frames += 1
            self._driver.write(frame)
            self._driver.flush()


class InertFilter(LineFilter):
    """Frees segments of hostile characters where the cell diff does not."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments with what they may show of their text."""
        return [Segment("".join(glyphs(text)), style, control) for text, style, control in segments]
