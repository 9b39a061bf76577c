"""The runs of one engine: how each one trains, at what pace and up to where, and the memory that all of them share."""

from __future__ import annotations

from itertools import count
from math import inf
from typing import NamedTuple

from unroll import figures
from unroll.errors import NO_MEMORY, UserError, is_memory
from unroll.files import short_digest
from unroll.network.training import SNAPSHOT_BYTES, Diverged, Training
from unroll.protocol.replies import MAX_NEWS, MAX_RUNS, Baselines, Created, Origin, Pace, Progress, State
from unroll.protocol.requests import EPOCHS_PER_SECOND
from unroll.series import BUCKETS, History, Series

PROGRESS_INTERVAL_S = 1 / 15
"""From one progress message of a run that trains to the next."""
MAX_BUCKETS_TOLD = 2**17
"""Buckets of all runs' histories that fit into one line, with room to spare."""


class RateLimiter:
    """Says when the next update is due: evenly spaced, and without a burst after a delay. Times are in seconds."""

    def __init__(self) -> None:
        self._interval = inf
        self._last = -inf
        self.due = inf

    def set(self, per_second: float, now: float) -> None:
        """The updates a second from now on: 0 for none, `inf` for as many as can be made."""
        self._interval = 1 / per_second if per_second else inf
        self.due = max(self._last + self._interval, now) if per_second else inf

    def tick(self, now: float) -> None:
        """An update was made: the next is due one interval after this one was due, or at once if that has passed."""
        self._last = now
        self.due = max(self.due + self._interval, now)


class StopAt(NamedTuple):
    """Where a run pauses before its recipe's end: an epoch, an accuracy, both or neither."""

    epoch: int | None = None
    accuracy: float | None = None

    def reason(self, update: int, updates_per_epoch: int, series: Series) -> str:
        """Why to stop after this update; empty to train on."""
        epoch, rest = divmod(update, updates_per_epoch)
        if rest:
            return ""
        if epoch == self.epoch:
            return f"Stopped at epoch {epoch:,} as asked."
        means = series.newest_epoch()
        if self.accuracy is None or means is None or (mean := means[1]) < self.accuracy - 1e-9:
            return ""
        return f"Stopped at epoch {epoch:,} as asked: its mean accuracy is {figures.share(mean)}."


class LiveRun:
    """A training that `play` and `advance` start and `pause` holds. Times are in seconds of one clock.

    Attributes:
        digest: Tells the file that it was opened from, or else the data of its own that it reads; empty without either.
    """

    def __init__(
        self,
        number: int,
        training: Training,
        state: State = "ready",
        series: Series | None = None,
        origin: Origin = "recipe",
    ) -> None:
        self.number = number
        self.origin: Origin = origin
        self.training = training
        self.state: State = state
        self.series = series or Series(training.plan.updates_per_epoch)
        self.accuracy: float | None = None
        self.held_out: float | None = None
        self.digest = _digest(training)
        self._updates = training.updates()
        self._rate = RateLimiter()
        self._left: int | None = None
        self._stop = StopAt()
        self._pace: Pace = "by hand"
        self._losses: list[float] = []
        self._accuracies: list[float] = []
        self._sentence = ""
        self._told_at = -inf
        self._told_state: State | None = None

    @property
    def due(self) -> float:
        """When the next update is to be made; `inf` when none is."""
        return self._rate.due if self.state == "training" else inf

    @property
    def tell_at(self) -> float:
        """When the next progress is to be sent: at once after a change of state, `inf` when there is nothing new."""
        if self.state != self._told_state:
            return -inf
        return self._told_at + PROGRESS_INTERVAL_S if self._losses else inf

    @property
    def is_restorable(self) -> bool:
        """Whether there is anything to save that could go on as it would: a member of an ensemble could not."""
        is_over = self.state in ("finished", "diverged")
        return self.training.update > 0 and (is_over or self.origin != "member")

    def play(self, pace: Pace, stop: StopAt, now: float) -> None:
        """Train on at a pace, up to a stop; raises `UserError` when there is nothing left to train."""
        self._start(pace, EPOCHS_PER_SECOND[pace] * self.training.plan.updates_per_epoch, None, stop, now)

    def advance(self, updates: int, now: float) -> None:
        """Make this many updates at full speed, then pause; raises `UserError` if none is left."""
        self._start("by hand", inf, updates, StopAt(), now)

    def pause(self) -> None:
        """Make no more updates until told to."""
        if self.state == "training":
            self.state = "paused"

    def _start(self, pace: Pace, per_second: float, left: int | None, stop: StopAt, now: float) -> None:
        if self.state in ("finished", "diverged"):
            raise UserError(f"This run has {self.state} and trains no further: branch off it, or create another run.")
        self._left, self._stop, self._pace = left, stop, pace
        self._rate.set(per_second, now)
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
        loss, accuracy = round(loss, 6), round(accuracy, 6)
        self.series.add(loss, accuracy)
        self._losses.append(loss)
        self._accuracies.append(accuracy)
        self._rate.tick(now)
        self._finish_pause_or_go_on()

    def _finish_pause_or_go_on(self) -> None:
        training = self.training
        if training.update >= training.plan.updates:
            self._finish()
        elif reason := self._stop.reason(training.update, training.plan.updates_per_epoch, self.series):
            self._hold("paused", reason)
        elif self._left is not None:
            self._left -= 1
            self.state = "training" if self._left else "paused"

    def _finish(self) -> None:
        """Score the last network on all training sequences, and on those held out."""
        self.state = "finished"
        self.training.clear()
        self.accuracy = self.training.accuracy()
        self.held_out = self.training.held_out_accuracy()

    def _hold(self, state: State, sentence: str) -> None:
        self.state = state
        self._sentence = sentence
        self._updates = self.training.updates()
        self.training.clear()

    def remark(self, sentence: str) -> None:
        """Send a sentence with the next progress, which comes soon."""
        self._sentence = sentence
        self._told_state = None

    def history(self, max_buckets: int = BUCKETS) -> History:
        """How its training went."""
        return self.series.history(self.accuracy, self.held_out, max_buckets)

    def created(self, answers: int, max_buckets: int = BUCKETS, was: int = 0) -> Created:
        """How it stands, as the answer to the request of that id."""
        return Created(
            id=answers,
            run=self.number,
            recipe=self.training.recipe,
            plan=self.training.plan,
            state=self.state,
            history=self.history(max_buckets),
            origin=self.origin,
            was=was,
            digest=self.digest,
            baselines=Baselines(*(round(figure, 6) for figure in self.training.baselines)),
            pace=self._pace if self.state == "training" else None,
            stop=self._stop if (self._stop.epoch or inf) > self.training.epoch else (None, self._stop.accuracy),
        )

    def progress(self, now: float) -> Progress:
        """All that has not been sent yet, or as much of it as fits into one line."""
        losses, self._losses = self._losses[:MAX_NEWS], self._losses[MAX_NEWS:]
        accuracies, self._accuracies = self._accuracies[:MAX_NEWS], self._accuracies[MAX_NEWS:]
        news = Progress(
            run=self.number,
            state=self.state,
            update=self.training.update - len(self._losses),
            losses=losses,
            accuracies=accuracies,
            accuracy=self.accuracy,
            held_out=self.held_out,
            sentence=self._sentence,
        )
        self._sentence = ""
        self._told_at, self._told_state = now, self.state
        return news


def _digest(training: Training) -> str:
    """Tells a file's sequences and what they stand for from others."""
    symbols = "\0".join(training.recipe.task.symbols)
    return training.digest and short_digest(f"{training.digest} {symbols}".encode())


class LiveRuns:
    """All runs by number; no number is used twice.

    Attributes:
        active: Those that train, or have something to send: an update costs no more for all the others.
    """

    def __init__(self, budget: int = SNAPSHOT_BYTES) -> None:
        """`budget` is in bytes, for all snapshots of all runs together."""
        self.active: dict[int, LiveRun] = {}
        self._runs: dict[int, LiveRun] = {}
        self._numbers = count(1)
        self._budget = budget
        self._bytes: dict[int, int] = {}
        self._total = 0

    def add(
        self, training: Training, state: State = "ready", series: Series | None = None, origin: Origin = "recipe"
    ) -> LiveRun:
        """A new run; raises `UserError` when there are too many."""
        if len(self._runs) >= MAX_RUNS:
            raise UserError(f"There are {MAX_RUNS:,} runs: forget one first.")
        run = LiveRun(next(self._numbers), training, state, series, origin)
        self._runs[run.number] = run
        self.wake(run)
        self.share_memory(run)
        return run

    def all(self) -> list[LiveRun]:
        """All runs, the oldest first."""
        return list(self._runs.values())

    def find(self, number: int) -> LiveRun:
        """The run of that number, the newest for 0; raises `UserError`."""
        if not self._runs:
            raise UserError("There is no run yet: create one first.")
        newest = next(reversed(self._runs))
        run = self._runs.get(number or newest)
        if run is None:
            raise UserError(f"There is no run {number!s:.20}: the newest is {newest}, which 0 stands for too.")
        return run

    def forget(self, run: LiveRun) -> None:
        """Drop a run with all its snapshots."""
        del self._runs[run.number]
        self.active.pop(run.number, None)
        self._total -= self._bytes.pop(run.number)

    def wake(self, run: LiveRun) -> None:
        """Count a run as active if it has something to do or to send."""
        if run.due != inf or run.tell_at != inf:
            self.active[run.number] = run

    def rest(self, run: LiveRun) -> None:
        """Count a run as active no longer if it has nothing to do and nothing to send."""
        if run.due == run.tell_at == inf:
            del self.active[run.number]

    def share_memory(self, growing: LiveRun) -> None:
        """Keep all snapshots within the budget: the run that has most is thinned, of two with as many the older.

        Each keeps its newest, until even these are too much: then those go, the oldest first.
        """
        self._count(growing)
        while self._total > self._budget:
            run = max(self.all(), key=lambda run: len(run.training.snapshots.epochs) > 1 and self._bytes[run.number])
            if len(run.training.snapshots.epochs) < 2:
                break
            self._thin(run)
        for run in self.all():
            if self._total <= self._budget:
                return
            if run is not growing:
                self._thin(run)

    def _thin(self, run: LiveRun) -> None:
        run.training.snapshots.thin()
        self._count(run)

    def _count(self, run: LiveRun) -> None:
        held = run.training.snapshots.nbytes
        self._total += held - self._bytes.get(run.number, 0)
        self._bytes[run.number] = held
