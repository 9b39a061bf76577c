"""One run: its training and its past, whether it goes on, at what pace, and what of it is still to be told."""

from __future__ import annotations

from math import inf

from unroll.engine.pace import Metronome
from unroll.engine.past import Past
from unroll.engine.scoring import Scorer
from unroll.engine.stopping import NOWHERE, Stop
from unroll.errors import UserError
from unroll.memory import NO_MEMORY, is_memory
from unroll.moment import Interventions
from unroll.network.model import SequenceModel
from unroll.network.training import Diverged, Training
from unroll.protocol.replies import Created, Origin, Progress, State
from unroll.protocol.requests import EPOCHS_PER_SECOND, Pace

TELL_EVERY = 1 / 15
"""Seconds between two progress messages of a run that trains."""
MAX_TOLD = 2**19
"""Updates of a run's past that fit into one line, with room to spare."""


class Run:
    """A training, made to go on by `play` and `advance` and held by `pause`. Times are in seconds of one clock."""

    def __init__(
        self,
        number: int,
        training: Training,
        state: State = "ready",
        past: Past | None = None,
        origin: Origin = "recipe",
    ) -> None:
        self.number = number
        self.origin: Origin = origin
        self.training = training
        self.state: State = state
        self.past = past or Past()
        self.accuracy: float | None = None
        self.held_out: float | None = None
        self._updates = training.updates()
        self._scorer = Scorer(training.data, training.model)
        self._metronome = Metronome()
        self._left: int | None = None
        self._stop = NOWHERE
        self._losses: list[float | None] = []
        self._accuracies: list[float] = []
        self._sentence = ""
        self._told_at = -inf
        self._told_state: State | None = None

    @property
    def due(self) -> float:
        """When the next update is to be made; `inf` when none is."""
        return self._metronome.due if self.state == "training" else inf

    @property
    def tell_at(self) -> float:
        """When the next progress is to be told: at once after a change of state, `inf` when there is nothing new."""
        if self.state != self._told_state:
            return -inf
        return self._told_at + TELL_EVERY if self._losses else inf

    def play(self, pace: Pace, stop: Stop, now: float) -> None:
        """Train on at a pace, up to a stop; raises `UserError` when there is nothing left to train."""
        if stop.accuracy is not None and not 0 <= stop.accuracy <= 1:
            raise UserError(f"stop_accuracy cannot be {stop.accuracy:g}: choose a number from 0 to 1.")
        self._set_off(EPOCHS_PER_SECOND[pace] * self.training.plan.updates_per_epoch, None, stop, now)

    def advance(self, updates: int, now: float) -> None:
        """Make so many updates at full speed, then pause; raises `UserError` when there are none left, or for none."""
        if updates < 1:
            raise UserError(f"updates cannot be {updates!s:.20}: choose a whole number from 1 up.")
        self._set_off(inf, updates, NOWHERE, now)

    def pause(self) -> None:
        """Make no more updates until told to."""
        if self.state == "training":
            self.state = "paused"

    def score(self, model: SequenceModel, epoch: float, done: Interventions) -> tuple[float, float]:
        """How this run's network of an epoch does on its task under interventions, and without."""
        return self._scorer.score(model, (epoch, self.state == "diverged"), done)

    @property
    def version(self) -> tuple[int, bool]:
        """Another one for every network that this run has had as its newest."""
        return self.training.update, self.state == "diverged"

    def _set_off(self, per_second: float, left: int | None, stop: Stop, now: float) -> None:
        if self.state in ("finished", "diverged"):
            raise UserError(f"This run has {self.state} and trains no further: branch off it, or create another run.")
        self._left, self._stop = left, stop
        self._metronome.set(per_second, now)
        self.state = "training" if per_second else "paused"

    def make_update(self, now: float) -> None:
        """Make the update that is due."""
        try:
            _, loss, accuracy = next(self._updates)
        except Diverged as diverged:
            self._hold("diverged", str(diverged))
            return
        except Exception as error:
            self._hold("paused", f"This run cannot go on: {NO_MEMORY if is_memory(error) else error}")
            raise
        self._note(round(loss, 6), round(accuracy, 4))
        self._metronome.tick(now)
        self._count()

    def _note(self, loss: float, accuracy: float) -> None:
        self.past.add(loss, accuracy)
        self._losses.append(loss)
        self._accuracies.append(accuracy)

    def _count(self) -> None:
        """Finish, pause or go on after an update."""
        training = self.training
        if training.update >= training.plan.updates:
            self._finish()
        elif sentence := self._stop.sentence(training.update, training.plan.updates_per_epoch, self.past):
            self._hold("paused", sentence)
        elif self._left is not None:
            self._left -= 1
            self.state = "training" if self._left else "paused"

    def _finish(self) -> None:
        """Find out how the newest network does on all sequences, and on those held out."""
        self.state = "finished"
        self.training.clear()
        held_out = self.training.held_out_accuracy()
        self.accuracy = round(self.training.accuracy(), 4)
        self.held_out = None if held_out is None else round(held_out, 4)

    def _hold(self, state: State, sentence: str) -> None:
        self.state = state
        self._sentence = sentence
        self._updates = self.training.updates()
        self.training.clear()

    def remark(self, sentence: str) -> None:
        """Have something said of it with its next progress, which comes soon."""
        self._sentence = sentence
        self._told_state = None

    def created(self, answers: int, limit: int = MAX_TOLD, was: int = 0) -> Created:
        """How it stands, in answer to a request: its past, thinned to so many updates at most, and all the rest."""
        stride, losses, accuracies = self.past.told(limit)
        return Created(
            id=answers,
            run=self.number,
            recipe=self.training.recipe,
            plan=self.training.plan,
            state=self.state,
            update=self.training.update,
            stride=stride,
            losses=losses,
            accuracies=accuracies,
            accuracy=self.accuracy,
            held_out=self.held_out,
            origin=self.origin,
            was=was,
        )

    def progress(self, now: float) -> Progress:
        """All that has not been told yet."""
        finished = self.state == "finished"
        news = Progress(
            run=self.number,
            state=self.state,
            update=self.training.update,
            losses=self._losses,
            accuracies=self._accuracies,
            accuracy=self.accuracy if finished else None,
            held_out=self.held_out if finished else None,
            sentence=self._sentence,
        )
        self._losses, self._accuracies, self._sentence = [], [], ""
        self._told_at, self._told_state = now, self.state
        return news
