"""What an engine shows of a moment: as much of it as is on the screen, as plain rounded numbers."""

from __future__ import annotations

from msgspec import Struct

from unroll.moment import Moment


class Trace(Struct, frozen=True, kw_only=True):
    """What a moment's network does at the steps of a window.

    Attributes:
        moment: What was looked at; its `epoch` is the one asked for.
        epoch: The epochs this network has trained, whole or in part (1.5 is three updates of two an epoch).
        units: How many units the network has, in or out of the window.
        window: What of them the rows below hold; cut to what there is.
        view: What the rows hold; `views` what they could, in order: `hidden`, `cell state` and the gates by name where
            the cell has them, `attribution` (each unit's share of the expected number's lead over the runner-up).
        values: The view's value by step, then unit, rounded to 3 decimals.
        scale: The value that gets the strongest colour: 1 for what lies in -1..1, else the largest in all the sequence.
        candidates: By step, the likeliest numbers first.
        before: The same for the moment looked at `against`; empty when there was none.
        detail: The unit asked for, at the moment's step.
        score: The part of all training sequences (of a large task some hundreds, evenly chosen) answered right at the
            last step under the moment's interventions, and without them; only when asked for.
    """

    moment: Moment
    epoch: float
    units: int
    window: Window
    values: list[list[float]]
    candidates: list[list[Candidate]]
    view: str = "hidden"
    views: tuple[str, ...] = ("hidden",)
    scale: float = 1.0
    before: list[list[Candidate]] = []
    detail: UnitDetail | None = None
    score: tuple[float, float] | None = None

    def holds(self, window: Window) -> bool:
        """Whether all that a window shows is here."""
        held, total = self.window, len(self.moment.sequence)
        steps, units = min(window.first_step + window.steps, total), min(window.first_unit + window.units, self.units)
        return (
            held.first_step <= window.first_step
            and held.first_unit <= window.first_unit
            and steps <= held.first_step + held.steps
            and units <= held.first_unit + held.units
        )


class UnitDetail(Struct, frozen=True, kw_only=True):
    """One unit at the moment's step.

    Attributes:
        value: Its hidden value; `cell_state` its c where the cell has one.
        gates: How far each of its gates is open, by name; empty where the cell has none.
        share: What it adds to the lead of `number` over `rival`, in logits; all units' shares and `bias` add up to
            `lead`.
    """

    unit: int
    value: float
    cell_state: float | None
    gates: dict[str, float]
    number: int
    rival: int
    share: float
    bias: float
    lead: float


class Candidate(Struct, frozen=True, array_like=True):
    """A number that may come next, and its probability (rounded to 4 decimals)."""

    number: int
    probability: float


class Window(Struct, frozen=True, forbid_unknown_fields=True):
    """The part of steps by units that is on the screen; a trace carries no more than this."""

    first_step: int = 0
    steps: int = 64
    first_unit: int = 0
    units: int = 64
