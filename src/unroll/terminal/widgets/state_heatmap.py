"""The hidden state as a heatmap: units down, steps across, a cursor on one cell.

Drawn from a `Trace`, a step and a unit; says `StepChosen` and `UnitChosen`. Knows neither the engine nor other panes.
Step t keeps its column: a sequence longer than the pane turns pages, because scrolling would repaint every cell.
"""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.color import Color
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from unroll.engine.trace import Trace, Window
from unroll.terminal.messages import StepChosen, UnitChosen, WindowMoved
from unroll.terminal.palette import glyphs, level, shades

LABEL = 5
"""Columns left of the cells, for a unit's number."""

NUMBER, CURSOR, FAINT = "state-heatmap--number", "state-heatmap--cursor", "state-heatmap--faint"


class StateHeatmap(Widget, can_focus=True):
    """Units by steps; the number read stands above each column, the number expected under it."""

    COMPONENT_CLASSES = {NUMBER, CURSOR, FAINT}
    DEFAULT_CSS = """
    StateHeatmap {
        & .state-heatmap--number { color: $text; }
        & .state-heatmap--cursor { color: $accent; text-style: bold reverse; }
        & .state-heatmap--faint { color: $text-muted; }
    }
    """
    BINDINGS = [
        Binding("left", "step(-1)", "step", key_display="←/→", tooltip="Step back through the sequence."),
        Binding("right", "step(1)", "Step on", show=False, tooltip="Step on through the sequence."),
        Binding("up", "unit(-1)", "Unit up", show=False, tooltip="Choose the unit above."),
        Binding("down", "unit(1)", "Unit down", show=False, tooltip="Choose the unit below."),
        Binding("pageup", "page(-1)", "Page back", show=False, tooltip="One page of steps back."),
        Binding("pagedown", "page(1)", "Page on", show=False, tooltip="One page of steps on."),
        Binding("home", "ends(0)", "First step", show=False, tooltip="Go to the first step."),
        Binding("end", "ends(-1)", "Last step", show=False, tooltip="Go to the last step."),
    ]

    trace: reactive[Trace | None] = reactive(None)
    step: reactive[int] = reactive(0)
    unit: reactive[int] = reactive(0)

    def on_mount(self) -> None:
        self.border_title = "Hidden state"

    # What of it is on the screen

    @property
    def column_width(self) -> int:
        """Cells a step takes: its widest number and a space."""
        return 4 if self.trace is None else 1 + max(3, *(len(str(n)) for n in self.trace.moment.sequence))

    @property
    def window(self) -> Window:
        """The steps and units that fit, the cursor among them."""
        steps = max(1, (self.size.width - LABEL) // self.column_width)
        units = max(1, self.size.height - 2)
        return Window(self.step // steps * steps, steps, self._first_unit(units), units)

    def _first_unit(self, rows: int) -> int:
        total = self.trace.units if self.trace else rows
        return max(0, min(self.unit // rows * rows, total - rows))

    # Drawing

    def watch_trace(self) -> None:
        self._describe()

    def watch_step(self) -> None:
        self._describe()
        self.post_message(WindowMoved())

    def watch_unit(self) -> None:
        self._describe()
        self.post_message(WindowMoved())

    def on_resize(self) -> None:
        self.post_message(WindowMoved())

    def _describe(self) -> None:
        value = self.value(self.step, self.unit)
        steps = len(self.trace.moment.sequence) if self.trace else 0
        self.border_subtitle = (
            "" if value is None else f"unit {self.unit} · step {self.step + 1}/{steps} · {value:+.3f}"
        )

    def value(self, step: int, unit: int) -> float | None:
        """The unit's value after the step, when the trace holds it."""
        if self.trace is None:
            return None
        held = self.trace.window
        row, column = step - held.first_step, unit - held.first_unit
        if not (0 <= row < len(self.trace.values) and 0 <= column < len(self.trace.values[row])):
            return None
        return self.trace.values[row][column]

    def render_line(self, y: int) -> Strip:
        window, width = self.window, self.size.width
        if self.trace is None:
            return Strip.blank(width, self.rich_style)
        if y == 0:
            return self._numbers("read ", window, [str(n) for n in self.trace.moment.sequence])
        last = min(window.units, self.trace.units) + 1
        if y == last:
            return self._numbers("next ", window, self._expected())
        return self._unit_row(window.first_unit + y - 1, window) if y < last else Strip.blank(width, self.rich_style)

    def _expected(self) -> list[str]:
        assert self.trace is not None
        known = [str(candidates[0].number) for candidates in self.trace.candidates]
        return [""] * self.trace.window.first_step + known

    def _numbers(self, label: str, window: Window, texts: list[str]) -> Strip:
        number, faint = self.get_component_rich_style(NUMBER), self.get_component_rich_style(FAINT)
        cursor = self.get_component_rich_style(CURSOR)
        wide = self.column_width
        shown = list(enumerate(texts))[window.first_step : window.first_step + window.steps]
        segments = [Segment(label, faint)]
        for step, text in shown:
            segments += [
                Segment(text.rjust(wide - 1), cursor if step == self.step else number),
                Segment(" ", self.rich_style),
            ]
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    def _unit_row(self, unit: int, window: Window) -> Strip:
        chosen = unit == self.unit
        label = self.get_component_rich_style(CURSOR if chosen else FAINT)
        segments = [Segment(f"{unit:>{LABEL - 1}}", label), Segment(" ", self.rich_style)]
        for step in range(window.first_step, window.first_step + window.steps):
            value = self.value(step, unit)
            if value is None:
                break
            segments += self._cell(value, cursor=chosen and step == self.step)
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    def _cell(self, value: float, cursor: bool) -> list[Segment]:
        shade, wide = level(value), self.column_width - 1
        style = self._styles[shade]
        if cursor:
            style += Style(bold=True, reverse=True)
        return [Segment(glyphs(shade, wide), style), Segment(" ", self.rich_style)]

    @property
    def _styles(self) -> list[Style]:
        background: Color = self.background_colors[1]
        return shades(background)

    # What a person does

    def action_step(self, by: int) -> None:
        self._choose_step(self.step + by)

    def action_page(self, by: int) -> None:
        self._choose_step(self.step + by * self.window.steps)

    def action_ends(self, end: int) -> None:
        self._choose_step(0 if end == 0 else 10**9)

    def action_unit(self, by: int) -> None:
        self._choose_unit(self.unit + by)

    def on_click(self, event: events.Click) -> None:
        content = event.get_content_offset(self)
        if content is None or self.trace is None:
            return
        window = self.window
        if content.x >= LABEL:
            self._choose_step(window.first_step + (content.x - LABEL) // self.column_width)
        if 1 <= content.y <= min(window.units, self.trace.units):
            self._choose_unit(window.first_unit + content.y - 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._choose_unit(self.unit + 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._choose_unit(self.unit - 1)

    def _choose_step(self, step: int) -> None:
        if self.trace is not None:
            self.post_message(StepChosen(max(0, min(step, len(self.trace.moment.sequence) - 1))))

    def _choose_unit(self, unit: int) -> None:
        if self.trace is not None:
            self.post_message(UnitChosen(max(0, min(unit, self.trace.units - 1))))
