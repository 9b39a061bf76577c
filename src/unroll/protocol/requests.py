"""What can be asked of the engine; each request's docstring names the answer."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from msgspec import Meta

from unroll.moment import ARGMAX, Epoch, Moment, RunNumber, Sampling, Seed, Unit
from unroll.protocol import replies
from unroll.protocol.replies import Answer, Id, Message, Pace
from unroll.protocol.trace import MAX_CANDIDATES, ViewName, Window
from unroll.recipe import Recipe
from unroll.series import MAX_UPDATES, Share
from unroll.tasks.config import TaskConfig

EPOCHS_PER_SECOND: dict[Pace, float] = {
    "by hand": 0.0,
    "0.5/s": 0.5,
    "2/s": 2.0,
    "8/s": 8.0,
    "30/s": 30.0,
    "full": float("inf"),
}

NAME_RULE = "a letter or digit, then letters, digits and . _ -, at most 64 in all"
ModelName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z", max_length=64, description=NAME_RULE)]
"""A saved model's name: no folder in it."""

MAX_SEEDS = 1024

A = TypeVar("A", bound=Answer)


class Request(Message, Generic[A], frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something asked of the engine; `A` is what answers it. A client numbers its requests, from 1 up."""

    id: Id = 0


class Create(Request[replies.Created], frozen=True, kw_only=True):
    """Make an untrained network by a recipe; answered by `created`."""

    recipe: Recipe = Recipe()


class ReadFile(Request[replies.FileRead], frozen=True, kw_only=True):
    """Say how the file of a task is understood; answered by `fileread`, that of a large one after later requests."""

    task: TaskConfig


class Branch(Request[replies.Created], frozen=True, kw_only=True):
    """Make a run that goes on from an epoch of another, optimizer and all, under other training; answered by `created`.

    The recipe may change `learning_rate`, `epochs` and `seed`, and nothing else. The epoch is the nearest that is kept.
    """

    run: RunNumber = 0
    epoch: Epoch
    recipe: Recipe


class Member(Request[replies.Created], frozen=True, kw_only=True):
    """Make a run of one of several seeds of a recipe that were trained together, and train it; answered by `created`.

    The run is that member to the bit, and a seed trained by itself may not be; it cannot be restored before its end.

    Attributes:
        seeds: All seeds that were trained together, in their order; `index` is the place of the one that is wanted.
    """

    recipe: Recipe
    seeds: Annotated[tuple[Seed, ...], Meta(min_length=1, max_length=MAX_SEEDS)]
    index: Annotated[int, Meta(ge=0, lt=MAX_SEEDS)]

    def __post_init__(self) -> None:
        if self.index >= len(self.seeds):
            raise ValueError("a place beyond the seeds")


class Play(Request[replies.Done], frozen=True, kw_only=True):
    """Train on from here, at a pace; answered by `done`. Also changes the pace of a run in training.

    Attributes:
        stop_epoch: Pause when this many epochs have been trained; None, or one already past, for the recipe's end.
        stop_accuracy: Pause after the first whole epoch whose mean accuracy is at least this (0..1).
    """

    run: RunNumber = 0
    pace: Pace = "full"
    stop_epoch: Epoch | None = None
    stop_accuracy: Share | None = None


class Pause(Request[replies.Done], frozen=True, kw_only=True):
    """Stop after the update under way; answered by `done`."""

    run: RunNumber = 0


class Advance(Request[replies.Done], frozen=True, kw_only=True):
    """Make this many updates, then pause; answered by `done` at once."""

    run: RunNumber = 0
    updates: Annotated[int, Meta(ge=1, le=MAX_UPDATES)] = 1


class Look(Request[replies.Looked], frozen=True, kw_only=True):
    """Run the network over a moment's sequence; answered by `looked`.

    Attributes:
        view: What the rows of the trace hold, one of the trace's own `views`; `hidden` where the cell has no such view.
        unit: The unit whose details are wanted at the moment's step.
        against: Another moment on the same sequence, such as this one without its interventions.
        difference: Whether the rows hold this moment's values less those of `against`.
        score: Whether to try all of the task's sequences under the moment's interventions too.
        top: How many candidates are wanted at each step.
        sampling: With a temperature above 0, the candidates are those that can be drawn, each with its chance of that.
    """

    moment: Moment
    view: ViewName = "hidden"
    window: Window = Window()
    unit: Unit | None = None
    against: Moment | None = None
    difference: bool = False
    score: bool = False
    top: Annotated[int, Meta(ge=0, le=MAX_CANDIDATES)] = 10
    sampling: Sampling = ARGMAX


class Lens(Request[replies.Pictured], frozen=True, kw_only=True):
    """Look at a moment through a lens; answered by `pictured`.

    Attributes:
        lens: Its name; the first lens where there is none of that name.
        unit: The unit that a lens on one unit shows.
    """

    moment: Moment
    lens: replies.Name = ""
    unit: Unit = 0


class Continue(Request[replies.Continued], frozen=True, kw_only=True):
    """Let the network go on from the end of a moment's sequence on its own answers; answered by `continued`.

    Attributes:
        count: How many numbers at most.
        until_wrong: Stop after the first answer that is wrong by the task.
        sampling: How each number is chosen; by default always the likeliest.
    """

    moment: Moment
    count: Annotated[int, Meta(ge=1, le=10**6)] = 1
    until_wrong: bool = False
    sampling: Sampling = ARGMAX


class Draw(Request[replies.Drawn], frozen=True, kw_only=True):
    """One of a run's training sequences, any of them; answered by `drawn`.

    Attributes:
        longer: One of its file that is longer than those, in their place.
    """

    run: RunNumber = 0
    longer: bool = False


class Save(Request[replies.Saved], frozen=True, kw_only=True):
    """Save a run's network as it was at an epoch (None: as it is); answered by `saved`. An old one is replaced.

    The epoch is the nearest that is kept, as with `look`; the optimizer is saved too where a file has room for it.
    """

    run: RunNumber = 0
    epoch: Epoch | None = None
    name: ModelName


class Open(Request[replies.Created], frozen=True, kw_only=True):
    """Make a run of a saved model, history and all, by its name or by the path of its file; answered by `created`."""

    name: ModelName | None = None
    path: replies.PathText = ""


class Delete(Request[replies.Done], frozen=True, kw_only=True):
    """Delete the file of a saved model, unless it comes with the program; answered by `done`."""

    name: ModelName


class ListModels(Request[replies.Models], frozen=True, kw_only=True, tag="list"):
    """What models are there to open; answered by `models`."""


class Forget(Request[replies.Done], frozen=True, kw_only=True):
    """Drop a run and all that is kept of it; answered by `done`."""

    run: RunNumber


class Heard(Request[replies.Done], frozen=True, kw_only=True):
    """The last progress was received; answered by `done`.

    A client that sends it once gets no more progress before it sends it again: then all that happened meanwhile comes
    in one message, and nothing stale ever waits on a slow line.
    """


class Ping(Request[replies.Done], frozen=True, kw_only=True):
    """Check that the engine is there; answered by `done`.

    Attributes:
        within: A promise to send something again within this many seconds. If nothing comes, the engine takes the line
            for dead, as at its end. None promises nothing, and takes back what was promised before.
        unheard: Whether the client's terminal does not answer it any more: another may then take the session over.
    """

    within: Annotated[float, Meta(gt=0, le=86400)] | None = None
    unheard: bool = False


class Measure(Request[replies.Measured], frozen=True, kw_only=True):
    """How much memory the engine takes, and what it has done; answered by `measured`."""


class Begin(Request[replies.Begun], frozen=True, kw_only=True):
    """Save this session as it goes, so that its runs can be restored after a crash; answered by `begun`.

    Attributes:
        own: The session that this client had before, which it wants back even from an engine that still runs.
    """

    own: ModelName | None = None


class Resume(Request[replies.Resumed], frozen=True, kw_only=True):
    """Restore the runs of an earlier session as they were last saved; answered by `resumed`.

    If its engine still runs, behind a line or a terminal that is dead, that is ended first, and saves its runs.
    """

    session: ModelName


class Detach(Request[replies.Detached], frozen=True, kw_only=True):
    """Go on after this line ends, and listen for another client on a socket; answered by `detached`."""


class End(Request[replies.Done], frozen=True, kw_only=True):
    """End the session: drop what was saved of it, and end with this line even after `detach`; answered by `done`."""


OnRuns = Create | ReadFile | Branch | Member | Play | Pause | Advance | Save | Open | Delete | ListModels | Forget
AnyRequest = OnRuns | Look | Lens | Continue | Draw | Heard | Measure | Ping | Begin | Resume | Detach | End
