"""What a run's training has shown so far, as data; the loss pane is one of its renderers."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, floor, log, log10

from unroll.recipe import Plan


@dataclass
class Curve:
    """Every update's loss (nats a position; None where it is not finite) and accuracy (0..1 of the batch)."""

    plan: Plan
    epochs: int
    vocab_size: int
    losses: list[float | None] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)

    def extend(self, losses: list[float | None], accuracies: list[float]) -> None:
        self.losses += losses
        self.accuracies += accuracies

    @property
    def expected_start(self) -> float:
        """The loss of one that knows nothing, ln V: the axis reaches at least so far."""
        return log(self.vocab_size)

    @property
    def epoch(self) -> float:
        """Epochs trained so far."""
        return len(self.losses) / self.plan.updates_per_epoch

    def points(self, columns: int) -> tuple[list[float], list[float]]:
        """The curve thinned to a canvas: `(epochs, losses)`, at most two points a column, its smallest and largest.

        Only finite losses: one NaN would end plotext's whole process.
        """
        each = self.plan.updates_per_epoch
        known = [((i + 1) / each, loss) for i, loss in enumerate(self.losses) if loss is not None]
        bucket = max(1, ceil(self.plan.updates / max(1, columns)))
        thin = [p for start in range(0, len(known), bucket) for p in _extremes(known[start : start + bucket])]
        return [x for x, _ in thin], [y for _, y in thin]

    def last(self) -> tuple[float | None, float | None]:
        """Mean loss and accuracy over the updates of the newest epoch, whole or in part; None before the first."""
        start = (len(self.losses) - 1) // self.plan.updates_per_epoch * self.plan.updates_per_epoch
        losses = [loss for loss in self.losses[max(0, start) :] if loss is not None]
        return _mean(losses), _mean(self.accuracies[max(0, start) :])


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
