"""Whether what an engine answers can be: its rows are as long as it says, its plan trains something.

Panes are drawn from answers without asking further, and an engine elsewhere may be another program altogether.
"""

from __future__ import annotations

from typing import Any

from unroll.protocol.replies import Answer, Begun, Continued, Created, Looked, Resumed
from unroll.protocol.requests import Continue, Look, Request
from unroll.protocol.trace import Trace

MAX_UPDATES = 4096 * 100_000
"""Updates in the longest training that a recipe can ask for."""


def fault(request: Request[Any], answer: Answer) -> str:
    """What cannot be in an answer of the right kind to a request; empty where all of it can."""
    if isinstance(answer, Looked) and isinstance(request, Look):
        return _of_trace(answer.trace, request.top)
    if isinstance(answer, Continued) and isinstance(request, Continue):
        many = len(answer.numbers) > max(0, request.count)
        return "more numbers than were asked for" if many or min(answer.numbers, default=0) < 0 else ""
    created = [answer] if isinstance(answer, Created) else answer.runs if isinstance(answer, Begun | Resumed) else []
    return next(filter(None, map(_of_created, created)), "")


def _of_trace(trace: Trace, top: int) -> str:
    window, length = trace.window, len(trace.moment.sequence)
    steps, units = len(trace.values), window.units
    if steps != window.steps or any(len(row) != units for row in trace.values):
        return "rows of another length than their window"
    if window.first_step < 0 or window.first_unit < 0 or window.first_step + steps > length:
        return "a window beside the sequence"
    if window.first_unit + units > trace.units:
        return "a window beside the units"
    if any(len(rows) not in (steps, allowed) for rows, allowed in ((trace.candidates, steps), (trace.before, 0))):
        return "candidates for other steps"
    if top > 0 and not all((*trace.candidates, *trace.before)):
        return "a step without candidates"
    return "" if trace.scale > 0 and trace.view in trace.views else "a view that is none"


def _of_created(created: Created) -> str:
    plan = created.plan
    if min(plan.sequences, plan.batch_size, plan.updates_per_epoch, plan.updates, plan.weights, created.stride) < 1:
        return "a plan that trains nothing"
    return "" if 0 <= created.update <= plan.updates <= MAX_UPDATES else "more updates than are planned"
