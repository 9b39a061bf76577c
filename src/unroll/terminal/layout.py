"""Where each pane stands on a terminal of any size: plain arithmetic, the splash needs it before Textual is imported.

A layout is chosen by columns and rows apart. Three areas keep their places in all of them: the recipe over the runs at
the left, the hidden state in the middle, the loss, the lens and the next number at the right. Where not all have room,
those that do not are tabs: the panes of one tab are shown at a time.
"""

from collections.abc import Iterator
from typing import NamedTuple

LEAST = (80, 24)
"""Columns and rows of the smallest terminal."""
PANES = ("State", "Loss", "Lens", "Recipe", "Runs", "Next")
"""In the order of their jump numbers, from 1."""
BESIDE_STATE, BESIDE_LENS = "Beside", "Beside lens"
"""A second heatmap and a second lens, of the marked run: they share the place of the first, and the next jump number
leads to them."""
SECOND = {"State": BESIDE_STATE, "Lens": BESIDE_LENS}
SWEEP = "Sweep"
"""A sweep's results, once some are opened: always maximised, with the jump number after that."""
LEAST_OF = {"State": (40, 12), "Loss": (34, 8), "Lens": (34, 8), "Recipe": (33, 14), "Runs": (33, 6), "Next": (34, 13)}
"""Columns and rows that a pane needs to be of use, its border among them."""
HALF_LENS = (34, 12)
"""The same of two lenses that share a place: with fewer rows each would be all axes and words."""
BESIDE = 120
"""Columns from which the status stands in the header's row, and from which three areas stand side by side."""
BELOW = 5
"""Rows under the panes: prompt, sentence, hint, notice, keys."""
LENS_ROWS = 14
"""Rows that a lens has before the loss over it has more than it needs."""
FRAME = 6
"""Rows of the heatmap that are no units: its border, the numbers read and said, the overview and the scale."""


class Place(NamedTuple):
    """A rectangle of cells."""

    x: int
    y: int
    width: int
    height: int


class Layout(NamedTuple):
    """The panes in sight with their places, and the tabs to choose from, the chosen one first to look up."""

    places: dict[str, Place]
    tabs: tuple[str, ...] = ()
    tab: str = ""


def header_rows(width: int) -> int:
    """The rows over the panes: the header's, and the status line's where it has one of its own."""
    return 1 if width >= BESIDE else 2


def is_too_small(width: int, height: int) -> bool:
    """Whether a terminal has no room for anything."""
    return width < LEAST[0] or height < LEAST[1]


def arrange(width: int, height: int, tab: str = "", units: int = 32, alone: str = "", beside: str = "") -> Layout:
    """The panes on a terminal of some columns and rows; places count from the row under the header.

    `tab` is the one chosen, the first where it is none of the layout's; `units` are the heatmap's; `alone` names the
    pane that is maximised. `beside` tells which of two networks is in front, the `shown` or the `marked` one, where
    there are two: where both have no room, the other's panes hide.
    """
    rows = height - header_rows(width) - BELOW
    tabs = _tabs(width, rows)
    tab = tab if tab in tabs else next(iter(tabs), "")
    area = Place(0, 0, width, rows)
    places = {alone: area} if alone else dict(_placed(area, tab, units))
    for first, second in SECOND.items() if beside and not alone else ():
        if place := places.pop(first, None):
            places |= _shared(place, first, second, beside == "marked")
    return Layout(places, tabs, tab)


def _shared(place: Place, first: str, second: str, is_second_in_front: bool) -> dict[str, Place]:
    """A pane's place for two: halves of it side by side, or one over the other, or all of it for the one in front."""
    least = LEAST_OF[first] if first == "State" else HALF_LENS
    if place.width < 2 * least[0] and place.height < 2 * least[1]:
        return {second if is_second_in_front else first: place}
    is_wide = place.width >= 2 * least[0]
    halves = _cut_columns(place, place.width // 2) if is_wide else _cut_rows(place, place.height // 2)
    return dict(zip((first, second), halves, strict=True))


def tab_with(pane: str, width: int, height: int, tab: str) -> str:
    """The tab to choose so that a pane is in sight: the present one if it has it."""
    present = arrange(width, height, tab)
    for name in (present.tab, pane, *present.tabs):
        if name in ("", *present.tabs) and pane in arrange(width, height, name).places:
            return name
    return present.tab


def _is_stacked(rows: int) -> bool:
    """Whether a column has rows for two panes, one over the other."""
    return rows >= LEAST_OF["Loss"][1] + LEAST_OF["Next"][1]


def _has_three(width: int, rows: int) -> bool:
    return width >= BESIDE and rows >= 23


def _has_band(width: int, rows: int) -> bool:
    """Whether recipe, runs and lens stand in a band under the other panes: the terminal is narrow and tall."""
    return width < BESIDE and rows >= 39


def _has_lens_below(width: int, rows: int) -> bool:
    """Whether the lens stands under the heatmap, over the same width."""
    return width >= 160 and rows >= 48


def _tabs(width: int, rows: int) -> tuple[str, ...]:
    """The panes that take each other's place."""
    if _has_band(width, rows) or _has_lens_below(width, rows):
        return ()
    right = ("Loss",) if rows >= 33 else ("Loss", "Lens")
    if _has_three(width, rows):
        return right if len(right) > 1 else ()
    return (*right, "Recipe") if _is_stacked(rows) or width >= BESIDE else ("State", *right, "Recipe")


def _placed(area: Place, tab: str, units: int) -> Iterator[tuple[str, Place]]:
    """The panes and their places inside an area."""
    width, rows = area.width, area.height
    if _has_band(width, rows):
        top, band = _cut_rows(area, max(18, rows * 2 // 5))
        recipe, side = _cut_columns(band, max(37, width - 43))
        heatmap, right = _cut_columns(top, width * 45 // 100)
        yield from (("State", heatmap), *_stacked(right, "Loss", "Next"), ("Recipe", recipe))
        yield from _stacked(side, "Lens", "Runs")
    elif _has_three(width, rows):
        left, rest = _cut_columns(area, width - max(33, min(48, width // 5)))
        middle, right = _cut_columns(rest, max(47, rest.width * 2 // 5))
        yield from _recipe_over_runs(left)
        if _has_lens_below(width, rows):
            heatmap, lens = _cut_rows(middle, max(10, rows // 5, rows - max(16, units + FRAME)))
            yield from (("State", heatmap), ("Lens", lens), *_stacked(right, "Loss", "Next"))
        else:
            yield "State", middle
            yield from _right(right, tab)
    elif tab == "State":
        yield from zip(("State", "Next"), _cut_columns(area, LEAST_OF["Next"][0]), strict=True)
    elif "State" not in _tabs(width, rows):
        yield from _two_areas(area, tab)
    elif tab == "Recipe":
        yield from zip(("Recipe", "Runs"), _cut_columns(area, width - 43), strict=True)
    else:
        yield from zip((tab, "Next"), _cut_columns(area, LEAST_OF["Next"][0]), strict=True)


def _two_areas(area: Place, tab: str) -> Iterator[tuple[str, Place]]:
    """The heatmap, and beside it what the tab says."""
    is_flat = not _is_stacked(area.height)
    least = LEAST_OF[tab][0] + LEAST_OF["Runs" if tab == "Recipe" else "Next"][0] if is_flat else 36
    heatmap, side = _cut_columns(area, max(least, area.width * (55 if is_flat else 45) // 100))
    yield "State", heatmap
    if not is_flat:
        yield from _recipe_over_runs(side) if tab == "Recipe" else _right(side, tab)
    elif tab == "Recipe":
        yield from zip(("Recipe", "Runs"), _cut_columns(side, side.width // 2), strict=True)
    else:
        yield from zip((tab, "Next"), _cut_columns(side, LEAST_OF["Next"][0]), strict=True)


def _right(area: Place, tab: str) -> Iterator[tuple[str, Place]]:
    """Loss, lens and next number over each other; the first two take turns where there is no room for both."""
    return _stacked(area, *(("Loss", "Lens") if area.height >= 33 else (tab,)), "Next")


def _recipe_over_runs(area: Place) -> Iterator[tuple[str, Place]]:
    runs = max(6, min(12, area.height - 22), area.height - 36)
    return zip(("Recipe", "Runs"), _cut_rows(area, runs), strict=True)


def _stacked(area: Place, *panes: str) -> Iterator[tuple[str, Place]]:
    """Panes over each other: the last has the rows that it needs, the others share the rest, but a lens comes first."""
    rest, last = _cut_rows(area, LEAST_OF[panes[-1]][1] if panes[-1] == "Next" else max(7, area.height * 2 // 5))
    first = rest.height // (len(panes) - 1)
    first = max(LEAST_OF["Loss"][1], min(first, rest.height - LENS_ROWS)) if "Lens" in panes[1:-1] else first
    heights = [first] * (len(panes) - 2) + [rest.height - first * (len(panes) - 2)]
    y = rest.y
    for pane, height in zip(panes[:-1], heights, strict=True):
        yield pane, Place(area.x, y, area.width, height)
        y += height
    yield panes[-1], last


def _cut_columns(area: Place, right: int) -> tuple[Place, Place]:
    """An area's left part, and as many columns of it at the right."""
    left = area.width - right
    return area._replace(width=left), area._replace(x=area.x + left, width=right)


def _cut_rows(area: Place, lower: int) -> tuple[Place, Place]:
    """An area's upper part, and as many rows of it at the bottom."""
    upper = area.height - lower
    return area._replace(height=upper), area._replace(y=area.y + upper, height=lower)
