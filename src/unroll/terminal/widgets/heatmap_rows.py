"""A heatmap line by line: what a trace, a layout and the cursors look like, and nothing else."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from unroll.protocol.trace import Trace
from unroll.terminal.cells import centred, cut, put, right, widest
from unroll.terminal.palette import LEVELS, cell, level
from unroll.terminal.widgets.heatmap_frame import legend, strip
from unroll.terminal.widgets.heatmap_layout import LABEL, HeatmapLayout
from unroll.vocabulary import Vocabulary

LEAST_DIGITS, MOST_DIGITS = 3, 8
SIGNED = (-7, -4, -1, 0, 1, 4, 7)
"""The levels in the legend where cells have signs: one of each count of them, and both ends."""
CHOSEN = Style(reverse=True)
PLAIN, NUMBER, SAID, CURSOR = "", "state-heatmap--number", "state-heatmap--said", "state-heatmap--cursor"
FAINT, CUT = "state-heatmap--faint", "state-heatmap--cut"
RIGHT, WRONG = "state-heatmap--right", "state-heatmap--wrong"


@dataclass(frozen=True)
class HeatmapRows:
    """Everything that is drawn of a heatmap.

    Attributes:
        digits: Cells that a number or a symbol has; a longer symbol is cut.
        said: The steps whose numbers the network itself said.
        answers: The right answers at every step.
        is_difference: Whether the values are differences, which may lie on both sides of zero whatever the view.
        has_256: Whether the terminal has 256 colours, not all.
        style: The style of a look, by its name; of what is plain, by an empty one.
    """

    trace: Trace
    layout: HeatmapLayout
    step: int
    unit: int
    vocabulary: Vocabulary
    digits: int
    said: Collection[int]
    answers: Sequence[Collection[int]]
    is_difference: bool
    has_legend: bool
    background: Color
    has_256: bool
    style: Callable[[str], Style]

    def line(self, y: int) -> list[Segment]:
        """A line of the pane."""
        layout = self.layout
        row, rows = y - layout.is_paged - 1, -(-min(layout.window.units, self.trace.units) // layout.units_a_row)
        if row < -1:
            return self._strip()
        if row == -1:
            return self._label("read") + (self._ruler if layout.is_narrow else self._read)()
        if row < rows:
            return self._units(layout.window.first_unit + row * layout.units_a_row)
        if row == rows:
            return self._label("next") + self._next()
        return self._legend() if self.has_legend and row == rows + 1 else []

    def _label(self, text: str, look: str = FAINT) -> list[Segment]:
        """What stands before the cells, up to the line of a cut before the first."""
        return [Segment(f"{text:<{LABEL - 1}}", self.style(look))]

    def _strip(self) -> list[Segment]:
        """The whole sequence: thick where the columns below show it, red and a cross where an answer is wrong."""
        steps, width = len(self.trace.moment.sequence), self.layout.window.steps * self.layout.column
        wrong = {step for step, said in enumerate(likeliest(self.trace)) if self._is_right(step, said) is False}
        segments = [*self._label("all"), Segment(" ", self.style(PLAIN))]
        for is_inside, is_wrong in strip(steps, width, self.layout.steps, wrong):
            look = WRONG if is_wrong else NUMBER if is_inside else FAINT
            glyph = "╳" if is_wrong else "━" if is_inside else "─"
            segments.append(Segment(glyph, self.style(look)))
        return segments

    def _read(self) -> list[Segment]:
        """The numbers read, above their columns."""
        gaps = self._gaps()
        segments = [next(gaps)]
        sequence = self.trace.moment.sequence
        for step in self.layout.steps[: len(sequence) - self.layout.steps[0]]:
            look = CURSOR if step == self.step else SAID if step in self.said else NUMBER
            segments += [self._segment(self._figure(sequence[step]), look), next(gaps)]
        return segments

    def _ruler(self) -> list[Segment]:
        """The cursor's number, cuts, and as many other numbers as there is room for, each from its column on."""
        cells: dict[int, tuple[str, str]] = {}
        sequence, column, first = self.trace.moment.sequence, self.layout.column, self.layout.steps[0]
        shown, width = self.layout.steps[: len(sequence) - first], len(self.layout.steps) * column
        put(cells, (self.step - first) * column, self._name(sequence[self.step]), CURSOR, width, apart=0)
        for step in filter(self.trace.moment.interventions.cuts, shown):
            put(cells, (step - first) * column, "│", CUT, width, apart=0)
        apart = -(-(min(self.digits, widest(self.vocabulary)) + 1) // column)
        for step in (step for step in shown if step % apart == 0):
            look = SAID if step in self.said else NUMBER
            put(cells, (step - first) * column, self._name(sequence[step]), look, width)
        return [self._segment(*cells.get(x, (" ", NUMBER))) for x in range(-1, width)]

    def _next(self) -> list[Segment]:
        """The numbers expected, under their columns: green where they are right; red, with a mark, where wrong."""
        segments = [self._segment(" ", NUMBER)]
        first, all_said = self.trace.window.first_step, self.trace.candidates
        for step in self.layout.steps:
            if not first <= step < first + len(all_said) or not all_said[step - first]:
                segments.append(self._segment(" " * self.layout.column, NUMBER))
                continue
            said = all_said[step - first][0].number
            is_right = self._is_right(step, said)
            look = NUMBER if is_right is None else RIGHT if is_right else WRONG
            mark = "✗" if is_right is False else "✓" if is_right and self.layout.is_narrow else " "
            if self.layout.is_narrow:
                segments.append(self._segment(f"{mark:<{self.layout.column}}", look))
                continue
            chosen = CURSOR if step == self.step else look
            segments += [self._segment(self._figure(said), chosen), self._segment(mark, look)]
        return segments

    def _figure(self, number: int) -> str:
        """A number or a symbol over the middle of its cells."""
        name = self._name(number)
        return centred(name if self.vocabulary.symbols else right(name, self.digits), self.layout.cell)

    def _name(self, number: int) -> str:
        """What stands for a number, as far as there is room."""
        return cut(self.vocabulary.shown(number), self.digits)

    def _is_right(self, step: int, said: int | None) -> bool | None:
        """Whether the number said at a step is the right one; None where none is, or nothing is known of it."""
        right = self.answers[step] if step < len(self.answers) else ()
        return None if not right or said is None else said in right

    def _segment(self, text: str, look: str) -> Segment:
        return Segment(text, self.style(look))

    def _gaps(self) -> Iterator[Segment]:
        """What stands before each step's column in turn: a line where the memory is erased."""
        does, total = self.trace.moment.interventions, len(self.trace.moment.sequence)
        line, blank = self._segment("│", CUT), Segment(" ", self.style(PLAIN))
        for step in range(self.layout.steps[0], self.layout.steps[-1] + 2):
            yield line if step < total and does.cuts(step) else blank

    def _units(self, unit: int) -> list[Segment]:
        """A row of cells: one unit's, or two units' in halves."""
        units = range(unit, min(unit + self.layout.units_a_row, self.trace.units))
        chosen, silenced = self.unit in units, self.trace.moment.interventions.silenced.intersection(units)
        look = CURSOR if chosen else CUT if silenced else FAINT
        named = f"{self.unit if chosen else unit:>{LABEL - 1 - bool(silenced)}}"
        cells = [*self._cells(units)]
        if chosen and self.layout.units_a_row == 1 and self.step - self.layout.steps[0] in range(len(cells)):
            text, style, _ = cells[self.step - self.layout.steps[0]]
            cells[self.step - self.layout.steps[0]] = Segment(text, style and style + CHOSEN)
        label = self._label("∅" * bool(silenced) + named, look)
        if self.layout.is_narrow:
            return [*label, Segment(" ", self.style(PLAIN)), *cells]
        gaps = self._gaps()
        return [*label, next(gaps), *chain.from_iterable(zip(cells, gaps, strict=False))]

    def _cells(self, units: range) -> Iterator[Segment]:
        """The cells of one unit, or of two in halves, as far as the trace holds them."""
        background, few, width, window = self.background, self.has_256, self.layout.cell, self.trace.window
        if not window.first_unit <= units[0] <= units[-1] < window.first_unit + window.units:
            return
        first, last = units[0] - window.first_unit, units[-1] - window.first_unit
        for step in self.layout.steps:
            if not window.first_step <= step < window.first_step + len(self.trace.values):
                return
            values, lower = self.trace.values[step - window.first_step], None
            if self.layout.units_a_row > 1:
                lower = level(values[last], self.trace.scale) if last > first else 0
            yield cell(background, few, width, level(values[first], self.trace.scale), lower)

    def _legend(self) -> list[Segment]:
        """The scale of the colours, drawn with the cells, and what the values are."""
        is_halved = self.layout.units_a_row > 1
        is_signed = not self.layout.is_narrow and not is_halved
        width = LEAST_DIGITS if is_signed else 1
        drawn = SIGNED if is_signed else range(-LEVELS, LEVELS + 1)
        lower, levels, upper = legend(self.trace, self.is_difference, drawn)
        epoch = "" if self.trace.moment.epoch is None else f"  epoch {self.trace.epoch:g}"
        return [
            self._segment(f"{lower:>{LABEL - 1}} ", FAINT),
            *(cell(self.background, self.has_256, width, shade, shade if is_halved else None) for shade in levels),
            self._segment(f" {upper}{epoch}", FAINT),
        ]


def likeliest(trace: Trace) -> list[int | None]:
    """The likeliest number at every step, as far as the trace knows."""
    if trace.likeliest:
        return list(trace.likeliest)
    known = {step: said[0].number for step, said in enumerate(trace.candidates, trace.window.first_step) if said}
    return [known.get(step) for step in range(len(trace.moment.sequence))]
