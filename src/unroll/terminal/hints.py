"""What to try next from here, one sentence at a time.

A hint stands while its `when` holds, until what it suggests has been done once: the situation was one where it made
sense, and then one where its `until` holds. The first of the table that is left is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from unroll.moment import UNTOUCHED, Interventions
from unroll.protocol.requests import EPOCHS_PER_SECOND
from unroll.terminal.runs import Run
from unroll.terminal.session import Session

MAX_COLUMNS = 76
"""A hint has room on the smallest screen."""
LONG_S = 60
"""A training that has longer to go is worth a faster pace."""


class Situation(NamedTuple):
    """What a hint depends on.

    Attributes:
        updates: Those of the run that is shown, and whether it `trains`; `trained`: how many runs have made any.
        seconds_left: How long it has to go at most at the pace chosen; 0 at full speed, which is not known, or by hand.
        task, form_task: The task of the run that is shown, and that of the form; `is_edited`: the recipes differ.
        keeps_cell: Whether the cell has a cell state that is not erased with the hidden state.
        length, steps: Numbers in a training sequence, and in the one that is shown.
        epoch: The one that is looked at; None for the newest.
        is_right: Whether the answer at this step is; None where nothing is right.
        samples: Whether the next numbers are drawn.
    """

    updates: int = 0
    trains: bool = False
    trained: int = 0
    seconds_left: float = 0.0
    task: str = "count"
    form_task: str = "count"
    is_edited: bool = False
    keeps_cell: bool = False
    length: int = 6
    steps: int = 4
    epoch: int | None = None
    done: Interventions = UNTOUCHED
    is_right: bool | None = None
    is_marked: bool = False
    samples: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether a trained network is at rest and nothing is done to it."""
        return self.updates > 0 and not self.trains and self.done == UNTOUCHED

    @property
    def is_cut(self) -> bool:
        """Whether the memory is erased somewhere."""
        return self.done.cut_all or bool(self.done.cut_steps)


class Hint(NamedTuple):
    """A sentence, when it makes sense, and how it can be seen that it was followed."""

    sentence: str
    when: Callable[[Situation], bool]
    until: Callable[[Situation], bool] = lambda s: False


STARTING = "The engine is starting: space, pressed now, trains as soon as it is there."
"""Stands while the engine starts."""
ALWAYS = "? explains where you are and lists its keys; ctrl+p finds any by its words."
"""Stands where no other hint is left."""

HINTS = (
    Hint(
        "k erases the cell state where memory is erased: X does that at every step.",
        when=lambda s: s.done.cut_cell and not s.is_cut,
        until=lambda s: s.is_cut,
    ),
    Hint(
        "space trains this network; g starts a tour: two minutes that explain it.",
        when=lambda s: not s.updates,
        until=lambda s: s.updates > 0,
    ),
    Hint(
        "At this pace, training can take over a minute more: + makes it faster.",
        when=lambda s: s.trains and s.seconds_left > LONG_S,
    ),
    Hint(
        "space pauses, + and - change the pace; every pane follows the training.",
        when=lambda s: s.trains,
        until=lambda s: not s.trains,
    ),
    Hint(
        "The cell state is still there: k erases it with the hidden state.",
        when=lambda s: s.is_cut and s.keeps_cell,
        until=lambda s: s.is_cut and not s.keeps_cell,
    ),
    Hint(
        "Counting needs only the last number. Now choose the preset recall-any.",
        when=lambda s: s.done.cut_all and s.task == "count",
        until=lambda s: s.form_task.startswith("recall"),
    ),
    Hint(
        "Nothing of the past is left: it answers as at a first step. u undoes that.",
        when=lambda s: s.done.cut_all and not s.keeps_cell and s.task.startswith("recall"),
        until=lambda s: not s.done.cut_all,
    ),
    Hint(
        "The recipe has changed: space trains a new network by it.",
        when=lambda s: s.is_edited and not s.trains,
        until=lambda s: not s.is_edited,
    ),
    Hint(
        "u restores the memory and every unit.",
        when=lambda s: s.done != UNTOUCHED,
        until=lambda s: s.done == UNTOUCHED,
    ),
    Hint(
        "This is the network as it was: b trains on from here, in a new run.",
        when=lambda s: s.epoch is not None,
        until=lambda s: s.epoch is None,
    ),
    Hint(
        "T, then 1: the network draws what comes next, and c or C write on.",
        when=lambda s: s.is_ready and s.task == "file" and not s.samples,
        until=lambda s: s.samples,
    ),
    Hint(
        "X erases the memory at every step: is the answer still right?",
        when=lambda s: s.is_ready,
        until=lambda s: s.done.cut_all,
    ),
    Hint(
        "A wrong answer: ← goes back to the steps where it was still right.",
        when=lambda s: s.is_ready and s.is_right is False,
        until=lambda s: s.is_right is not False,
    ),
    Hint(
        "C appends the next ten as the network says them: is it still right?",
        when=lambda s: s.is_ready and s.steps <= s.length,
        until=lambda s: s.steps > s.length,
    ),
    Hint(
        "This is longer than in training: W goes on until an answer is wrong.",
        when=lambda s: s.is_ready and s.steps > s.length,
        until=lambda s: s.is_right is not True,
    ),
    Hint(
        "2, then ←, goes back through the training: every pane follows.",
        when=lambda s: s.is_ready and s.epoch is None,
        until=lambda s: s.epoch is not None,
    ),
    Hint(
        "↑/↓ choose a unit in the hidden state, z switches it off.",
        when=lambda s: s.is_ready,
        until=lambda s: bool(s.done.clamps),
    ),
    Hint(
        "Two networks: = in the runs marks one, and every answer is compared with it.",
        when=lambda s: s.trained > 1 and not s.is_marked,
        until=lambda s: s.is_marked,
    ),
)
"""In the order in which they are considered: a number is the place in this table."""


def hint(situation: Situation | None, followed: frozenset[int] = frozenset()) -> str:
    """What to try next; None is a situation without a network."""
    if situation is None:
        return STARTING
    left = (hint.sentence for place, hint in enumerate(HINTS) if place not in followed and hint.when(situation))
    return next(left, ALWAYS)


def followed(before: Situation | None, now: Situation | None) -> frozenset[int]:
    """Which hints have been followed between two situations."""
    if before is None or now is None:
        return frozenset()
    return frozenset(place for place, hint in enumerate(HINTS) if hint.when(before) and hint.until(now))


def situation(session: Session, is_right: bool | None) -> Situation | None:
    """That of a session; None where it has no network to look at."""
    run, trace, moment = session.run, session.trace, session.moment
    if run is None or trace is None:
        return None
    return Situation(
        updates=run.curve.updates,
        trains=run.state == "training",
        seconds_left=_seconds_left(run, session),
        trained=sum(bool(one.curve.updates) for one in session.runs.rows),
        task=run.recipe.task.task,
        form_task=session.recipe.task.task,
        is_edited=run.recipe != session.recipe,
        keeps_cell=trace.has_cell_state and not moment.interventions.cut_cell,
        length=run.recipe.task.length,
        steps=len(moment.sequence),
        epoch=moment.epoch,
        done=moment.interventions,
        is_right=is_right,
        is_marked=session.compared is not None,
        samples=session.sampling.temperature > 0,
    )


def _seconds_left(run: Run, session: Session) -> float:
    planned, rate = run.recipe.train.epochs, EPOCHS_PER_SECOND[session.pace]
    return (min(planned, session.stop[0] or planned) - run.curve.epoch) / rate if rate else 0.0
