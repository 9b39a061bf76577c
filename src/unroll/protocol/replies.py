"""What the engine says: an answer to every request, with its id, and by itself how its runs stand."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from unroll.moment import MAX_STEPS, Epoch, Number, RunNumber
from unroll.picture import Picture
from unroll.protocol.trace import Digest, Trace
from unroll.recipe import CellName, Plan, Recipe
from unroll.series import NO_HISTORY, Count, History, Loss, Share
from unroll.tasks.config import TaskName

MAX_RUNS = 2000
MAX_MODELS = 1000
MAX_NEWS = 2**19
"""Updates in one progress message at most: such a line has half of the bytes that are read."""
MAX_TIME = 4_102_444_800
"""The end of the year 2099, in seconds since 1970."""

State = Literal["ready", "training", "paused", "finished", "diverged"]
Origin = Literal["recipe", "branch", "model", "member"]
Pace = Literal["by hand", "0.5/s", "2/s", "8/s", "30/s", "full"]
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


class Baselines(Struct, frozen=True, array_like=True):
    """What can be had of a run's training sequences without learning.

    Attributes:
        repeating: The part answered right by saying the number just read; `commonest`: by always saying the one that
            is right most often.
        entropy: The least loss, in nats, with the same chances at every step.
    """

    repeating: Share = 0.0
    commonest: Share = 0.0
    entropy: Loss = 0.0


NO_BASELINES = Baselines()
"""While they are not known."""


class Created(Answer, frozen=True, kw_only=True):
    """A run exists.

    Attributes:
        state: `ready`; `paused` for a branch, `finished` for a model that was opened.
        history: Its updates so far; `accuracy` and `held_out_accuracy` are there once it has finished.
        origin: What it was made of.
        was: For a run that was resumed, its number in its own session.
        digest: Of the file of a model that was opened, or of the data that the recipe's `path` names.
        baselines: What could be had without learning.
        pace: Of one in training.
        stop: The epoch and the accuracy at which its training is to pause, as far as they lie ahead.
    """

    run: RunNumber
    recipe: Recipe
    plan: Plan
    state: State = "ready"
    history: History = NO_HISTORY
    origin: Origin = "recipe"
    was: RunNumber = 0
    digest: Digest = ""
    baselines: Baselines = NO_BASELINES
    pace: Pace | None = None
    stop: tuple[Epoch | None, Share | None] = (None, None)

    def __post_init__(self) -> None:
        if self.history.updates > self.plan.updates:
            raise ValueError("more updates than are planned")

    @property
    def update(self) -> int:
        """Updates made so far."""
        return self.history.updates


class FileRead(Answer, frozen=True, kw_only=True):
    """How a file of sequences is understood.

    Attributes:
        sentences: Its form, how much is in it, what is left out, and what to do where something else is meant.
        first: Its first sequences as symbols, each a line.
        refusal: Why it cannot be read in one way, with a way out, and `field`, the recipe's field that it lies in.
    """

    sentences: Annotated[list[Sentence], Meta(max_length=100)] = []
    first: Annotated[list[Sentence], Meta(max_length=100)] = []
    refusal: Sentence = ""
    field: Name = ""


class Done(Answer, frozen=True, kw_only=True):
    """It was done; there is nothing else to say."""


class Error(Answer, frozen=True, kw_only=True):
    """It was refused: one sentence that says why and what to do. An id of 0 answers a line that had none."""

    sentence: Sentence


class Looked(Answer, frozen=True, kw_only=True):
    """The trace that answers a look."""

    trace: Trace


class Pictured(Answer, frozen=True, kw_only=True):
    """What a lens shows of a moment, the lens's name and what it is, and the names of all that there are.

    Attributes:
        by_step: Whether it shows another picture at another step.
        unfinished: Whether more will be seen when it is asked for again: what takes long is computed while it is, with
            what time training and other requests leave.
    """

    picture: Picture
    lens: Name
    about: Sentence
    by_step: bool = False
    unfinished: bool = False
    lenses: Annotated[tuple[Name, ...], Meta(max_length=100)]


class Continued(Answer, frozen=True, kw_only=True):
    """The numbers that the network said, in order."""

    numbers: Annotated[list[Number], Meta(max_length=MAX_STEPS)]


class Drawn(Answer, frozen=True, kw_only=True):
    """A sequence of the task."""

    sequence: Annotated[list[Number], Meta(min_length=1, max_length=MAX_STEPS)]


class Saved(Answer, frozen=True, kw_only=True):
    """A model was saved, in this file."""

    path: PathText


class SavedModel(Struct, frozen=True, kw_only=True):
    """A model that can be opened by its name.

    Attributes:
        folder: Where it is; empty where it comes with the program.
        task, cell: What its header says; None where there is no network behind the name.
        accuracy: The part of all sequences that it was right at after training, where that is known.
    """

    name: Name
    folder: PathText = ""
    task: TaskName | None = None
    cell: CellName | None = None
    accuracy: Share | None = None


class Models(Answer, frozen=True, kw_only=True):
    """The models that can be opened, and the folder that the next one is saved in."""

    models: Annotated[list[SavedModel], Meta(max_length=MAX_MODELS)]
    folder: PathText


class Measured(Answer, frozen=True, kw_only=True):
    """Bytes of memory (None where the system does not tell), runs, and updates of all runs."""

    memory: Id | None
    runs: Count
    updates: Id


class CutOff(Struct, frozen=True, kw_only=True):
    """An earlier session that can be restored.

    Attributes:
        when: When it was last saved, in seconds since 1970.
        runs: How many runs it had.
        recipe, update: Of the newest run: its recipe, and the updates it had made.
        finished: Whether those were all.
        is_living: Whether its engine still runs, behind a terminal that does not answer any more.
    """

    session: Name
    when: Annotated[float, Meta(ge=0, le=MAX_TIME)]
    runs: Count
    recipe: Recipe
    update: Count
    finished: bool = False
    is_living: bool = False


class Begun(Answer, frozen=True, kw_only=True):
    """The name of this session, the runs that exist already, and the earlier ones to restore, newest first.

    Attributes:
        sentence: What else there is to say of earlier sessions.
        left_out: How many runs and sessions there are besides that cannot be read.
    """

    session: Name
    runs: Annotated[list[Created], Meta(max_length=MAX_RUNS)] = []
    cut_off: Annotated[list[CutOff], Meta(max_length=100)] = []
    sentence: Sentence = ""
    left_out: Count = 0


class Resumed(Answer, frozen=True, kw_only=True):
    """The restored runs; `left_out` is how many there are besides that cannot be read."""

    runs: Annotated[list[Created], Meta(max_length=MAX_RUNS)]
    left_out: Count = 0


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
        accuracies: For each of them, the part of the batch answered right, where the task says.
        accuracy: When finished: the part of all sequences answered right.
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


AnyAnswer = (
    Created
    | FileRead
    | Done
    | Error
    | Looked
    | Pictured
    | Continued
    | Drawn
    | Saved
    | Models
    | Measured
    | Begun
    | Resumed
    | Detached
)
AnyReply = Hello | Progress | AnyAnswer
