"""Where a run is to stop before its recipe's end, and the sentence that says it has."""

from __future__ import annotations

from typing import NamedTuple

from unroll.engine.past import Past


class Stop(NamedTuple):
    """An epoch, an accuracy, both or neither. An epoch that is already past is no stop."""

    epoch: int | None = None
    accuracy: float | None = None

    def sentence(self, update: int, updates_per_epoch: int, past: Past) -> str:
        """Why to stop after this update; empty to go on."""
        epoch, rest = divmod(update, updates_per_epoch)
        if rest:
            return ""
        if epoch == self.epoch:
            return f"Stopped at epoch {epoch:,} as asked."
        if self.accuracy is None or (mean := past.mean_accuracy(updates_per_epoch)) < self.accuracy - 1e-9:
            return ""
        return f"Stopped at epoch {epoch:,} as asked: its mean accuracy is {mean * 100:.1f} %."


NOWHERE = Stop()
