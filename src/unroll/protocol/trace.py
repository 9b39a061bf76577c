"""What a look at a moment shows: the network's states, gates and answers at the steps that are on the screen."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from unroll.moment import MAX_STEPS, Moment, Number, Unit
from unroll.picture import MAX_VALUE, Value
from unroll.recipe import MAX_EPOCHS, MAX_HIDDEN
from unroll.series import Loss, Share

MAX_CANDIDATES = 100

ViewName = Annotated[str, Meta(max_length=40)]
Digest = Annotated[str, Meta(pattern=r"^([0-9a-f]{8})?\Z", max_length=8)]
"""What tells one thing from others, by eight hex digits; empty where there is none."""
Place = Annotated[int, Meta(ge=0, le=2**16)]
Row = Annotated[list[Value], Meta(max_length=MAX_HIDDEN)]


class Trace(Struct, frozen=True, kw_only=True):
    """What a moment's network does at the steps of a window.

    Attributes:
        moment: What was looked at; its `epoch` is the one asked for.
        epoch: The epochs this network has trained, whole or in part (1.5 is three updates of two an epoch).
        units: How many units the network has, in or out of the window.
        window: What of them the rows below hold; cut to what there is.
        view: What the rows hold; `views`: all that this cell has: `hidden`, `cell state` and the gates by name where
            it has them, `attribution` (each unit's share of the expected number's lead over the runner-up).
        values: The view's value by step, then unit, rounded to 3 decimals.
        scale: The value that gets the strongest colour: 1 for what lies in -1..1, else the largest in all the sequence.
        candidates: By step, the likeliest numbers first; with a moment looked at `against`, those of both together.
        likeliest: By step of the whole sequence, the likeliest number; empty where the window holds all steps.
        arithmetic: By step, how it comes to its answer; an engine may leave it out.
        detail: The unit asked for, at the moment's step.
        score: The part of the training sequences answered right under the moment's interventions,
            and without them; only when asked for.
        loss: Of the network without them, in nats, over all steps of these sequences; only for one that stays as it is.
        steps_right: Of the same network and steps, the part answered right.
        drawn: How many sequences were drawn at random for both; None where they are taken over all.
        weights: The network's fingerprint: equal for networks that are equal to the bit.
    """

    moment: Moment
    epoch: Annotated[float, Meta(ge=0, le=MAX_EPOCHS)]
    units: Annotated[int, Meta(ge=1, le=MAX_HIDDEN)]
    window: Window
    values: Annotated[list[Row], Meta(max_length=MAX_STEPS)]
    candidates: Annotated[list[Candidates], Meta(max_length=MAX_STEPS)]
    view: ViewName = "hidden"
    views: Annotated[tuple[ViewName, ...], Meta(max_length=20)] = ("hidden",)
    scale: Annotated[float, Meta(gt=0, le=MAX_VALUE)] = 1.0
    likeliest: Annotated[list[Number], Meta(max_length=MAX_STEPS)] = []
    arithmetic: Annotated[list[Arithmetic], Meta(max_length=MAX_STEPS)] = []
    detail: UnitDetail | None = None
    score: tuple[Share, Share] | None = None
    loss: Loss | None = None
    steps_right: Share | None = None
    drawn: Annotated[int, Meta(ge=1, le=10**6)] | None = None
    weights: Digest = ""

    def __post_init__(self) -> None:
        window, steps = self.window, len(self.values)
        if steps != window.steps or any(len(row) != window.units for row in self.values):
            raise ValueError("rows of another length than their window")
        if window.first_step + steps > len(self.moment.sequence):
            raise ValueError("a window beside the sequence")
        if window.first_unit + window.units > self.units:
            raise ValueError("a window beside the units")
        if len(self.candidates) != steps or len(self.arithmetic) not in (0, steps):
            raise ValueError("candidates or arithmetic for other steps")
        if len(self.likeliest) not in (0, len(self.moment.sequence)):
            raise ValueError("likeliest numbers of another sequence")
        if self.view not in self.views:
            raise ValueError("a view that is not one of its views")

    @property
    def has_cell_state(self) -> bool:
        """Whether the network has a cell state beside its hidden state."""
        return "cell state" in self.views

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


class Arithmetic(Struct, frozen=True, array_like=True):
    """How one step comes to its answer, in figures of 2 decimals.

    Attributes:
        moved: The length of h_t - h_{t-1}; h_{t-1} is 0 at the first step, and where the memory is erased.
        best, rival: The numbers of the two largest logits, and these.
    """

    moved: Value
    best: Number
    best_logit: Value
    rival: Number
    rival_logit: Value


class UnitDetail(Struct, frozen=True, kw_only=True):
    """One unit at the moment's step.

    Attributes:
        value: Its hidden value; `cell_state` its c where the cell has one.
        gates: How far each of its gates is open, by name; empty where the cell has none.
        share: What it adds to the lead of `number` over `rival`, in logits; all units' shares and `bias` add up to
            `lead`.
    """

    unit: Unit
    value: Value
    cell_state: Value | None
    gates: Annotated[dict[ViewName, Value], Meta(max_length=8)]
    number: Number
    rival: Number
    share: Value
    bias: Value
    lead: Value


class Candidate(Struct, frozen=True, array_like=True):
    """A number that may come next, and its probability (rounded to 6 decimals).

    Attributes:
        before: Its probability at the moment looked at `against`; None where there is no such moment or number.
    """

    number: Number
    probability: Share
    before: Share | None = None


Candidates = Annotated[list[Candidate], Meta(max_length=MAX_CANDIDATES)]
"""What may come next at one step, the likeliest first."""


class Window(Struct, frozen=True, forbid_unknown_fields=True):
    """The part of steps by units that is on the screen; a trace carries no more than this."""

    first_step: Place = 0
    steps: Place = 64
    first_unit: Place = 0
    units: Place = 64
