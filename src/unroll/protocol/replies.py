"""What the engine says: an answer to every request, with its id, and how its runs stand, unasked."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from unroll.protocol.codec import Message
from unroll.protocol.trace import Trace
from unroll.recipe import Plan, Recipe

State = Literal["ready", "training", "paused", "finished", "diverged"]
Origin = Literal["recipe", "branch", "model"]


class Answer(Message, frozen=True, kw_only=True):
    """What comes back for a request, with its id."""

    id: int


class Created(Answer, frozen=True, kw_only=True):
    """A run exists.

    Attributes:
        state: `ready`; `paused` for a branch, `finished` for a model that was opened.
        update: Updates made so far.
        losses: The history up to there: that of every update, or where `stride` is more than 1 of the updates
            `1 + i * stride`, each standing for those up to the next.
        accuracies: The same of the accuracies.
        accuracy, held_out: As in `progress`.
        origin: What it was made of.
        was: For a run that was resumed, its number in its own sitting.
    """

    run: int
    recipe: Recipe
    plan: Plan
    state: State = "ready"
    update: int = 0
    stride: int = 1
    losses: list[float | None] = []
    accuracies: list[float] = []
    accuracy: float | None = None
    held_out: float | None = None
    origin: Origin = "recipe"
    was: int = 0

    def history(self) -> tuple[list[float | None], list[float]]:
        """Losses and accuracies, one for every update."""
        places = [update // self.stride for update in range(self.update)]
        whole = len(self.losses) == len(self.accuracies) == -(-self.update // self.stride)
        return ([self.losses[i] for i in places], [self.accuracies[i] for i in places]) if whole else ([], [])


class Done(Answer, frozen=True, kw_only=True):
    """It was done; there is nothing else to say."""


class Error(Answer, frozen=True, kw_only=True):
    """It was refused: one sentence that says why and what to do. An id of 0 answers a line that had none."""

    sentence: str


class Looked(Answer, frozen=True, kw_only=True):
    """The trace that answers a look."""

    trace: Trace


class Continued(Answer, frozen=True, kw_only=True):
    """The numbers that the network said, in order; `wrong` when the last of them is wrong by the task."""

    numbers: list[int]
    wrong: bool


class Saved(Answer, frozen=True, kw_only=True):
    """A model was saved, in this file."""

    path: str


class Models(Answer, frozen=True, kw_only=True):
    """The models that can be opened, by name, and the folder that the next one is saved in.

    Attributes:
        folders: Where each of them is; empty for one that comes with the program.
        others: Those of the names behind which there is no network, as far as a file's first bytes tell.
    """

    names: list[str]
    folder: str
    folders: list[str] = []
    others: list[str] = []


class Measured(Answer, frozen=True, kw_only=True):
    """Bytes of memory (None where the system does not tell), runs, and updates of all runs."""

    memory: int | None
    runs: int
    updates: int


class CutOff(Struct, frozen=True, kw_only=True):
    """A sitting that ended without order: when it was last kept (seconds since 1970), its runs, and the newest one's
    recipe, updates, and whether they were all."""

    sitting: str
    when: float
    runs: int
    recipe: Recipe
    update: int
    finished: bool = False


class Begun(Answer, frozen=True, kw_only=True):
    """The name of this sitting, the runs that are there already, and those sittings that were cut off, newest first."""

    sitting: str
    runs: list[Created] = []
    cut_off: list[CutOff] = []


class Resumed(Answer, frozen=True, kw_only=True):
    """The runs that were brought back."""

    runs: list[Created]


class Detached(Answer, frozen=True, kw_only=True):
    """The name under which this engine can be found again on its machine."""

    name: str


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
        held_out: When finished: the same of the sequences held out, where there are any.
        sentence: When diverged: at which update, the likely cause, and what to do. When a stop was reached: which.
    """

    run: int
    state: State
    update: int
    losses: list[float | None]
    accuracies: list[float]
    accuracy: float | None = None
    held_out: float | None = None
    sentence: str = ""


AnyReply = (
    Hello
    | Created
    | Done
    | Error
    | Looked
    | Continued
    | Saved
    | Models
    | Measured
    | Begun
    | Resumed
    | Detached
    | Progress
)

decode_reply = msgspec.json.Decoder(AnyReply).decode
