"""Looking inside: what a network does at every step of a sequence, under interventions.

It is the model's own loop, `SequenceModel.steps`, keeping what it passes. Because the head is linear, the lead of a
number k over a number j is a sum over units, and each unit's part in it is exact:

    logit_k - logit_j = sum over d of (W[k, d] - W[j, d]) h_d  +  (b_k - b_j)

Shapes: T steps, B sequences, D hidden units, V numbers; without a batch, B is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from unroll.moment import UNTOUCHED, Interventions
from unroll.network.cells import State
from unroll.network.model import SequenceModel


class Trace(NamedTuple):
    """What was passed at every step.

    Attributes:
        hidden: The hidden state after it, `(T, B, D)`.
        logits: What the head makes of it, `(T, B, V)`.
        cell: The LSTM's cell state after it, `(T, B, D)`; None for the other cells.
        gates: By the names of the cell's `gate_names`, how far each unit's gate was open, `(T, B, D)`.
    """

    hidden: Tensor
    logits: Tensor
    cell: Tensor | None
    gates: dict[str, Tensor]

    @property
    def probabilities(self) -> Tensor:
        """The distribution over the next number, `(T, B, V)`."""
        return self.logits.softmax(-1)


class Attribution(NamedTuple):
    """How much each unit adds to the lead of `number` over `rival`.

    Attributes:
        units: `(D,)`, in logits.
        bias: What the head's biases add whatever the state.
    """

    number: int
    rival: int
    units: Tensor
    bias: float

    @property
    def lead(self) -> float:
        """`logit_number - logit_rival`."""
        return float(self.units.sum()) + self.bias


def trace(model: SequenceModel, sequence: Sequence[int], interventions: Interventions = UNTOUCHED) -> Trace:
    """Run `model` over the numbers of `sequence`, doing to its state what the interventions say."""
    return trace_batch(model, torch.tensor(sequence, device=model.head.weight.device), interventions)


@torch.no_grad()
def trace_batch(model: SequenceModel, x: Tensor, interventions: Interventions = UNTOUCHED) -> Trace:
    """The same over integers `x`, `(T, B)` or `(T,)`; of S networks, `(S, T, B)`, and S leads every shape above."""
    steps = list(model.steps(x, does=Hands(interventions)))
    hidden = torch.stack([step.state.h for step in steps], model.time_dim)
    cell = [step.state.c for step in steps if step.state.c is not None]
    gates = [torch.stack(gate, model.time_dim) for gate in zip(*(step.gates for step in steps), strict=True)]
    return Trace(
        hidden,
        model.head(hidden),
        torch.stack(cell, model.time_dim) if cell else None,
        dict(zip(model.rnn.gate_names, gates, strict=True)),
    )


@torch.no_grad()
def attribution(model: SequenceModel, h_D: Tensor, number: int | None = None, rival: int | None = None) -> Attribution:
    """Which units make `number` win over `rival`, in the hidden state `h_D`.

    Args:
        number: The likeliest number when left out.
        rival: The likeliest of all other numbers when left out.
    """
    logits_V = model.head(h_D)
    number = int(logits_V.argmax()) if number is None else number
    rival = int(_without(logits_V, number).argmax()) if rival is None else rival
    weight, bias = model.head.weight, model.head.bias
    return Attribution(number, rival, (weight[number] - weight[rival]) * h_D, float(bias[number] - bias[rival]))


def _without(logits_V: Tensor, number: int) -> Tensor:
    return logits_V.index_fill(0, torch.tensor(number, device=logits_V.device), -torch.inf)


class Hands:
    """The interventions as the model's loop asks for them."""

    def __init__(self, interventions: Interventions, first_step: int = 0) -> None:
        """`first_step` is the number of steps that went before the loop's own step 0."""
        self._does = interventions
        self._first = first_step

    def before(self, step: int, state: State) -> State:
        """The state with h, and c if that is asked, zero where the loop is cut."""
        if not self._does.cuts(self._first + step):
            return state
        cut_c = torch.zeros_like(state.c) if state.c is not None and self._does.cut_cell else state.c
        return State(torch.zeros_like(state.h), cut_c)

    def after(self, step: int, state: State) -> State:
        """The state with every clamped unit at its value."""
        if not self._does.clamps:
            return state
        h = state.h.clone()
        for unit, value in self._does.clamps:
            h[..., unit] = value
        return State(h, state.c)
