"""How a network does on the training sequences while something is done to it.

So that a look stays quick, large tasks are sampled: `SAMPLE` sequences at most, evenly chosen, and fewer where the
network is so large that they would take long.
"""

from __future__ import annotations

from collections.abc import Hashable

import torch

from unroll.moment import UNTOUCHED, Interventions
from unroll.network.batches import Sequences
from unroll.network.inspection import InterventionHook
from unroll.network.model import SequenceModel
from unroll.network.training import last_step_accuracy

SAMPLE = 512
FEWEST = 16
MAX_KNOWN = 100
WORK = 2 * 10**9
"""Multiplications that a score may cost, roughly."""


class Scorer:
    """Scores the networks of one run; the scores of one network are kept, for they are asked for at every step."""

    def __init__(self, sequences: Sequences, model: SequenceModel) -> None:
        each = sequences.x.shape[0] * sum(weight.numel() for weight in (model.rnn.weight_hh_l0, model.head.weight))
        self._data = sample(sequences, max(FEWEST, min(SAMPLE, WORK // each)))
        self._version: Hashable = None
        self._known: dict[Interventions, float] = {}

    def score(self, model: SequenceModel, version: Hashable, done: Interventions) -> tuple[float, float]:
        """The part answered right at the last step under interventions, and without; `version` tells networks apart."""
        if version != self._version or len(self._known) > MAX_KNOWN:
            self._version, self._known = version, {}
        for does in (done, UNTOUCHED):
            if does not in self._known:
                self._known[does] = self._part_right(model, does)
        return self._known[done], self._known[UNTOUCHED]

    def _part_right(self, model: SequenceModel, done: Interventions) -> float:
        return round(last_step_accuracy(model, self._data, InterventionHook(done)), 4)


def sample(sequences: Sequences, most: int) -> Sequences:
    """All sequences, or `most` of them, evenly chosen with the first and the last among them."""
    total = sequences.total
    if total <= most:
        return sequences
    columns = torch.linspace(0, total - 1, most, device=sequences.x.device).round().long()
    return Sequences(*(part.index_select(1, columns) for part in sequences))
