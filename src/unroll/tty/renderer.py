"""Painting by cell diff: only the cells that changed are written, and only as many as the line takes now.

1. *Cell diff.* The compositor's updates are compared with what the terminal shows. No change, no byte; one changed
   cell costs about forty bytes.
2. *Flow control.* A frame is sent when the terminal has taken the last one; what changes meanwhile is never queued: a
   slow line shows fewer frames, not late ones, and a stalled one blocks nothing.
3. *One way out.* All text passes here, so here hostile characters are replaced and bytes are counted.

Where that fails, as it may with another Textual, Textual paints by itself.

    compositor --LayoutUpdate, ChopsUpdate--> Framebuffer (wanted | painted) --AnsiWriter--> TtyDriver
"""

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS, RenderableType
from rich.segment import Segment
from textual import events
from textual.app import ReturnType
from textual.color import Color
from textual.driver import Driver
from textual.filter import LineFilter
from textual.messages import TerminalSupportsSynchronizedOutput
from textual.screen import Screen

from unroll.tty.driver import TtyDriver
from unroll.tty.environment import ASCII, Charset
from unroll.tty.flow_control import QUERY, FlowControl
from unroll.tty.framebuffer import Framebuffer, glyphs, spelled
from unroll.tty.textual_patches import ChopsUpdate, LayoutUpdate, PatchedApp, compositor_of

REPAINT_INTERVAL_S = 0.1
"""From one painting of the whole screen to the next, while a window is being dragged larger."""
EFFECT_S = 0.06
"""After a key, in processor time of this thread: what changes meanwhile is taken for its effect, and goes first."""
IDLE_QUERY_S = 20.0
"""From one query to the next while nothing is painted: nine bytes, to know that a terminal is still there."""
WRITER_POLL_S = 0.004
"""After this long look again whether the driver has written the last frame."""
SYNC_START, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
"""Between these a terminal shows nothing, and then all at once."""


class CellDiffApp(PatchedApp[ReturnType]):
    """An App that writes only the cells that changed.

    Attributes:
        charset: The characters that the terminal can show; None for all.
        cell_diff: Whether painting is by cell diff; if not, it is Textual's own.
        bytes_written: Bytes of all frames so far.
        frames: Frames written so far.
        flow: What is in flight to the terminal, and how much the line takes.
        terminal_answers: Whether the terminal has ever answered a query.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.charset: Charset | None = None
        self.cell_diff = True
        self.bytes_written = 0
        self.frames = 0
        self._framebuffer = Framebuffer()
        self.flow = FlowControl()
        self.terminal_answers = False
        self._width_known = False
        self._shown: Screen[Any] | None = None
        self._repainted_at = 0.0
        self._effect_until = 0.0
        self._touched: set[int] = set()  # stale rows that a key has changed
        self._later: asyncio.TimerHandle | None = None
        self._reminder: asyncio.TimerHandle | None = None
        super().__init__(*args, **kwargs)

    def get_driver_class(self) -> type[Driver]:
        """The driver of this package."""
        return TtyDriver

    @property
    def is_unheard(self) -> bool:
        """Whether the terminal has answered before and does not any more: a dead line, or a stopped terminal."""
        return self.terminal_answers and self.flow.dead(time.monotonic())

    @property
    def unpainted(self) -> bool:
        """Whether something is still to be sent for which a slow line had no room."""
        return self.cell_diff and bool(self._framebuffer.stale)

    def action_repaint(self) -> None:
        """Write the whole screen anew, over whatever has disturbed the terminal."""
        self._framebuffer.forget()
        self.flow.forgive()
        self._shown = None
        self.screen.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Another size, or the same after a suspension: either way what the terminal shows is unknown."""
        self._framebuffer.forget()
        self._shown = None
        if event.size == self._framebuffer.size:
            self.action_repaint()

    def on_terminal_supports_synchronized_output(self, answer: TerminalSupportsSynchronizedOutput) -> None:
        """The terminal's answer to the query at the end of a frame, timed when it was read."""
        if not self.terminal_answers:
            self.terminal_answers = True
            self.set_interval(IDLE_QUERY_S, self._ask_at_rest)
        self.flow.answered(answer.time)
        if not self.flow.idle:
            self._remind_in(self.flow.patience)
        if self.unpainted:
            self._paint()

    def on_cursor_position(self, place: events.CursorPosition) -> None:
        """The answer to `WIDTH_QUERY`: where lines are two cells wide, only ASCII keeps the screen in its columns."""
        known, self._width_known = self._width_known, True
        if not known and place.x == 2 and self.charset is None:
            self.charset = ASCII
            self.action_repaint()

    async def on_event(self, event: events.Event) -> None:
        """A key shows that a terminal that ceased to answer is alive, and wants an echo."""
        if isinstance(event, events.Key) and self.flow.dead(time.monotonic()):
            self.flow.forgive()
        await super().on_event(event)
        if isinstance(event, events.Key):
            self._effect_until = time.thread_time() + EFFECT_S

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters and, where Textual paints, the one that the cell diff has built in."""
        filters = super().get_line_filters()
        return filters if self.cell_diff else [*filters, PrintableFilter(self.charset)]

    def display_update(self, screen: Screen[Any], update: RenderableType | None) -> bool:
        """Paint an update of a screen, on a terminal of which all of the window is ours; others Textual paints."""
        driver = self.driver
        ours = self.cell_diff and (update is None or isinstance(update, LayoutUpdate | ChopsUpdate))
        if not ours or driver is None or driver.is_headless or driver.is_inline or not self.is_running:
            return False
        try:
            self._absorb(screen, update)
        except Exception as error:
            self._give_up(error)
        self._paint()
        return True

    def _give_up(self, error: Exception) -> None:
        """Let Textual paint from here on: more bytes are better than no screen."""
        self.log.error(f"the cell diff failed, so Textual paints: {error!r}")
        self.cell_diff = False
        self.screen.refresh()

    def _absorb(self, screen: Screen[Any], update: RenderableType | None) -> None:
        """Take an update into the framebuffer; all of the screen where that holds another, or another size."""
        compositor = compositor_of(screen)
        resized = compositor.size != self._framebuffer.size
        if resized:
            self._framebuffer.resize(compositor.size)
        if resized or screen is not self._shown:
            update = update if isinstance(update, LayoutUpdate) else compositor.render_full_update()
            self._shown = screen
        if isinstance(update, LayoutUpdate | ChopsUpdate):
            system = COLOR_SYSTEMS.get(self.console.color_system or "", ColorSystem.TRUECOLOR)
            changed = self._framebuffer.absorb(update, system, self.charset)
            if time.thread_time() < self._effect_until:
                self._touched |= changed

    def _paint(self) -> None:
        """Write what changed, as far as the line has room; but nothing while another size is on its way."""
        if not self.cell_diff or self.is_batching or self._framebuffer.size != self.size or self._must_wait():
            return
        try:
            cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
            frame, runs = self._framebuffer.paint(self._rows(), cursor, self.flow.room)
        except Exception as error:
            self._give_up(error)
            return
        self._touched &= self._framebuffer.stale
        if frame:
            if self.terminal_answers:
                frame = f"{SYNC_START}{frame}{SYNC_END}" if runs > 1 else frame
                if self.flow.sent(len(frame.encode(errors="replace")), time.monotonic()):
                    frame += QUERY
                    self._remind_in(self.flow.patience)
            self.frames += 1
            self._write(frame)
        if self.unpainted and self.flow.free:
            self._paint_in(WRITER_POLL_S)

    def _must_wait(self) -> bool:
        """Whether nothing may be sent now; if so, something is scheduled that tries again."""
        now = time.monotonic()
        if self._is_writing():
            self._paint_in(WRITER_POLL_S)
            return True
        if self._framebuffer.forgotten:
            if now < self._repainted_at + REPAINT_INTERVAL_S:
                self._paint_in(self._repainted_at + REPAINT_INTERVAL_S - now)
                return True
            self._repainted_at = now
        if self.flow.wants_probe:
            self._ask()
        return not self.flow.room

    def _ask(self) -> None:
        """Send a query alone."""
        self.flow.asked_at(time.monotonic())
        self._write(QUERY)
        self._remind_in(self.flow.patience)

    def _rows(self) -> list[int]:
        """The rows to paint: those that a key has changed first, near the focus before others; then all in turn, so
        that each comes in time whatever those before it do. When the line is full, none but a key's."""
        stale, touched = self._framebuffer.stale, self._touched & self._framebuffer.stale
        focused, (_, first) = self.screen.focused, self._framebuffer.next
        near = touched & set(focused.region.line_range if focused is not None else ())
        rows = sorted(stale if self.flow.free else touched, key=lambda y: (y - first) % self.size.height)
        return sorted(rows, key=lambda y: (y not in touched, y not in near))

    def _write(self, text: str) -> None:
        assert self.driver is not None
        self.bytes_written += len(text.encode(errors="replace"))
        self.driver.write(text)
        self.driver.flush()

    def _ask_at_rest(self) -> None:
        """Ask whether the terminal is still there when nothing else does."""
        if self.flow.idle and self.is_running and not self._is_writing():
            self._ask()

    def _is_writing(self) -> bool:
        """Whether the driver is still at the last frame. Another driver than `TtyDriver` does not tell."""
        return bool(getattr(self.driver, "is_writing", False))

    def _paint_in(self, delay: float) -> None:
        """Try to paint after `delay` seconds."""
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(delay, self._paint_later)

    def _paint_later(self) -> None:
        self._later = None
        if self.is_running and self.driver is not None:
            self._paint()

    def _remind_in(self, delay: float) -> None:
        if self._reminder is not None:
            self._reminder.cancel()
        if self.is_running:
            self._reminder = asyncio.get_running_loop().call_later(delay, self._remind)

    def _remind(self) -> None:
        """Repeat a query that has long not been answered."""
        self._reminder = None
        if self.flow.idle or not self.is_running:
            return
        if self.flow.silent(time.monotonic()) and not self._is_writing():
            if self.flow.insist():
                self._write(QUERY)
            else:
                self._paint_later()
        self._remind_in(self.flow.patience)


class PrintableFilter(LineFilter):
    """Replaces what a terminal must not or cannot show, where the cell diff does not."""

    def __init__(self, charset: Charset | None) -> None:
        super().__init__()
        self._charset = charset

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments with what may be shown of their text."""
        shown = glyphs if self._charset is None else partial(spelled, charset=self._charset)
        return [Segment("".join(shown(text)), style, control) for text, style, control in segments]
