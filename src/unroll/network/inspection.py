"""Looking inside: what a network does at every step of a sequence, under interventions.

It is the model's own loop, `SequenceModel.steps`, keeping what it passes. Shapes: T steps, D hidden units, V numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from unroll.moment import Interventions
from unroll.network.cells import State
from unroll.network.model import SequenceModel


class Trace(NamedTuple):
    """The hidden state after every step `(T, D)`, the logits `(T, V)` it leads to, and their softmax `(T, V)`."""

    hidden: Tensor
    logits: Tensor
    probabilities: Tensor


@torch.no_grad()
def trace(model: SequenceModel, sequence: Sequence[int], interventions: Interventions) -> Trace:
    """Run `model` over `sequence`, doing to its state what the interventions say."""
    x = torch.tensor(sequence, device=model.head.weight.device)
    steps = model.steps(x, does=_Hands(interventions))
    hidden = torch.stack([step.state.h for step in steps])
    logits = model.head(hidden)
    return Trace(hidden, logits, logits.softmax(-1))


class _Hands:
    """The interventions as the model's loop asks for them."""

    def __init__(self, interventions: Interventions) -> None:
        self._does = interventions

    def before(self, step: int, state: State) -> State:
        if not self._does.cuts(step):
            return state
        cut_c = state.c.new_zeros(state.c.shape) if state.c is not None and self._does.cut_cell else state.c
        return State(state.h.new_zeros(state.h.shape), cut_c)

    def after(self, step: int, state: State) -> State:
        if not self._does.clamps:
            return state
        h = state.h.clone()
        for unit, value in self._does.clamps:
            h[unit] = value
        return State(h, state.c)
