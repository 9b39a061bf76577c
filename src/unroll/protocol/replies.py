"""What the engine says: an answer to every request, with its id, and by itself how its runs stand."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from unroll.moment import MAX_STEPS, Number, RunNumber
from unroll.protocol.trace import Trace
from unroll.recipe import Plan, Recipe
from unroll.series import NO_HISTORY, Count, History, Loss, Share

MAX_RUNS = 2000
MAX_MODELS = 1000
MAX_NEWS = 2**19
"""Updates in one progress message at most: such a line has half of the bytes that are read."""
MAX_TIME = 4_102_444_800
"""The end of the year 2099, in seconds since 1970."""

State = Literal["ready", "training", "paused", "finished", "diverged"]
Origin = Literal["recipe", "branch", "model"]
Pace = Literal["by hand", "2/s", "8/s", "30/s", "full"]
"""How fast a run trains, in epochs a second; by hand, one update for every `advance`."""
Id = Annotated[int, Meta(ge=0, le=2**53)]
Name = Annotated[str, Meta(max_length=200)]
Sentence = Annotated[str, Meta(max_length=4000)]
PathText = Annotated[str, Meta(max_length=4096)]


class Message(Struct, frozen=True, tag_field="type", tag=lambda name: name.lower()):
    """Anything that goes over the line."""


class Answer(Message, frozen=True, kw_only=True):
    """What comes back for a request, with its id."""

    id: Id


class Created(Answer, frozen=True, kw_only=True):
    """A run exists.

    Attributes:
        state: `ready`; `paused` for a branch, `finished` for a model that was opened.
        history: Its updates so far; `accuracy` and `held_out_accuracy` are there once it has finished.
        origin: What it was made of.
        was: For a run that was resumed, its number in its own session.
        pace: Of one in training.
    """

    run: RunNumber
    recipe: Recipe
    plan: Plan
    state: State = "ready"
    history: History = NO_HISTORY
    origin: Origin = "recipe"
    was: RunNumber = 0
    pace: Pace | None = None

    def __post_init__(self) -> None:
        if self.history.updates > self.plan.updates:
            raise ValueError("more updates than are planned")

    @property
    def update(self) -> int:
        """Updates made so far."""
        return self.history.updates


class Done(Answer, frozen=True, kw_only=True):
    """It was done; there is nothing else to say."""


class Error(Answer, frozen=True, kw_only=True):
    """It was refused: one sentence that says why and what to do. An id of 0 answers a line that had none."""

    sentence: Sentence


class Looked(Answer, frozen=True, kw_only=True):
    """The trace that answers a look."""

    trace: Trace


class Continued(Answer, frozen=True, kw_only=True):
    """The numbers that the network said, in order."""

    numbers: Annotated[list[Number], Meta(max_length=MAX_STEPS)]


class Saved(Answer, frozen=True, kw_only=True):
    """A model was saved, in this file."""

    path: PathText


class Models(Answer, frozen=True, kw_only=True):
    """The models that can be opened, by name, and the folder that the next one is saved in.

    Attributes:
        folders: Where each of them is; empty for one that comes with the program.
        others: Those of the names behind which there is no network, as far as a file's first bytes tell.
    """

    names: Annotated[list[Name], Meta(max_length=MAX_MODELS)]
    folder: PathText
    folders: Annotated[list[PathText], Meta(max_length=MAX_MODELS)] = []
    others: Annotated[list[Name], Meta(max_length=MAX_MODELS)] = []


class Measured(Answer, frozen=True, kw_only=True):
    """Bytes of memory (None where the system does not tell), runs, and updates of all runs."""

    memory: Id | None
    runs: Count
    updates: Id


class CutOff(Struct, frozen=True, kw_only=True):
    """A session that ended unexpectedly.

    Attributes:
        when: When it was last saved, in seconds since 1970.
        runs: How many runs it had.
        recipe, update: Of the newest run: its recipe, and the updates it had made.
        finished: Whether those were all.
    """

    session: Name
    when: Annotated[float, Meta(ge=0, le=MAX_TIME)]
    runs: Count
    recipe: Recipe
    update: Count
    finished: bool = False


class Begun(Answer, frozen=True, kw_only=True):
    """The name of this session, the runs that exist already, and the sessions that ended unexpectedly, newest first.

    Attributes:
        sentence: What else there is to say of earlier sessions.
    """

    session: Name
    runs: Annotated[list[Created], Meta(max_length=MAX_RUNS)] = []
    cut_off: Annotated[list[CutOff], Meta(max_length=100)] = []
    sentence: Sentence = ""


class Resumed(Answer, frozen=True, kw_only=True):
    """The restored runs."""

    runs: Annotated[list[Created], Meta(max_length=MAX_RUNS)]


class Detached(Answer, frozen=True, kw_only=True):
    """The name under which this engine can be found again on its machine.

    Attributes:
        sentence: Why its runs cannot be saved as they go, where they cannot.
    """

    name: Name
    sentence: Sentence = ""


class Hello(Message, frozen=True, kw_only=True):
    """The engine's first word.

    Attributes:
        name: That of an engine in the background, which goes on when this line ends; empty for any other.
    """

    protocol: Annotated[int, Meta(ge=0, le=10**6)]
    name: Name = ""


class Progress(Message, frozen=True, kw_only=True):
    """How a run stands, at most 15 times a second while it trains, and at every change of state.

    Attributes:
        update: Updates made so far, those below included.
        losses: Every mean loss (nats a position) since the last progress, one an update.
        accuracies: For each of them, the part of the batch answered right at the last step.
        accuracy: When finished: the part of all sequences answered right at the last step.
        held_out: When finished: the same of the sequences held out, where there are any.
        sentence: When diverged: at which update, the likely cause, and what to do. When a stop was reached: which.
    """

    run: RunNumber
    state: State
    update: Count
    losses: Annotated[list[Loss], Meta(max_length=MAX_NEWS)]
    accuracies: Annotated[list[Share], Meta(max_length=MAX_NEWS)]
    accuracy: Share | None = None
    held_out: Share | None = None
    sentence: Sentence = ""

    def __post_init__(self) -> None:
        if len(self.accuracies) != len(self.losses):
            raise ValueError("losses and accuracies of another number of updates")


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
