"""A run's past: the loss and accuracy of every update it has made.

So that a run of millions of updates stays small, only every second, fourth ... is kept once there are too many; each
kept one then stands for those up to the next.
"""

from __future__ import annotations

from array import array

from unroll.network.checkpoint import History
from unroll.recipe import Plan

LIMIT = 2**20
"""Updates kept at most, 16 bytes each."""


class Past:
    """Loss (nats a position) and accuracy (of the batch, at the last step) by update, rounded as they are told."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.updates = 0
        self._limit = limit
        self._stride = 1
        self._losses = array("d")
        self._accuracies = array("d")

    @classmethod
    def of(cls, history: History, plan: Plan) -> Past:
        """What a saved model tells; empty where that does not fit the plan, or itself."""
        past = cls()
        told = -(-history.updates // history.stride)
        fits = 0 <= history.updates <= plan.updates and told == len(history.losses) == len(history.accuracies)
        if fits:
            past.updates, past._stride = history.updates, history.stride
            past._losses, past._accuracies = array("d", history.losses), array("d", history.accuracies)
        return past

    def add(self, loss: float, accuracy: float) -> None:
        """One more update was made."""
        if self.updates % self._stride == 0:
            self._losses.append(loss)
            self._accuracies.append(accuracy)
        self.updates += 1
        if len(self._losses) > self._limit:
            self._losses, self._accuracies = self._losses[::2], self._accuracies[::2]
            self._stride *= 2

    def until(self, update: int) -> Past:
        """The same up to an update: the past of a branch."""
        past = Past(self._limit)
        kept = -(-update // self._stride)
        past.updates, past._stride = update, self._stride
        past._losses, past._accuracies = self._losses[:kept], self._accuracies[:kept]
        return past

    def told(self, limit: int) -> tuple[int, list[float | None], list[float]]:
        """The stride, and the losses and accuracies that are kept: so many of each at most."""
        step = -(-len(self._losses) // max(1, limit)) or 1
        return self._stride * step, list(self._losses[::step]), list(self._accuracies[::step])

    def mean_accuracy(self, updates: int) -> float:
        """The mean over the last so many updates."""
        kept = self._accuracies[-max(1, updates // self._stride) :]
        return sum(kept) / len(kept)

    def history(self, accuracy: float | None, held_out: float | None) -> History:
        """The same as a saved model tells it."""
        return History(self.updates, self._stride, tuple(self._losses), tuple(self._accuracies), accuracy, held_out)
