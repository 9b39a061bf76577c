"""The hidden state as a heatmap: units down, steps across, a cursor on one cell.

Drawn from a `Trace`, a step, a unit and the right answers; says `StepChosen`, `UnitChosen` and `ViewChosen`. Step t
keeps its column: a sequence longer than the pane turns pages, because scrolling would repaint every cell. In training
most cells stay as they are: only the rows that look different are repainted.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.geometry import Offset
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from unroll.moment import MAX_STEPS
from unroll.protocol.trace import Trace, Window
from unroll.terminal.bindings import both_ways
from unroll.terminal.cells import widest
from unroll.terminal.palette import HALF, level
from unroll.terminal.sparing import Pane
from unroll.terminal.widgets.heatmap_frame import Tab, tabs
from unroll.terminal.widgets.heatmap_layout import (
    DENSITIES,
    LABEL,
    LEAST_WITH_LEGEND,
    Density,
    HeatmapLayout,
    HeatmapShape,
    layout_of,
)
from unroll.terminal.widgets.heatmap_rows import (
    CURSOR,
    CUT,
    FAINT,
    LEAST_DIGITS,
    MOST_DIGITS,
    NUMBER,
    RIGHT,
    SAID,
    WRONG,
    HeatmapRows,
    likeliest,
)
from unroll.vocabulary import Vocabulary

TITLE_MARGINS = 4
"""Columns of a border beside its title, within the pane's own."""
TITLE_STARTS = 3
"""Columns before a title, the corner among them."""


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

    @dataclass
    class ViewChosen(Message):
        """The tab of a view was clicked."""

        view: str

    class WindowMoved(Message):
        """Other steps or units are on the screen than before; their values may be missing."""

    COMPONENT_CLASSES = {NUMBER, SAID, CURSOR, FAINT, RIGHT, WRONG, CUT}
    DEFAULT_CSS = """
    StateHeatmap {
        & .state-heatmap--number { color: $text; }
        & .state-heatmap--said { color: $secondary; text-style: underline; }
        & .state-heatmap--cursor { color: $accent; text-style: reverse; }
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
    answers: reactive[Sequence[Collection[int]]] = reactive(())
    baseline: reactive[str] = reactive("", repaint=False)
    """What the values are the difference from; empty where they are the values themselves."""
    said: reactive[frozenset[int]] = reactive(frozenset())
    """The steps whose numbers the network itself said."""
    density: reactive[Density] = reactive("fitting")
    called: reactive[str] = reactive("1 State")
    """What the title begins with: the key that goes there, and what is shown."""

    refusal: reactive[str] = reactive("")
    """Why there is no trace; empty where there is one, or will be."""
    vocabulary: reactive[Vocabulary] = reactive(Vocabulary(128))

    def on_mount(self) -> None:
        for attribute in ("step", "unit", "density", "baseline", "called", "vocabulary"):
            self.watch(self, attribute, self.on_resize)

    # What of it is on the screen

    @property
    def window(self) -> Window:
        """The steps and units that fit, the cursor among them."""
        return self.arranged.window

    @property
    def arranged(self) -> HeatmapLayout:
        """What stands where."""
        trace = self.trace
        return self._layout(() if trace is None else trace.moment.sequence, self.step)

    @property
    def digits(self) -> int:
        """Cells that a number or a symbol has: as many as the widest, within bounds."""
        return max(LEAST_DIGITS, min(MOST_DIGITS, widest(self.vocabulary)))

    def window_of(self, sequence: Sequence[int], step: int) -> Window:
        """What would be on the screen of another sequence."""
        return self._layout(sequence, step).window

    def _layout(self, sequence: Sequence[int], step: int) -> HeatmapLayout:
        units = self.trace.units if self.trace else self.size.height
        shape = HeatmapShape(len(sequence), units, step, self.unit, self.digits, len(sequence) - 1 in self.said)
        return layout_of(shape, self.size.width, self.size.height, self.density, self.has_halves)

    @property
    def has_halves(self) -> bool:
        """Whether `▀` in two colours can be seen: not in the terminal's own sixteen, nor without any, nor in ASCII."""
        charset = getattr(self.app, "charset", None)
        is_coloured = self.background_colors[1].ansi is None and not self.app.no_color
        return is_coloured and (charset is None or charset.form(HALF) == HALF)

    def turn_density(self) -> Density:
        """Take the next density that can be seen here."""
        seen = [density for density in DENSITIES if density != "half" or self.has_halves]
        place = seen.index(self.density) if self.density in seen else 0
        self.density = seen[(place + 1) % len(seen)]
        return self.density

    def watch_trace(self, before: Trace | None, trace: Trace | None) -> None:
        if before is None or trace is None or _frame(before) != _frame(trace):
            self.refresh()
        else:
            pairs = zip(*([*self._looks(one, self.arranged)] for one in (before, trace)), strict=True)
            self.refresh_rows(y for y, (old, new) in enumerate(pairs) if old != new)
        self.on_resize()  # a longer sequence ends on another page

    def _looks(self, trace: Trace, layout: HeatmapLayout) -> Iterator[object]:
        """What each row is drawn from, where all else is the same."""
        columns = [*zip(*trace.values, strict=True)]
        first, top = trace.window.first_unit, layout.window.first_unit
        yield from [likeliest(trace), None] if layout.is_paged else [None]
        for unit in range(top, min(top + layout.window.units, trace.units), layout.units_a_row):
            shown = columns[max(0, unit - first) : max(0, unit - first + layout.units_a_row)]
            yield [level(value, trace.scale) for column in shown for value in column]
        yield from (likeliest(trace), None if trace.moment.epoch is None else trace.epoch)

    def on_resize(self) -> None:
        """The cursor, the trace or the pane has moved."""
        self._describe()
        self.post_message(self.WindowMoved())

    def _describe(self) -> None:
        trace = self.trace
        if trace is None:
            self.entitle(self._titled, "")
            return
        shown = (f"[reverse]{text}[/reverse]" if view == trace.view else text for text, view in self._tabs(trace))
        value, window = self.value(self.step, self.unit), self.window
        unit = f"unit {self.unit}" + (f"/{trace.units:,}" if window.units < trace.units else "")
        parts = [unit, *([] if value is None else [f"{value:+z.3f}"])]
        said = " · ".join([*parts, f"step {self.step + 1}/{len(trace.moment.sequence)}"])
        self.entitle("".join(shown), said)

    @property
    def _titled(self) -> str:
        return f"{self.called[:1]} Change from {self.baseline}" if self.baseline else self.called

    def _tabs(self, trace: Trace) -> list[Tab]:
        """The title: the pane's name, the views, and what stands between them."""
        named = f"{self._titled}  "
        return [(named, ""), *tabs(trace.views, trace.view, self.size.width - TITLE_MARGINS - len(named))]

    def value(self, step: int, unit: int) -> float | None:
        """The unit's value after the step, when the trace holds it."""
        if self.trace is None:
            return None
        values, row = self.trace.values, step - self.trace.window.first_step
        column = unit - self.trace.window.first_unit
        return values[row][column] if 0 <= row < len(values) and 0 <= column < len(values[row]) else None

    # Drawing

    def render_line(self, y: int) -> Strip:
        trace, width = self.trace, self.size.width
        if trace is None or not trace.values:
            said = dict(enumerate(wrap(self.refusal, width))).get(y, "")
            return Strip([Segment(said, self.rich_style)]).adjust_cell_length(width, self.rich_style)
        rows = self._rows(trace)
        drawn, window = Strip(rows.line(y)).adjust_cell_length(width, self.rich_style), rows.layout.window
        if window.units >= trace.units:
            return drawn
        part = self.size.height / trace.units  # a line at the right edge shows which of all units are on the screen
        inside = window.first_unit * part <= y < (window.first_unit + window.units) * part
        mark = Segment("┃" if inside else "│", self.get_component_rich_style(NUMBER if inside else FAINT))
        return Strip([*drawn.crop(0, width - 1), mark], width)

    def _rows(self, trace: Trace) -> HeatmapRows:
        return HeatmapRows(
            trace,
            self.arranged,
            self.step,
            self.unit,
            self.vocabulary,
            self.digits,
            self.said,
            self.answers,
            bool(self.baseline),
            self.size.height >= LEAST_WITH_LEGEND,
            self.background_colors[1],
            self.app.console.color_system == "256",
            lambda look: self.get_component_rich_style(look) if look else self.rich_style,
        )

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
        content, trace = event.get_content_offset(self), self.trace
        if trace is None:
            return
        if content is None:
            self._choose_view(trace, event.x - TITLE_STARTS if event.y == 0 else -1)
            return
        step, unit = self._cell_at(trace, content)
        if step is not None:
            self._choose_step(step)
        if unit is not None:
            self._choose_unit(unit)

    def _choose_view(self, trace: Trace, x: int) -> None:
        """Say which view's tab is at a column of the title."""
        end = 0
        for text, view in self._tabs(trace):
            end += len(text)
            if end - len(text) <= x < end and view:
                self.post_message(self.ViewChosen(view))

    def _cell_at(self, trace: Trace, content: Offset) -> tuple[int | None, int | None]:
        """The step and the unit of a place in the pane, as far as it has them; in the strip, the step that is there."""
        layout, total = self.arranged, len(trace.moment.sequence)
        step = layout.step_at(content.x)
        if content.y < layout.is_paged and step >= 0:
            step = (content.x - LABEL) * total // (layout.window.steps * layout.column)
        unit = layout.window.first_unit + (content.y - layout.is_paged - 1) * layout.units_a_row
        is_unit = layout.window.first_unit <= unit < min(layout.window.first_unit + layout.window.units, trace.units)
        return (step if 0 <= step < total else None), (unit if is_unit else None)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """What is under the mouse is told when it rests."""
        content, trace = event.get_content_offset(self), self.trace
        step, unit = (None, None) if content is None or trace is None else self._cell_at(trace, content)
        value = None if step is None or unit is None else self.value(step, unit)
        told = f"unit {unit} at step {(step or 0) + 1}: {value:+z.3f}" if value is not None else None
        if told != self.tooltip:
            self.tooltip = told

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_unit(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_unit(-1)


def _frame(trace: Trace) -> tuple[object, ...]:
    """All of a trace but its values: while this is the same, cells keep their places and the colours their scale."""
    moment = trace.moment
    return moment.sequence, moment.interventions, trace.window, trace.units, trace.view, trace.scale, len(trace.values)
