"""Answers a look: checks that there is something to see, runs the network, and keeps only what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import NamedTuple

from msgspec.structs import replace
from torch import Tensor

from unroll.engine.checking import check_moment, check_unit
from unroll.engine.run import Run
from unroll.engine.views import GATES, HIDDEN, decimal, decimals, scale_of, table, view_names
from unroll.errors import UserError
from unroll.moment import Moment
from unroll.network import inspection
from unroll.network.model import SequenceModel
from unroll.protocol.requests import Look
from unroll.protocol.trace import Candidate, Trace, UnitDetail, Window

MAX_TOP = 100
KEPT = 2
"""Sights that are kept: enough for a moment and the one it is compared with, while a cursor walks through them."""

Find = Callable[[int], Run]
"""Gives the run of a number, the newest for 0; raises `UserError`."""


class Sight(NamedTuple):
    """A moment and what is to be seen of it: the network as it was then, and what it does."""

    run: Run
    moment: Moment
    model: SequenceModel
    epoch: float
    seen: inspection.Activations

    @property
    def units(self) -> int:
        return self.seen.hidden.shape[1]


class Looker:
    """Looks at the runs that `find` gives; a network is not run anew for another step, unit or view of the same."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._kept: dict[tuple[Hashable, ...], Sight] = {}

    def look(self, request: Look) -> Trace:
        """What the network of a run does over the moment's sequence; raises `UserError` when the moment cannot be."""
        here = self._see(request.moment)
        there = None if request.against is None else self._see_against(request.against, here)
        return _trace(request, here, there)

    def forget(self) -> None:
        """Keep nothing of what was seen."""
        self._kept = {}

    def _see(self, moment: Moment) -> Sight:
        run = self._find(moment.run)
        moment = replace(moment, run=run.number)
        check_moment(run, moment)
        network = run.number, moment.epoch, run.version
        key = *network, moment.sequence, moment.interventions
        sight = self._kept.pop(key, None) or self._run(run, moment, network)
        self._kept[key] = sight
        self._kept = dict(list(self._kept.items())[-KEPT:])
        return sight._replace(moment=moment)

    def _run(self, run: Run, moment: Moment, network: tuple[Hashable, ...]) -> Sight:
        """Run a moment's network, which may be at hand."""
        alike = next((kept for key, kept in self._kept.items() if key[:3] == network), None)
        model, epoch = (alike.model, alike.epoch) if alike else run.training.at(moment.epoch)
        return Sight(run, moment, model, epoch, inspection.trace(model, moment.sequence, moment.interventions))

    def _see_against(self, moment: Moment, here: Sight) -> Sight:
        if moment.sequence != here.moment.sequence:
            raise UserError("The moment to compare with is on another sequence: give the same one for both.")
        return self._see(moment)


def _trace(request: Look, here: Sight, there: Sight | None) -> Trace:
    """What of it was asked for."""
    view, views, values = _values(request, here, there)
    window = clip(request.window, *values.shape)
    steps = slice(window.first_step, window.first_step + window.steps)
    units = slice(window.first_unit, window.first_unit + window.units)
    return Trace(
        moment=here.moment,
        epoch=round(here.epoch, 4),
        units=here.units,
        window=window,
        view=view,
        views=views,
        values=decimals(values[steps, units], 3),
        scale=scale_of(values),
        candidates=_candidates(here.seen.logits[steps], request.top),
        before=[] if there is None else _candidates(there.seen.logits[steps], request.top),
        detail=None if request.unit is None else _detail(here, request.unit),
        score=here.run.score(here.model, here.epoch, here.moment.interventions) if request.score else None,
    )


def _values(request: Look, here: Sight, there: Sight | None) -> tuple[str, tuple[str, ...], Tensor]:
    """The view that is given, those that could be, and all its values."""
    views = view_names(here.seen)
    if there is None or not request.difference:
        view = request.view if request.view in views else HIDDEN
        return view, views, table(view, here.model, here.seen)
    if there.units != here.units:
        raise UserError(
            f"This run has {here.units:,} units and the one to compare with {there.units:,}: "
            "compare runs of one hidden_size, or look at them without the difference."
        )
    both = tuple(view for view in views if view in view_names(there.seen))
    view = request.view if request.view in both else HIDDEN
    return view, both, table(view, here.model, here.seen) - table(view, there.model, there.seen)


def _detail(here: Sight, unit: int) -> UnitDetail:
    """One unit at the moment's step."""
    check_unit(unit, here.units, "look at")
    seen, step = here.seen, here.moment.step
    lead = inspection.attribution(here.model, seen.hidden[step])
    return UnitDetail(
        unit=unit,
        value=decimal(seen.hidden[step, unit], 4),
        cell_state=None if seen.cell is None else decimal(seen.cell[step, unit], 4),
        gates={GATES[letter]: decimal(gate[step, unit], 4) for letter, gate in seen.gates.items()},
        number=lead.number,
        rival=lead.rival,
        share=decimal(lead.units[unit], 4),
        bias=round(lead.bias, 4),
        lead=round(lead.lead, 4),
    )


def clip(window: Window, steps: int, units: int) -> Window:
    """The part of a window that there is."""
    first_step, first_unit = _inside(window.first_step, steps), _inside(window.first_unit, units)
    return Window(
        first_step,
        _inside(window.steps, steps - first_step),
        first_unit,
        _inside(window.units, units - first_unit),
    )


def _inside(number: int, high: int) -> int:
    return max(0, min(number, high))


def _candidates(logits: Tensor, top: int) -> list[list[Candidate]]:
    values, numbers = logits.softmax(-1).topk(_inside(top, min(MAX_TOP, logits.shape[-1])))
    rows = zip(numbers.tolist(), decimals(values, 4), strict=True)
    return [list(map(Candidate, row, chances)) for row, chances in rows]
