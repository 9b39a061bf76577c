"""What stands around a heatmap's cells: the views as tabs, the whole sequence as a strip, the scale of the colours."""

from collections.abc import Container, Iterable, Iterator, Sequence

from unroll.protocol.trace import Trace
from unroll.terminal.palette import LEVELS
from unroll.terminal.views import is_gate, short

BETWEEN, CUT_OFF = " · ", "…"

Tab = tuple[str, str]
"""A text of the title, and the view that it is the tab of; empty between tabs."""


def tabs(views: Sequence[str], active: str, room: int) -> list[Tab]:
    """The tabs that fit into so many columns, the active one among them: from the first on, or else up to it."""
    names = [*map(short, views)]
    first, last = 0, len(views)
    while last > views.index(active) + 1 and _width(names, first, last) > room:
        last -= 1
    while first < last - 1 and _width(names, first, last) > room:
        first += 1
    shown: list[Tab] = [(CUT_OFF + " ", "")] if first else []
    for place in range(first, last):
        shown += [(BETWEEN, "")] if place > first else []
        shown.append((names[place], views[place]))
    return [*shown, (" " + CUT_OFF, "")] if last < len(views) else shown


def _width(names: Sequence[str], first: int, last: int) -> int:
    cut = (first > 0) + (last < len(names))
    return len(BETWEEN.join(names[first:last])) + cut * len(CUT_OFF + " ")


def legend(trace: Trace, is_difference: bool, levels: Iterable[int]) -> tuple[str, list[int], str]:
    """The scale of the colours: its lower end, those of the levels that values of the view can have, its upper end."""
    least = 0 if is_gate(trace.view) and not is_difference else -LEVELS
    lower, upper = (f"{trace.scale * end / LEVELS:z.3g}" for end in (least, LEVELS))
    return lower, [level for level in levels if level >= least], upper


def strip(steps: int, width: int, window: range, wrong: Container[int]) -> Iterator[tuple[bool, bool]]:
    """A whole sequence in so many columns: of each, whether the window has steps of it, and whether one is wrong."""
    for x in range(width):
        first = x * steps // width
        part = range(first, max(first + 1, (x + 1) * steps // width))
        yield any(step in window for step in part), any(step in wrong for step in part)
