"""The messages between terminal and engine, and nothing else: one JSON object a line, told apart by `type`.

The engine speaks first (`hello`). Every request has an id, and exactly one answer carries that id back: the one its
docstring names, or `error`. `progress` comes unasked. A request's `run` of 0 means the newest run, so that a person
can type at an engine by hand:

    {"type": "create", "id": 1}
    {"type": "play", "id": 2}
    {"type": "look", "id": 3, "moment": {"run": 0, "sequence": [7, 8, 9, 10]}}
"""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

import msgspec
from msgspec import Struct

from unroll.moment import Moment
from unroll.recipe import Plan, Recipe

VERSION = 1
MAX_LINE = 16 * 2**20
"""Bytes in a line of the engine's at most; a longer one is refused."""
MAX_REQUEST = 2**20
"""Bytes in a request at most."""

Pace = Literal["by hand", "2/s", "8/s", "30/s", "full"]
"""How fast a run trains, in epochs a second; by hand, one update for every `advance`."""

EPOCHS_PER_SECOND: dict[Pace, float] = {"by hand": 0.0, "2/s": 2.0, "8/s": 8.0, "30/s": 30.0, "full": float("inf")}

State = Literal["ready", "training", "paused", "finished", "diverged"]
View = Literal["hidden"]


class Message(Struct, frozen=True, tag_field="type", tag=lambda name: name.lower()):
    """Anything that goes over the line."""


A = TypeVar("A", bound="Answer")


class Request(Message, Generic[A], frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something asked of the engine; `A` is what answers it. A client numbers its requests, from 1 up."""

    id: int = 0


class Create(Request["Created"], frozen=True, kw_only=True):
    """Make an untrained network by a recipe; answered by `created`."""

    recipe: Recipe = Recipe()


class Play(Request["Done"], frozen=True, kw_only=True):
    """Train on from here, at a pace; answered by `done`. Also changes the pace of a run in training."""

    run: int = 0
    pace: Pace = "full"


class Pause(Request["Done"], frozen=True, kw_only=True):
    """Stop after the update under way; answered by `done`."""

    run: int = 0


class Advance(Request["Done"], frozen=True, kw_only=True):
    """Make so many updates, then pause; answered by `done` at once."""

    run: int = 0
    updates: int = 1


class Window(Struct, frozen=True, forbid_unknown_fields=True):
    """The part of steps by units that is on the screen; a trace carries no more than this."""

    first_step: int = 0
    steps: int = 64
    first_unit: int = 0
    units: int = 64


class Look(Request["Looked"], frozen=True, kw_only=True):
    """Run the network over a moment's sequence; answered by `looked`."""

    moment: Moment
    view: View = "hidden"
    window: Window = Window()
    top: int = 10


class Answer(Message, frozen=True, kw_only=True):
    """What comes back for a request, with its id."""

    id: int


class Created(Answer, frozen=True, kw_only=True):
    """A run exists."""

    run: int
    recipe: Recipe
    plan: Plan


class Done(Answer, frozen=True, kw_only=True):
    """It was done; there is nothing else to say."""


class Error(Answer, frozen=True, kw_only=True):
    """It was refused: one sentence that says why and what to do. An id of 0 answers a line that had none."""

    sentence: str


class Candidate(Struct, frozen=True, array_like=True):
    """A number that may come next, and its probability (rounded to 4 decimals)."""

    number: int
    probability: float


class Trace(Struct, frozen=True, kw_only=True):
    """What a moment's network does at the steps of a window.

    Attributes:
        moment: What was looked at; `epoch` is the one asked for.
        epoch: The epochs this network has trained, whole or in part (1.5 is three updates of two an epoch).
        units: How many units the network has, in or out of the window.
        window: What of them the rows below hold; cut to what there is.
        values: The view's value (for `hidden`, h in -1..1) by step, then unit, rounded to 3 decimals.
        candidates: By step, the likeliest numbers first.
    """

    moment: Moment
    epoch: float
    units: int
    window: Window
    values: list[list[float]]
    candidates: list[list[Candidate]]


class Looked(Answer, frozen=True, kw_only=True):
    """The trace that answers a look."""

    trace: Trace


class Hello(Message, frozen=True, kw_only=True):
    """The engine's first word."""

    protocol: int
    torch: str
    device: str


class Progress(Message, frozen=True, kw_only=True):
    """How a run stands, 10 to 20 times a second while it trains and at every change of state.

    Attributes:
        update: Updates made so far, those below included.
        losses: Every mean loss (nats a position) since the last progress, one an update; None where it is not finite.
        accuracies: For each of them, the part of the batch answered right at the last step.
        accuracy: When finished: the part of all sequences answered right at the last step.
        sentence: When diverged: at which update, the likely cause, and what to do.
    """

    run: int
    state: State
    update: int
    losses: list[float | None]
    accuracies: list[float]
    accuracy: float | None = None
    sentence: str = ""


AnyRequest = Create | Play | Pause | Advance | Look
AnyReply = Hello | Created | Done | Error | Looked | Progress

encode = msgspec.json.Encoder().encode
decode_request = msgspec.json.Decoder(AnyRequest).decode
decode_reply = msgspec.json.Decoder(AnyReply).decode
