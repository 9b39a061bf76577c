"""What a run's training has shown so far, as data; the loss pane is one of its renderers."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, floor, log, log10
from typing import Literal

from unroll.recipe import Plan, TrainConfig

Metric = Literal["loss", "accuracy", "learning rate"]
METRICS: tuple[Metric, ...] = ("loss", "accuracy", "learning rate")
Points = tuple[list[float], list[float]]


@dataclass(eq=False)
class Curve:
    """Every update's loss (nats a position; None where it is not finite) and accuracy (0..1 of the batch)."""

    plan: Plan
    train: TrainConfig
    vocab_size: int
    losses: list[float | None] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)

    def extend(self, losses: list[float | None], accuracies: list[float]) -> None:
        self.losses += losses
        self.accuracies += accuracies

    @property
    def epoch(self) -> float:
        """Epochs trained so far."""
        return len(self.losses) / self.plan.updates_per_epoch

    def points(self, metric: Metric, columns: int, floor: float = 0.0) -> Points:
        """The curve thinned to a canvas: `(epochs, values)`, at most two points a column, its smallest and largest.

        Only finite values, and none below `floor`: one NaN would end plotext's whole process, and a 0 on a log axis
        raises.
        """
        if metric == "learning rate":
            return self._rates(columns)
        each, values = self.plan.updates_per_epoch, self.losses if metric == "loss" else self.accuracies
        known = [((i + 1) / each, max(value, floor)) for i, value in enumerate(values) if value is not None]
        bucket = max(1, ceil(self.plan.updates / max(1, columns)))
        thin = [p for start in range(0, len(known), bucket) for p in _extremes(known[start : start + bucket])]
        return [x for x, _ in thin], [y for _, y in thin]

    def _rates(self, columns: int) -> Points:
        """The learning rate of each epoch: it falls in a line to 0, one step an epoch."""
        last = ceil(self.epoch)
        epochs = range(0, last, max(1, last // max(1, columns)))
        return [float(e) for e in epochs], [self.rate(e) for e in epochs]

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0."""
        return self.train.learning_rate * (1 - epoch / self.train.epochs)

    def top(self, metric: Metric) -> float:
        """Where an axis must reach at least so that it need not move: for the loss, that of one who knows nothing."""
        return {"loss": log(self.vocab_size), "accuracy": 1.0, "learning rate": self.train.learning_rate}[metric]

    def at(self, epoch: int) -> tuple[float | None, float | None]:
        """Mean loss and accuracy over the updates of an epoch, counted from 1; None where there are none."""
        each = self.plan.updates_per_epoch
        part = slice(max(0, (epoch - 1) * each), max(0, epoch * each))
        return _mean([loss for loss in self.losses[part] if loss is not None]), _mean(self.accuracies[part])

    def last(self) -> tuple[float | None, float | None]:
        """The same for the newest epoch, whole or in part."""
        return self.at(ceil(self.epoch))


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _extremes(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    low, high = min(points, key=lambda p: p[1]), max(points, key=lambda p: p[1])
    return sorted({low, high})


def ceiling(value: float) -> float:
    """The top of an axis that holds `value` and seldom moves: 1, 1.5, 2, 3, 4, 6 or 8 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 4, 6, 8, 10) if step * power >= value * (1 - 1e-9))
