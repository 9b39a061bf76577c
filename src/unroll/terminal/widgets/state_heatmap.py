"""The hidden state as a heatmap: units down, steps across, a cursor on one cell.

Drawn from a `Trace`, a step, a unit and the right answers; says `StepChosen` and `UnitChosen`. Step t keeps its column:
a sequence longer than the pane turns pages, because scrolling would repaint every cell. In training most cells stay as
they are: only the rows that look different are repainted.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from unroll.moment import MAX_STEPS
from unroll.protocol.replies import Trace, Window
from unroll.terminal.bindings import both_ways
from unroll.terminal.palette import glyphs, level, shades
from unroll.terminal.sparing import Pane

LABEL = 5
"""Columns left of the cells: a mark, a unit's number, and the line of a cut before step 0."""

NUMBER, CURSOR, FAINT = "state-heatmap--number", "state-heatmap--cursor", "state-heatmap--faint"
RIGHT, WRONG, CUT = "state-heatmap--right", "state-heatmap--wrong", "state-heatmap--cut"


class StateHeatmap(Pane, can_focus=True):
    """Units by steps; the number read stands above each column, the number expected under it, right or wrong.

    A line between two columns shows that the memory is erased there; `∅` before a unit, that it is switched off.
    """

    @dataclass
    class StepChosen(Message):
        """A step of the sequence was chosen, from 0."""

        step: int

    @dataclass
    class UnitChosen(Message):
        """A hidden unit was chosen, from 0."""

        unit: int

    class WindowMoved(Message):
        """Other steps or units are on the screen than before; their values may be missing."""

    COMPONENT_CLASSES = {NUMBER, CURSOR, FAINT, RIGHT, WRONG, CUT}
    DEFAULT_CSS = """
    StateHeatmap {
        & .state-heatmap--number { color: $text; }
        & .state-heatmap--cursor { color: $accent; text-style: bold reverse; }
        & .state-heatmap--faint { color: $text-muted; }
        & .state-heatmap--right { color: $success; }
        & .state-heatmap--wrong { color: $error; }
        & .state-heatmap--cut { color: $error; text-style: bold; }
    }
    """
    BINDINGS: ClassVar = [
        *both_ways("left right", "step", "step", "Step back or forward in the sequence."),
        *both_ways("up down", "unit", "Unit", "Select the unit above or below.", show=False),
        Binding("pageup", "page(-1)", "Page back", show=False, tooltip="One page of steps back."),
        Binding("pagedown", "page(1)", "Page forward", show=False, tooltip="One page of steps forward."),
        Binding("home", f"step({-MAX_STEPS})", "First step", show=False, tooltip="Go to the first step."),
        Binding("end", f"step({MAX_STEPS})", "Last step", show=False, tooltip="Go to the last step."),
    ]

    trace: reactive[Trace | None] = reactive(None, repaint=False)
    step: reactive[int] = reactive(0)
    unit: reactive[int] = reactive(0)
    answers: reactive[Sequence[int | None]] = reactive(())
    baseline: reactive[str] = reactive("", repaint=False)
    """What the values are the difference from; empty where they are the values themselves."""

    column_width = 4
    """Cells a step takes: its widest number, and the gap after it."""

    def on_mount(self) -> None:
        for cursor in ("step", "unit"):
            self.watch(self, cursor, self.on_resize)

    # What of it is on the screen

    @property
    def window(self) -> Window:
        """The steps and units that fit, the cursor among them."""
        steps = max(1, (self.size.width - LABEL) // self.column_width)
        units = max(1, self.size.height - 2)
        total = self.trace.units if self.trace else units
        return Window(_turned(self.step, steps), steps, _page(self.unit, units, total), units)

    def watch_trace(self, before: Trace | None, trace: Trace | None) -> None:
        sequence = () if trace is None else trace.moment.sequence
        if before is None or before.moment.sequence != sequence:
            self.column_width = 1 + max(3, *(len(str(n)) for n in (*sequence, 0)))
        if before is None or trace is None or _frame(before) != _frame(trace):
            self.refresh()
        else:
            first, last = self.window.first_unit, min(self.window.first_unit + self.window.units, trace.units)
            pairs = zip(*(_shades(one, range(first, last)) for one in (before, trace)), strict=True)
            self.refresh_rows([*(y for y, (old, new) in enumerate(pairs, 1) if old != new), last - first + 1])
        self.on_resize()  # a longer sequence ends on another page

    def on_resize(self) -> None:
        """The cursor, the trace or the pane has moved."""
        self._describe()
        self.post_message(self.WindowMoved())

    def _describe(self) -> None:
        trace, window = self.trace, self.window
        if trace is None:
            self.entitle("Hidden state", "")
            return
        kind = "Hidden state" if trace.view == "hidden" else trace.view.capitalize()
        change = f", change from {self.baseline}" if self.baseline else ""
        epoch = "" if trace.moment.epoch is None else f"{',' if change else ''} at epoch {trace.epoch:g}"
        value = self.value(self.step, self.unit)
        unit = f"unit {self.unit}" + (f"/{trace.units:,}" if window.units < trace.units else "")
        parts = [unit, *([] if value is None else [f"{value:+z.3f}"])]
        self.entitle(kind + change + epoch, " · ".join([*parts, f"step {self.step + 1}/{len(trace.moment.sequence)}"]))

    def value(self, step: int, unit: int) -> float | None:
        """The unit's value after the step, when the trace holds it."""
        if self.trace is None:
            return None
        values, row = self.trace.values, step - self.trace.window.first_step
        column = unit - self.trace.window.first_unit
        return values[row][column] if 0 <= row < len(values) and 0 <= column < len(values[row]) else None

    # Drawing

    def render_line(self, y: int) -> Strip:
        trace, window, width = self.trace, self.window, self.size.width
        if trace is None or not trace.values:
            return Strip.blank(width, self.rich_style)
        last = min(window.units, trace.units) + 1
        if y == 0:
            segments = self._read(trace, window)
        elif y < last:
            segments = self._unit_row(trace, window, window.first_unit + y - 1)
        else:
            segments = self._next(trace, window) if y == last else []
        strip = Strip(segments).adjust_cell_length(width, self.rich_style)
        if window.units >= trace.units:
            return strip
        part = self.size.height / trace.units  # a line at the right edge shows which of all units are on the screen
        inside = window.first_unit * part <= y < (window.first_unit + window.units) * part
        mark = Segment("┃" if inside else "│", self.get_component_rich_style(NUMBER if inside else FAINT))
        return Strip([*strip.crop(0, width - 1), mark], width)

    def _read(self, trace: Trace, window: Window) -> list[Segment]:
        """The numbers read, above their columns."""
        number, gaps = self.get_component_rich_style(NUMBER), self._gaps(trace, window)
        segments = [Segment("read", self.get_component_rich_style(FAINT)), next(gaps)]
        shown = trace.moment.sequence[window.first_step : window.first_step + window.steps]
        for step, read in enumerate(shown, window.first_step):
            segments += [self._figure(read, step, number), next(gaps)]
        return segments

    def _next(self, trace: Trace, window: Window) -> list[Segment]:
        """The numbers expected, under their columns, with `✓` or `✗` where there is a right answer."""
        segments = [Segment("next ", self.get_component_rich_style(FAINT))]
        for step, candidates in enumerate(trace.candidates, trace.window.first_step):
            if not window.first_step <= step < window.first_step + window.steps or not candidates:
                continue
            said, answer = candidates[0].number, self.answers[step] if step < len(self.answers) else None
            mark, look = (" ", NUMBER) if answer is None else ("✓", RIGHT) if said == answer else ("✗", WRONG)
            style = self.get_component_rich_style(look)
            segments += [self._figure(said, step, style), Segment(mark, style)]
        return segments

    def _figure(self, number: int, step: int, style: Style) -> Segment:
        chosen = self.get_component_rich_style(CURSOR)
        return Segment(f"{number:>{self.column_width - 1}}", chosen if step == self.step else style)

    def _gaps(self, trace: Trace, window: Window) -> Iterator[Segment]:
        """What stands before each step's column in turn: a line where the memory is erased."""
        does, total = trace.moment.interventions, len(trace.moment.sequence)
        line, blank = Segment("│", self.get_component_rich_style(CUT)), Segment(" ", self.rich_style)
        for step in range(window.first_step, window.first_step + window.steps + 1):
            yield line if step < total and does.cuts(step) else blank

    def _unit_row(self, trace: Trace, window: Window, unit: int) -> list[Segment]:
        chosen, silenced = unit == self.unit, unit in trace.moment.interventions.silenced
        label = self.get_component_rich_style(CURSOR if chosen else CUT if silenced else FAINT)
        gaps, styles = self._gaps(trace, window), shades(self.background_colors[1])
        segments = [Segment(f"∅{unit:>3}" if silenced else f"{unit:>4}", label), next(gaps)]
        for step in range(window.first_step, window.first_step + window.steps):
            value = self.value(step, unit)
            if value is None:
                break
            shade = level(value, trace.scale)
            style = styles[shade] + Style(bold=True, reverse=True) if chosen and step == self.step else styles[shade]
            segments += [Segment(glyphs(shade, self.column_width - 1), style), next(gaps)]
        return segments

    # What a person does

    def action_step(self, by: int) -> None:
        self._choose_step(self.step + by)

    def action_page(self, by: int) -> None:
        self.action_step(by * self.window.steps)

    def action_unit(self, by: int) -> None:
        self._choose_unit(self.unit + by)

    def _choose_step(self, step: int) -> None:
        """Move at once, so that keys in quick succession add up, and say so."""
        if self.trace is not None:
            self.step = max(0, min(step, len(self.trace.moment.sequence) - 1))
            self.post_message(self.StepChosen(self.step))

    def _choose_unit(self, unit: int) -> None:
        if self.trace is not None:
            self.unit = max(0, min(unit, self.trace.units - 1))
            self.post_message(self.UnitChosen(self.unit))

    def on_click(self, event: events.Click) -> None:
        content, window = event.get_content_offset(self), self.window
        if content is None or self.trace is None:
            return
        if content.x >= LABEL:
            self._choose_step(window.first_step + (content.x - LABEL) // self.column_width)
        if 1 <= content.y <= min(window.units, self.trace.units):
            self._choose_unit(window.first_unit + content.y - 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_unit(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_unit(-1)


def _turned(step: int, steps: int) -> int:
    """The first step on the screen when `steps` of them fit and this one is among them.

    Pages turn by half, so that the past stays in sight; their starts are fixed, so that a new number fills an empty
    column and moves no other.
    """
    half = (steps + 1) // 2
    return max(0, -((steps - 1 - step) // half) * half) if step >= steps else 0


def _page(place: int, size: int, total: int) -> int:
    """Where the page begins that holds a place; the last page is full, and ends where everything ends."""
    return max(0, min(place // size * size, total - size))


def _frame(trace: Trace) -> tuple[object, ...]:
    """All of a trace but its values: while this is the same, cells keep their places and the colours their scale."""
    moment = trace.moment
    return moment.sequence, moment.interventions, trace.window, trace.units, trace.view, trace.scale, len(trace.values)


def _shades(trace: Trace, units: Iterable[int]) -> Iterator[list[int]]:
    """Each unit's shades, step by step, as far as the trace holds them."""
    for column in (unit - trace.window.first_unit for unit in units):
        yield [level(row[column], trace.scale) for row in trace.values if 0 <= column < len(row)]
