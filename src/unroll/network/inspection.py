"""Looking inside: what a network does at every step of a sequence, under interventions.

It is the model's own loop, `SequenceModel.steps`, keeping what it passes. Because the head is linear, the lead of a
number k over a number j is a sum over units, and each unit's part in it is exact:

    logit_k - logit_j = sum over d of (W[k, d] - W[j, d]) h_d  +  (b_k - b_j)

Shapes: L steps, B sequences, V numbers in the vocabulary, D hidden units; B is left out without a batch, and S
networks at once lead all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from unroll.moment import UNTOUCHED, Interventions
from unroll.network.model import SequenceModel
from unroll.picture import MAX_VALUE

READ_AT_ONCE = 2**22
"""Values that the cell's inputs of all steps may have while many sequences are read."""


class Activations(NamedTuple):
    """What the network computed at every step.

    Attributes:
        hidden: The hidden state h after the step, `(L, B, D)`.
        logits: The head's output, `(L, B, V)`.
        cell: The LSTM's cell state c after the step, `(L, B, D)`; None for other cells.
        gates: Each gate's values by its name in `Cell.gate_names`, `(L, B, D)`.
    """

    hidden: Tensor
    logits: Tensor
    cell: Tensor | None
    gates: dict[str, Tensor]

    @property
    def probabilities(self) -> Tensor:
        """The distribution over the next number, `(L, B, V)`."""
        return self.logits.softmax(-1)


class Attribution(NamedTuple):
    """How much each unit adds to the lead of `number` over `rival`.

    Attributes:
        number: The likeliest number.
        rival: The likeliest of all others.
        units: Each unit's part `(D,)`, in logits.
        bias: The part of the head's biases, in logits.
    """

    number: int
    rival: int
    units: Tensor
    bias: float

    @property
    def lead(self) -> float:
        """`logit_number - logit_rival`."""
        return float(self.units.sum()) + self.bias


@torch.no_grad()
def trace(model: SequenceModel, x: Sequence[int] | Tensor, interventions: Interventions = UNTOUCHED) -> Activations:
    """Run the network and keep what it computes at every step.

    Args:
        x: One sequence of numbers, or integers `(L,)`, `(L, B)`, or `(S, L, B)` for S networks.
        interventions: What is done to the state between steps.

    Raises:
        ValueError: `x` has no step.
        IndexError: a number is outside the vocabulary.
    """
    x = torch.as_tensor(x, device=model.head.weight.device)
    steps = list(model.steps(x, does=interventions))
    hidden = torch.stack([step.state.h for step in steps], model.time_dim)
    cell = [step.state.c for step in steps if step.state.c is not None]
    gates = [torch.stack(gate, model.time_dim) for gate in zip(*(step.gates for step in steps), strict=True)]
    return Activations(
        hidden,
        model.head(hidden),
        torch.stack(cell, model.time_dim) if cell else None,
        dict(zip(model.rnn.gate_names, gates, strict=True)),
    )


@torch.no_grad()
def attribution(model: SequenceModel, h_D: Tensor) -> Attribution:
    """Which units make the likeliest number win over the runner-up, in the hidden state `h_D`."""
    logits_V = model.head(h_D)
    number = int(logits_V.argmax())
    rival = int(logits_V.index_fill(0, torch.tensor(number, device=logits_V.device), -torch.inf).argmax())
    weight, bias = model.head.weight, model.head.bias
    return Attribution(number, rival, (weight[number] - weight[rival]) * h_D, float(bias[number] - bias[rival]))


def shares(model: SequenceModel, seen: Activations) -> Tensor:
    """Each unit's part in the lead of the likeliest number over the runner-up, at every step `(L, D)`."""
    expected, runner_up = seen.logits.topk(2).indices.unbind(-1)
    weight = model.head.weight.detach()
    return (weight[expected] - weight[runner_up]) * seen.hidden


def moved(hidden_LD: Tensor, does: Interventions = UNTOUCHED) -> Tensor:
    """How far each step moves the hidden state from the one that it reads, `(L,)`: the length of the difference."""
    read_LD = hidden_LD.roll(1, 0)
    read_LD[[step for step in range(len(hidden_LD)) if not step or does.cuts(step)]] = 0
    return (hidden_LD - read_LD).square().sum(-1).sqrt()


@torch.no_grad()
def unit_values(model: SequenceModel, x: Tensor, unit: int, does: Interventions = UNTOUCHED) -> Tensor:
    """h of one unit at every step of sequences `(L, N)`: many are read in parts, so that a cell's inputs stay small."""
    does = does.within(steps=len(x))
    parts = torch.split(x, at_once(model, len(x)), 1)
    found = [[step.state.h[:, unit] for step in model.steps(part, does=does)] for part in parts]
    return torch.cat([torch.stack(values) for values in found], 1)


def at_once(model: SequenceModel, steps: int, width: int = 0) -> int:
    """How many sequences to read at once: at every step the cell's inputs are kept, or `width` values of each."""
    return max(1, READ_AT_ONCE // (steps * max(model.rnn.blocks * model.hidden_size, width)))


def rounded(values: Tensor, places: int) -> Tensor:
    """The same numbers, finite, and short as text."""
    wide = values.to("cpu", torch.float64).nan_to_num(0, MAX_VALUE, -MAX_VALUE).clamp(-MAX_VALUE, MAX_VALUE)
    return wide.round(decimals=places) + 0.0  # no -0.0
