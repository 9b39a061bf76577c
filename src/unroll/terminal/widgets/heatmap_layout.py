"""Where a heatmap's steps and units stand: how wide a step is, how many units share a row, which page is shown.

Three densities: *wide*, a step has a number's width, and the sign stands in its cells; *narrow*, one column a step;
*half*, two units a row, as the halves of `▀`. By itself a heatmap takes the widest in which all steps fit, and halves
where a third of the units had no row. Whatever does not fit turns pages, and a page is full.
"""

from typing import Literal, NamedTuple, get_args

from unroll.protocol.trace import Window

Density = Literal["fitting", "wide", "narrow", "half"]
DENSITIES: tuple[Density, ...] = get_args(Density)

LABEL = 5
"""Columns left of the cells: a mark, a unit's number, and the line of a cut before step 0."""
FRAME = 2
"""Rows beside the units': the numbers read, and the numbers expected."""
LEAST_WITH_LEGEND = 8
"""Rows of a pane that has room for the legend too."""
NARROW = 2
"""Cells of the widest step that has no room for its number."""
ROOMY = 8
"""Steps for which there is room however wide they are."""
WIDEST = 3
"""How many times its least width a step takes at most."""


class HeatmapShape(NamedTuple):
    """What is to be shown: all steps and units, the cursor's among them, and the digits of the widest number.

    Attributes:
        grows: Whether the sequence is being continued: its last page then has empty columns, so that the next numbers
            move none.
    """

    steps: int
    units: int
    step: int
    unit: int
    digits: int
    grows: bool = False


class HeatmapLayout(NamedTuple):
    """What stands where.

    Attributes:
        window: The steps and the units for which there is room.
        column: Cells that a step takes, with the gap after it.
        units_a_row: One or two.
        is_paged: Whether the sequence is longer than the window: a strip above shows where the window is.
    """

    window: Window
    column: int
    units_a_row: int
    is_paged: bool

    @property
    def is_narrow(self) -> bool:
        """Whether a step has no room for its number."""
        return self.column <= NARROW

    @property
    def cell(self) -> int:
        """Cells of a step without the gap, which narrow ones do not have."""
        return self.column - (not self.is_narrow)

    @property
    def steps(self) -> range:
        """The steps for which there is room."""
        return range(self.window.first_step, self.window.first_step + self.window.steps)

    def step_at(self, x: int) -> int:
        """The step of a column of the pane; before the first there is none, and -1 is said."""
        return self.window.first_step + (x - LABEL) // self.column if x >= LABEL else -1

    def row_of(self, unit: int) -> int:
        """The row of a unit, the first of them is 0."""
        return (unit - self.window.first_unit) // self.units_a_row


def layout_of(
    shape: HeatmapShape, width: int, height: int, density: Density = "fitting", has_halves: bool = True
) -> HeatmapLayout:
    """How a shape stands in a pane of so many columns and rows; without `has_halves`, a unit has a row of its own."""
    for is_paged in (False, True):  # the strip takes a row of the units, the mark of their page a column of the steps
        rows = max(1, height - FRAME - (height >= LEAST_WITH_LEGEND) - is_paged)
        in_halves = has_halves and (density == "half" or (density == "fitting" and 2 * shape.units > 3 * rows))
        units = rows * (1 + in_halves)
        room = max(1, width - LABEL - (shape.units > units))
        column = _column(shape, room, density)
        steps = max(1, room // column)
        if is_paged == (shape.steps > steps):
            break
    window = Window(_first_step(shape, steps), steps, _first_unit(shape, units), units)
    return HeatmapLayout(window, column, 1 + in_halves, shape.steps > steps)


def _column(shape: HeatmapShape, room: int, density: Density) -> int:
    """The widest column in which all steps fit, or else the narrowest of the density."""
    least = shape.digits + 1
    widths = [max(least, min(WIDEST * least, room // ROOMY)), least, NARROW, 1]
    if density in ("wide", "narrow"):
        widths = widths[:2] if density == "wide" else [1]
    return next((width for width in widths if shape.steps * width <= room), widths[-1])


def _first_step(shape: HeatmapShape, steps: int) -> int:
    """Where the page begins that holds the cursor.

    Pages turn by half, so that the past stays in sight, and their starts are fixed. The last is full; but of a sequence
    that grows up to a quarter of it is empty.
    """
    quarter, last = max(1, steps // 4), shape.steps - steps
    half = min(steps, 2 * quarter)
    if last <= 0:
        return 0
    if shape.grows:
        last = -(-last // quarter) * quarter
    turned = max(0, -((steps - 1 - shape.step) // half) * half)
    return min(turned, last)


def _first_unit(shape: HeatmapShape, units: int) -> int:
    """Where the page begins that holds the chosen unit; the last is full."""
    return max(0, min(shape.unit // units * units, shape.units - units))
