"""Thrift: what goes over the line, by four rules.

1. *Cell diff.* Stock Textual repaints whole rows of a widget: 100 to 400 KB/s for a screen like ours. Here the
   compositor's updates are compared with what the terminal holds, and only cells that changed are written.
2. *Pace.* A frame is sent when the terminal has taken the last one; what changes meanwhile is never queued, only
   compared later with what was really sent: a slow line shows fewer frames, not late ones, a stalled one stops nothing.
3. *Nothing for nothing.* No change, no byte; one changed cell, some forty.
4. *One door.* All text passes here, so here it is freed of controls that came in as data (`inert`) and counted.

Use: `class UnrollApp(ThriftyApp[None])`, with a key bound to `repaint`. Its private overrides are `App._display` and,
to send nothing where the mouse only passes, `App._set_pointer_shape`. Where Textual's internals are not those known
(`internals_are_known`), or painting fails, Textual paints for itself.

    compositor --LayoutUpdate, ChopsUpdate--> canvas (wanted | painted) --brush--> driver
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from inspect import signature
from typing import Any

from rich.color import ColorSystem
from rich.console import RenderableType
from rich.segment import Segment
from textual import events
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import ChopsUpdate, Compositor, LayoutUpdate
from textual.app import App, ReturnType
from textual.color import Color
from textual.filter import LineFilter
from textual.messages import TerminalSupportsSynchronizedOutput
from textual.screen import Screen

from unroll.tty.cells import glyphs, spelled
from unroll.tty.charset import Alphabet
from unroll.tty.flow_control import QUESTION, Line
from unroll.tty.framebuffer import Canvas

BETWEEN_REPAINTS = 0.1
"""Seconds from one painting of the whole screen to the next, while a window is being dragged larger."""
ECHO_WITHIN = 0.5
"""Seconds after a key in which what changes near the focus is taken for its echo."""
UNTIL_WRITTEN = 0.004
"""Seconds after which to look again whether the driver has written the last frame."""


def internals_are_known() -> bool:
    """Whether Textual's private parts are those this was written for."""
    return (
        sys.platform != "win32"
        and list(signature(LayoutUpdate).parameters) == ["strips", "region"]
        and list(signature(ChopsUpdate).parameters) == ["chops", "spans", "chop_ends"]
        and list(signature(App._display).parameters) == ["self", "screen", "renderable"]
        and hasattr(Compositor, "render_full_update")
    )


class ThriftyApp(App[ReturnType]):
    """An App that writes only the cells that changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.alphabet: Alphabet | None = None
        """The glyphs that the terminal can show; `None` for all."""
        self.thrifty = internals_are_known()
        """Whether painting is by cell diff; if not, it is Textual's own."""
        self.bytes_written = 0
        """Bytes of all frames so far."""
        self.frames = 0
        """Frames written so far."""
        self._canvas = Canvas()
        self._line = Line()
        self._pictured: Screen[Any] | None = None
        self._repainted = 0.0
        self._first_row = 0
        self._typed = 0.0
        self._later: asyncio.TimerHandle | None = None
        self._reminder: asyncio.TimerHandle | None = None
        super().__init__(*args, **kwargs)

    @property
    def unpainted(self) -> bool:
        """Whether something is still to be sent that a slow line had no room for."""
        return self.thrifty and bool(self._canvas.stale)

    def repaint(self) -> None:
        """Write the whole screen anew, over whatever has disturbed the terminal."""
        self._canvas.forget()
        self._line.forgive()
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
            self.repaint()

    def on_terminal_supports_synchronized_output(self, answer: TerminalSupportsSynchronizedOutput) -> None:
        """The terminal's answer to a question at the end of a frame, timed when it was read."""
        self._line.answered(answer.time)
        if self.unpainted:
            self._paint()

    async def on_event(self, event: events.Event) -> None:
        """A key is a sign of life from a terminal that has ceased to answer, and wants an echo."""
        if isinstance(event, events.Key):
            self._typed = time.monotonic()
            if self._line.dead(self._typed):
                self._line.forgive()
        await super().on_event(event)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters and, where Textual paints, the one that the cell diff has built in."""
        return super().get_line_filters() if self.thrifty else [*super().get_line_filters(), InertFilter(self.alphabet)]

    def _set_pointer_shape(self, shape: str) -> None:
        """Leave the mouse pointer as it is: a shape for every widget it passes would be sent past the one door."""

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if not self._paints(renderable):
            super()._display(screen, renderable)
            return
        try:
            self._absorb(screen, renderable)
        except Exception as error:
            self._give_up(error)
        self._paint()
        self.post_display_hook()

    def _give_up(self, error: Exception) -> None:
        """Let Textual paint from here on: a screen that is dear to send is better than none."""
        self.log.error(f"the cell diff failed, so Textual paints: {error!r}")
        self.thrifty = False
        self.screen.refresh()

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
            self._canvas.absorb(update, self.console._color_system or ColorSystem.TRUECOLOR, self.alphabet)

    def _paint(self) -> None:
        """Write what the terminal lacks, as far as the line has room; but nothing while another size is on its way."""
        if not self.thrifty or self._batch_count or self._canvas.size != self.size or self._must_wait():
            return
        try:
            cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
            frame, runs = self._canvas.paint(self._rows(), cursor, self._line.room)
        except Exception as error:
            self._give_up(error)
            return
        if frame:
            self._send(f"{SYNC_START}{frame}{SYNC_END}" if runs > 1 and self._sync_available else frame)
        if self.unpainted and self._line.free:
            self._look_again(UNTIL_WRITTEN)

    def _must_wait(self) -> bool:
        """Whether nothing may be sent now; it is seen to that painting is tried again."""
        now = time.monotonic()
        if self._writing():
            self._look_again(UNTIL_WRITTEN)
            return True
        if self._canvas.forgotten:
            if now < self._repainted + BETWEEN_REPAINTS:
                self._look_again(self._repainted + BETWEEN_REPAINTS - now)
                return True
            self._repainted = now
        if self._line.curious:
            self._line.asks(now)
            self._write(QUESTION)
            self._remind_in(self._line.patience)
        return not self._line.room

    def _rows(self) -> list[int]:
        """The rows to paint: the focused widget's first; while a picture is under way none but the echo of a key."""
        focused = self.screen.focused
        near = focused.region.line_range if focused is not None else ()
        height = self._canvas.size.height
        rows = sorted(self._canvas.stale, key=lambda y: (y not in near, (y - self._first_row) % height))
        if self._line.free:
            return rows
        return [y for y in rows if y in near] if time.monotonic() < self._typed + ECHO_WITHIN else []

    def _send(self, frame: str) -> None:
        """Write a frame, and with it a question if it is time for one."""
        if self._sync_available and self._line.sent(len(frame.encode(errors="replace")), time.monotonic()):
            frame += QUESTION
            self._remind_in(self._line.patience)
        self.frames += 1
        self._write(frame)

    def _write(self, text: str) -> None:
        assert self._driver is not None
        self.bytes_written += len(text.encode(errors="replace"))
        self._driver.write(text)
        self._driver.flush()

    def _writing(self) -> bool:
        """Whether the driver is still at the last frame: its queue, once full, stops the event loop."""
        thread = getattr(self._driver, "_writer_thread", None)
        queued = thread is not None and thread._queue.qsize() > 0
        return bool(getattr(self._driver, "is_writing", queued))

    def _look_again(self, delay: float) -> None:
        """Try to paint after a while."""
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(delay, self._look)

    def _look(self) -> None:
        self._later = None
        if self._running and self._driver is not None:
            self._paint()

    def _remind_in(self, delay: float) -> None:
        if self._reminder is None:
            self._reminder = asyncio.get_running_loop().call_later(delay, self._remind)

    def _remind(self) -> None:
        """Ask again what has long not been answered."""
        self._reminder = None
        if self._line.free or not self._running:
            return
        if self._line.silent(time.monotonic()) and not self._writing():
            if self._line.insist():
                self._write(QUESTION)
            else:
                self._look()
        self._remind_in(self._line.patience)


class InertFilter(LineFilter):
    """Frees segments of what a terminal must not or cannot show, where the cell diff does not."""

    def __init__(self, alphabet: Alphabet | None) -> None:
        super().__init__()
        self._alphabet = alphabet

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments with what they may show of their text."""
        return [Segment(self._shown(text), style, control) for text, style, control in segments]

    def _shown(self, text: str) -> str:
        return "".join(glyphs(text) if self._alphabet is None else spelled(text, self._alphabet))
