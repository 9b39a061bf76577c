"""A run's past: the loss and accuracy of every update it has made, thinned where there are many."""

from __future__ import annotations

from unroll.network.checkpoint import History
from unroll.recipe import Plan
from unroll.series import LIMIT, Kept


class Past:
    """Loss (nats a position) and accuracy (of the batch, at the last step) by update, rounded as they are told."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._losses, self._accuracies = Kept(limit), Kept(limit)

    @classmethod
    def of(cls, history: History, plan: Plan) -> Past:
        """What a saved model tells; empty where that does not fit the plan, or itself."""
        past = cls()
        told = -(-history.updates // history.stride)
        if 0 <= history.updates <= plan.updates and told == len(history.losses) == len(history.accuracies):
            past._losses = Kept.of(history.losses, history.stride, history.updates)
            past._accuracies = Kept.of(history.accuracies, history.stride, history.updates)
        return past

    @property
    def updates(self) -> int:
        """Updates made."""
        return len(self._losses)

    def add(self, loss: float, accuracy: float) -> None:
        """One more update was made."""
        self._losses.add(loss)
        self._accuracies.add(accuracy)

    def until(self, update: int) -> Past:
        """The same up to an update: the past of a branch."""
        past = Past()
        past._losses, past._accuracies = self._losses.until(update), self._accuracies.until(update)
        return past

    def told(self, limit: int) -> tuple[int, list[float | None], list[float]]:
        """The stride, and the losses and accuracies that are kept: so many of each at most."""
        stride, losses = self._losses.told(limit)
        return stride, losses, [part or 0.0 for part in self._accuracies.told(limit)[1]]

    def mean_accuracy(self, updates: int) -> float:
        """The mean over the last so many updates."""
        kept = self._accuracies[max(0, self.updates - updates) : self.updates]
        return sum(part or 0.0 for part in kept) / len(kept)

    def history(self, accuracy: float | None, held_out: float | None) -> History:
        """The same as a saved model tells it."""
        stride, losses, accuracies = self.told(LIMIT)
        finite = tuple(loss for loss in losses if loss is not None)
        return History(self.updates, stride, finite, tuple(accuracies), accuracy, held_out)
