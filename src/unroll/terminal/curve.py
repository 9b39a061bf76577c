"""What a run's training has shown so far, as data; the loss pane is one of its renderers."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, floor, log, log10
from typing import Literal

from unroll.recipe import Plan, TrainConfig
from unroll.series import NO_HISTORY, History, Series, Track

Metric = Literal["loss", "accuracy", "learning rate"]
METRICS: tuple[Metric, ...] = ("loss", "accuracy", "learning rate")
Points = tuple[list[float], list[float]]
Point = tuple[int, float]


class Curve:
    """The updates' losses (nats a position) and accuracies (0..1 of the batch), and where their axes end."""

    def __init__(self, plan: Plan, train: TrainConfig, vocab_size: int, history: History = NO_HISTORY) -> None:
        self.plan = plan
        self.train = train
        self.vocab_size = vocab_size
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

    def points(self, metric: Metric, columns: int, floor: float = 0.0) -> Points:
        """The curve thinned to a canvas: `(epochs, values)`, at most two points a column, its smallest and largest.

        None is below `floor`, for a 0 on a log axis raises.
        """
        if metric == "learning rate":
            return self._rates(columns)
        track = self.series.losses if metric == "loss" else self.series.accuracies
        points = self._extremes(track, ceil(self.plan.updates / self.series.stride / max(1, columns)))
        return [(place + 1) / self.plan.updates_per_epoch for place, _ in points], [max(y, floor) for _, y in points]

    def _extremes(self, track: Track, buckets: int) -> list[Point]:
        """Update (from 0) and value of the smallest and the largest of every group of buckets, in order."""
        found: list[Point] = []
        for start in range(0, len(track.low), buckets):
            group = range(start, min(start + buckets, len(track.low)))
            low, high = min(group, key=track.low.__getitem__), max(group, key=track.high.__getitem__)
            found += sorted({(self._last_of(low), track.low[low]), (self._last_of(high), track.high[high])})
        return found

    def _last_of(self, bucket: int) -> int:
        return min((bucket + 1) * self.series.stride, self.updates) - 1

    def _rates(self, columns: int) -> Points:
        """The learning rate of each epoch: it falls in a line to 0, one step an epoch."""
        last = ceil(self.epoch)
        epochs = range(0, last, max(1, last // max(1, columns)))
        return [float(e) for e in epochs], [self.train.rate(e) for e in epochs]

    def top(self, metric: Metric) -> float:
        """Where an axis must reach at least so that it need not move: for the loss, ln V, that of pure guessing."""
        return {"loss": log(self.vocab_size), "accuracy": 1.0, "learning rate": self.train.learning_rate}[metric]

    def at(self, epoch: int) -> tuple[float | None, float | None]:
        """Mean loss and accuracy over the updates of an epoch, counted from 1; None where there are none."""
        each = self.plan.updates_per_epoch
        return self.series.mean((epoch - 1) * each, epoch * each) or (None, None)

    def last(self) -> tuple[float | None, float | None]:
        """The same for the newest epoch, whole or in part."""
        return self.series.newest_epoch() or (None, None)


def ceiling(value: float) -> float:
    """The top of an axis that holds `value` and seldom moves: 1, 1.5, 2, 3, 4, 6 or 8 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 4, 6, 8, 10) if step * power >= value * (1 - 1e-9))
