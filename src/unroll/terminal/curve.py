"""What a run's training has shown so far, as data; the loss pane is one of its renderers."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, floor, inf, isfinite, log, log10
from typing import Literal

from unroll.recipe import Plan, TrainConfig
from unroll.series import Kept

Metric = Literal["loss", "accuracy", "learning rate"]
METRICS: tuple[Metric, ...] = ("loss", "accuracy", "learning rate")
Points = tuple[list[float], list[float]]
Point = tuple[int, float]
MEASURABLE = 1e30
"""Where a value is beyond this it is not drawn: no training has such, and an axis to hold it would overflow."""
CELLS = 1024
"""Cells that a whole training is thinned to: more than any screen has columns."""


@dataclass(eq=False)
class Curve:
    """The updates' losses (nats a position; None where it is not finite) and accuracies (0..1 of the batch)."""

    plan: Plan
    train: TrainConfig
    vocab_size: int
    losses: Kept = field(default_factory=Kept)
    accuracies: Kept = field(default_factory=Kept)

    def __post_init__(self) -> None:
        each = max(1, ceil(self.plan.updates / CELLS))
        self._thinned = {"loss": Thinned(each), "accuracy": Thinned(each)}
        self._newest: tuple[int, tuple[float | None, float | None]] = (0, (None, None))

    def extend(self, losses: Sequence[float | None], accuracies: Sequence[float]) -> None:
        """Add what so many more updates showed."""
        self._thinned["loss"].add(losses)
        self._thinned["accuracy"].add(accuracies)
        self.losses.extend(losses)
        self.accuracies.extend(accuracies)

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
        points = self._thinned[metric].points(ceil(self.plan.updates / self._thinned[metric].each / max(1, columns)))
        return [(place + 1) / self.plan.updates_per_epoch for place, _ in points], [max(y, floor) for _, y in points]

    def _rates(self, columns: int) -> Points:
        """The learning rate of each epoch: it falls in a line to 0, one step an epoch."""
        last = ceil(self.epoch)
        epochs = range(0, last, max(1, last // max(1, columns)))
        return [float(e) for e in epochs], [self.train.rate(e) for e in epochs]

    def top(self, metric: Metric) -> float:
        """Where an axis must reach at least so that it need not move: for the loss, that of one who knows nothing."""
        return {"loss": log(self.vocab_size), "accuracy": 1.0, "learning rate": self.train.learning_rate}[metric]

    def at(self, epoch: int) -> tuple[float | None, float | None]:
        """Mean loss and accuracy over the updates of an epoch, counted from 1; None where there are none."""
        each = self.plan.updates_per_epoch
        part = slice(max(0, (epoch - 1) * each), max(0, epoch * each))
        return _mean(self.losses[part]), _mean(self.accuracies[part])

    def last(self) -> tuple[float | None, float | None]:
        """The same for the newest epoch, whole or in part; worked out once for each number of updates."""
        if self._newest[0] != len(self.losses):
            self._newest = len(self.losses), self.at(ceil(self.epoch))
        return self._newest[1]


def _mean(values: list[float | None]) -> float | None:
    finite = [value for value in values if value is not None]
    return sum(finite) / len(finite) if finite else None


class Thinned:
    """Of every so many values the smallest and the largest, kept as they come: a drawing must not read all again."""

    def __init__(self, each: int) -> None:
        """`each` is how many values share a cell."""
        self.each = each
        self._count = 0
        self._lowest, self._highest = array("d"), array("d")

    def add(self, values: Sequence[float | None]) -> None:
        """Take in so many more."""
        for value in values:
            if self._count % self.each == 0:
                self._lowest.append(inf)
                self._highest.append(-inf)
            if value is not None and abs(value) < MEASURABLE:
                self._lowest[-1] = min(self._lowest[-1], value)
                self._highest[-1] = max(self._highest[-1], value)
            self._count += 1

    def points(self, cells: int) -> list[Point]:
        """Place and value of the smallest and the largest of every so many cells, in order; a place is that of the
        last in its cell."""
        found: list[Point] = []
        for start in range(0, len(self._lowest), max(1, cells)):
            group = range(start, min(start + max(1, cells), len(self._lowest)))
            low = min(group, key=self._lowest.__getitem__)
            high = max(group, key=self._highest.__getitem__)
            found += sorted({(self._place(low), self._lowest[low]), (self._place(high), self._highest[high])})
        return [point for point in found if isfinite(point[1])]

    def _place(self, cell: int) -> int:
        return min((cell + 1) * self.each, self._count) - 1


def ceiling(value: float) -> float:
    """The top of an axis that holds `value` and seldom moves: 1, 1.5, 2, 3, 4, 6 or 8 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 4, 6, 8, 10) if step * power >= value * (1 - 1e-9))
