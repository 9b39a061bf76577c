"""What of a trace is seen to be other than in the one before: in training most of a heatmap stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from unroll.protocol.trace import Trace
from unroll.terminal.palette import level


def frame(trace: Trace) -> tuple[object, ...]:
    """All of a trace but its figures: where this stays the same, cells keep their places and their colours' scale."""
    moment = trace.moment
    return moment.sequence, moment.interventions, trace.window, trace.units, trace.view, trace.scale, len(trace.values)


def changed_units(before: Trace, now: Trace, units: Iterable[int]) -> Iterator[int]:
    """Those of some units, held by two traces of one frame, that are drawn otherwise than before."""
    for unit in units:
        column = unit - now.window.first_unit
        steps = [(a, b) for a, b in zip(before.values, now.values, strict=True) if 0 <= column < len(a)]
        if any(level(a[column], now.scale) != level(b[column], now.scale) for a, b in steps):
            yield unit
