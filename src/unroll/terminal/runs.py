"""The runs of one session: each training with its recipe, its history, and how far it has come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil, floor, log, log10
from pathlib import Path
from typing import Literal, NamedTuple

from unroll.protocol.replies import NO_BASELINES, Baselines, Created, Progress, State
from unroll.recipe import Plan, Recipe
from unroll.series import NO_HISTORY, History, Series, Track

Metric = Literal["loss", "accuracy", "learning rate"]
METRICS: tuple[Metric, ...] = ("loss", "accuracy", "learning rate")
Points = tuple[list[float], list[float]]
SHORT = 200
"""Epochs that an axis shows at once, where so many are planned."""
MAX_DELETED = 20
"""Deleted runs that can be brought back."""


class NetworkScore(NamedTuple):
    """How well one network does over all training sequences, or a sample of them.

    Attributes:
        loss: The mean over all steps asked, in nats.
        right: The part of the sequences answered right. `steps_right`: the part of the steps asked.
    """

    loss: float
    right: float
    steps_right: float


class Curve:
    """What a training has shown: the updates' losses (nats a position) and accuracies (0..1 of the batch)."""

    def __init__(self, recipe: Recipe, plan: Plan, history: History = NO_HISTORY) -> None:
        self.recipe = recipe
        self.plan = plan
        self.series = Series.of(history, plan.updates_per_epoch)

    def extend(self, losses: Iterable[float], accuracies: Iterable[float]) -> None:
        """Add what more updates showed."""
        for loss, accuracy in zip(losses, accuracies, strict=True):
            self.series.add(loss, accuracy)

    @property
    def updates(self) -> int:
        """Updates made so far."""
        return self.series.updates

    @property
    def epoch(self) -> float:
        """Epochs trained so far."""
        return self.updates / self.plan.updates_per_epoch

    def points(self, metric: Metric, columns: int, end: int, floor: float = 0.0) -> Points:
        """The curve up to an epoch, thinned to a canvas: `(epochs, values)`, at most two points a column, its smallest
        and largest.

        None is below `floor`, for a 0 on a log axis raises.
        """
        if metric == "learning rate":  # one step an epoch
            last = min(ceil(self.epoch), end + 1)
            epochs = range(0, last, max(1, last // max(1, columns)))
            return [float(epoch) for epoch in epochs], [self.recipe.train.rate(epoch) for epoch in epochs]
        track, updates = self.series.losses if metric == "loss" else self.series.accuracies, self.plan.updates_per_epoch
        points = self._extremes(track, ceil(end * updates / self.series.stride / max(1, columns)))
        points = [(place, value) for place, value in points if place < end * updates]
        return [(place + 1) / updates for place, _ in points], [max(y, floor) for _, y in points]

    def _extremes(self, track: Track, buckets: int) -> list[tuple[int, float]]:
        """Update (from 0) and value of the smallest and the largest of every group of buckets, in order."""

        def last_of(bucket: int) -> int:
            return min((bucket + 1) * self.series.stride, self.updates) - 1

        found: list[tuple[int, float]] = []
        for start in range(0, len(track.low), buckets):
            group = range(start, min(start + buckets, len(track.low)))
            low, high = min(group, key=track.low.__getitem__), max(group, key=track.high.__getitem__)
            found += sorted({(last_of(low), track.low[low]), (last_of(high), track.high[high])})
        return found

    def top(self, metric: Metric) -> float:
        """Where an axis must reach at least so that it need not move: for the loss, ln V, that of pure guessing."""
        rate, guessing = self.recipe.train.learning_rate, log(self.recipe.task.vocab_size)
        return {"loss": guessing, "accuracy": 1.0, "learning rate": rate}[metric]

    def at(self, epoch: int) -> tuple[float | None, float | None]:
        """Mean loss and accuracy over the updates of an epoch, counted from 1; None where there are none."""
        each = self.plan.updates_per_epoch
        return self.series.mean((epoch - 1) * each, epoch * each) or (None, None)

    def last(self) -> tuple[float | None, float | None]:
        """The same for the newest epoch, whole or in part."""
        return self.series.newest_epoch() or (None, None)


def reach(trained: float, planned: int) -> int:
    """The last epoch of an axis that seldom moves: the plan's, but 1, 2 or 5 times a power of ten on the way there."""
    trained = max(trained, SHORT)
    power = int(10.0 ** floor(log10(trained)))
    return min(planned, next(step * power for step in (1, 2, 5, 10) if step * power >= trained))


def ceiling(value: float) -> float:
    """The top of an axis that holds `value` and seldom moves: 1, 1.5, 2, 3, 4, 6 or 8 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 4, 6, 8, 10) if step * power >= value * (1 - 1e-9))


@dataclass(eq=False)
class Run:
    """One training.

    Attributes:
        number: The engine's number for it.
        baselines: What could be had of its sequences without learning.
        accuracy: Over all sequences; known when it has finished. `held_out` likewise.
        digest: Of the file that it was opened from, or of the data that it learns from; empty without either.
        model: What it was opened from: a model's name, or a path, which has a `/`; empty for any other run.
        origin: How it came to be when not by its recipe alone: a branch, or a model that was opened. Such a run cannot
            be made again by training alone.
        overlaid: Whether its curve is drawn, faint, behind the one that is shown.
        ordinal: The number that a person sees: which of the session's runs it is, from 1; 0 before it is one of them.
        saved: The updates it had when it was last saved, or opened.
    """

    number: int
    name: str
    curve: Curve
    state: State = "ready"
    accuracy: float | None = None
    held_out: float | None = None
    origin: str = ""
    overlaid: bool = True
    ordinal: int = 0
    saved: int = 0
    digest: str = ""
    model: str = ""
    baselines: Baselines = NO_BASELINES

    @classmethod
    def of(cls, created: Created, name: str = "", origin: str = "", ordinal: int = 0) -> Run:
        """A run as the engine made it."""
        recipe, history = created.recipe, created.history
        name = name or f"{recipe.task.task} {recipe.model.cell}"
        curve, scores = Curve(recipe, created.plan, history), (history.accuracy, history.held_out_accuracy)
        saved = curve.updates if created.origin == "model" else 0
        run = cls(created.run, name, curve, created.state, *scores, origin, ordinal=ordinal, saved=saved)
        run.digest, run.baselines = created.digest, created.baselines
        return run

    @classmethod
    def opened(cls, created: Created, model: str) -> Run:
        """A run that was opened, by the name of a model or by the path of a file."""
        run = cls.of(created, Path(model).stem if "/" in model else model, f"was opened from {model}")
        run.model = model
        return run

    def advance(self, progress: Progress) -> None:
        """Take in what the engine said of it, but no more updates than are planned, and none that it has already.

        What was sent before this client had asked for the run has come with the run as well.
        """
        self.state = progress.state
        known = max(0, self.curve.updates - progress.update + len(progress.losses))
        new = slice(known, known + max(0, self.curve.plan.updates - self.curve.updates))
        self.curve.extend(progress.losses[new], progress.accuracies[new])
        if progress.accuracy is not None:
            self.accuracy, self.held_out = progress.accuracy, progress.held_out

    @property
    def recipe(self) -> Recipe:
        return self.curve.recipe

    @property
    def figures(self) -> tuple[float | None, float | None]:
        """Loss and accuracy, the means over the newest epoch; once finished, the network's own accuracy."""
        loss, accuracy = self.curve.last()
        return loss, accuracy if self.accuracy is None else self.accuracy

    @property
    def is_over(self) -> bool:
        return self.state in ("finished", "diverged")

    @property
    def epochs_done(self) -> int:
        """Whole epochs trained."""
        return self.curve.updates // self.curve.plan.updates_per_epoch

    @property
    def updates_to_epoch_end(self) -> int:
        """How many updates complete the epoch under way."""
        each = self.curve.plan.updates_per_epoch
        return each - self.curve.updates % each


@dataclass
class Runs:
    """All runs in the order in which they were made, and the last ones deleted, for a change of mind."""

    rows: list[Run] = field(default_factory=list)
    deleted: list[tuple[int, Run]] = field(default_factory=list)

    @property
    def has_trained(self) -> bool:
        """Whether any of them has made an update."""
        return any(run.curve.updates for run in self.rows)

    @property
    def has_unsaved(self) -> bool:
        """Whether any of them has trained since it was saved."""
        return any(run.curve.updates > run.saved for run in self.rows)

    def by_number(self, number: int) -> Run | None:
        return next((run for run in self.rows if run.number == number), None)

    def add(self, run: Run) -> None:
        """Put a run behind the others, under the number that it brings, or else the next."""
        taken = {0, *(other.ordinal for other in self.rows), *(other.ordinal for _, other in self.deleted)}
        if run.ordinal in taken:
            run.ordinal = max(taken) + 1
        self.rows.append(run)

    def delete(self, run: Run) -> Run | None:
        """Take a run out; gives the one deleted long before it, which can now be forgotten for good."""
        self.deleted.append((self.rows.index(run), run))
        self.rows.remove(run)
        return self.deleted.pop(0)[1] if len(self.deleted) > MAX_DELETED else None

    def restore(self) -> Run | None:
        """Put the last deleted run back in its place."""
        if not self.deleted:
            return None
        place, run = self.deleted.pop()
        self.rows.insert(place, run)
        return run
